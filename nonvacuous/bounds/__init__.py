"""Theorems, filed by idea: numbers in, certificate out.  No torch, no networks."""

from typing import Any

from nonvacuous.bounds._bound import About as About
from nonvacuous.bounds._bound import Assumption as Assumption
from nonvacuous.bounds._bound import Bound as Bound
from nonvacuous.bounds._bound import Certificate as Certificate
from nonvacuous.bounds._bound import Fidelity as Fidelity
from nonvacuous.bounds._bound import Loss as Loss
from nonvacuous.bounds._bound import Reference as Reference
from nonvacuous.bounds._bound import Refusal as Refusal
from nonvacuous.bounds._bound import Verdict as Verdict
from nonvacuous.bounds.agreement import holdout_agreement, poisson_coreset
from nonvacuous.bounds.best_of_holdout import best_of_holdout
from nonvacuous.bounds.betting import holdout_betting
from nonvacuous.bounds.capacity import growth_function, parameter_count, vc_dimension
from nonvacuous.bounds.coreset import corenet_generalization
from nonvacuous.bounds.finite_class import (
    finite_class_binomial,
    finite_class_hoeffding,
    finite_class_kl,
)
from nonvacuous.bounds.holdout import clopper_pearson, holdout_hoeffding, holdout_kl
from nonvacuous.bounds.holdout_losses import (
    holdout_empirical_bernstein,
    holdout_loss_hoeffding,
    holdout_loss_kl,
)
from nonvacuous.bounds.model_compression import compress_then_evaluate
from nonvacuous.bounds.noise_stability import arora_network
from nonvacuous.bounds.norms import (
    frobenius_margin,
    golowich_margin,
    path_margin,
    representation_margin,
    row_sum_margin,
    spectral_margin,
    spectral_margin_budgets,
    spectral_margin_fixed,
    spectral_margin_ratios,
    spectral_pac_bayes,
    two_layer_units,
)
from nonvacuous.bounds.occam import occam_binomial, occam_hoeffding
from nonvacuous.bounds.output_distance import original_by_distance
from nonvacuous.bounds.pac_bayes import (
    majority_vote,
    occam_binomial_symmetric,
    occam_catoni_grid,
    occam_kl,
    occam_kl_bounded,
    occam_subsampled_hoeffding,
    occam_subsampled_kl,
    pac_bayes_betting,
    pac_bayes_catoni,
    pac_bayes_catoni_grid,
    pac_bayes_kl,
    pac_bayes_kl_exact_constant,
    pac_bayes_lambda,
    pac_bayes_mcallester,
    pac_bayes_quadratic,
    pac_bayes_recursive,
    pac_bayes_recursive_betting,
    pac_bayes_renyi_draw,
    pac_bayes_single_draw,
    pac_bayes_split_kl,
    universal_binomial,
    universal_catoni_grid,
)
from nonvacuous.bounds.pick_to_learn import pick_to_learn, pick_to_learn_closed_form
from nonvacuous.bounds.progressive import progressive_azuma, progressive_kl
from nonvacuous.bounds.rademacher import rademacher_classifiers, rademacher_losses
from nonvacuous.bounds.sample_compression import (
    littlestone_warmuth,
    sample_compression_binomial,
    sample_compression_consistent,
    sample_compression_kl,
)
from nonvacuous.bounds.selection import best as best

__all__ = [
    "ALL",
    "About",
    "Assumption",
    "Bound",
    "Certificate",
    "Fidelity",
    "Loss",
    "Reference",
    "Refusal",
    "Verdict",
    "best",
]

ALL: tuple[Bound[Any], ...] = (
    # rows that nobody trained on
    clopper_pearson,
    holdout_kl,
    holdout_hoeffding,
    best_of_holdout,
    holdout_betting,
    holdout_loss_kl,
    holdout_empirical_bernstein,
    holdout_loss_hoeffding,
    progressive_kl,
    progressive_azuma,
    # a description pays for the fit
    occam_binomial,
    occam_kl,
    occam_hoeffding,
    occam_catoni_grid,
    occam_binomial_symmetric,
    universal_binomial,
    universal_catoni_grid,
    occam_kl_bounded,
    occam_subsampled_kl,
    occam_subsampled_hoeffding,
    finite_class_binomial,
    finite_class_kl,
    finite_class_hoeffding,
    # a net that can be compressed
    compress_then_evaluate,
    corenet_generalization,
    arora_network,
    original_by_distance,
    # how near a compressed net stays
    poisson_coreset,
    holdout_agreement,
    # a posterior close to its prior
    pac_bayes_kl_exact_constant,
    pac_bayes_kl,
    pac_bayes_betting,
    pac_bayes_split_kl,
    pac_bayes_catoni_grid,
    pac_bayes_catoni,
    pac_bayes_quadratic,
    pac_bayes_lambda,
    pac_bayes_mcallester,
    pac_bayes_recursive_betting,
    pac_bayes_recursive,
    pac_bayes_single_draw,
    pac_bayes_renyi_draw,
    majority_vote,
    # a net that few rows make anew
    sample_compression_binomial,
    sample_compression_kl,
    sample_compression_consistent,
    littlestone_warmuth,
    pick_to_learn,
    pick_to_learn_closed_form,
    # the size of norms
    golowich_margin,
    frobenius_margin,
    path_margin,
    row_sum_margin,
    spectral_margin,
    spectral_margin_ratios,
    spectral_margin_budgets,
    spectral_margin_fixed,
    spectral_pac_bayes,
    two_layer_units,
    representation_margin,
    # what a class can hold
    parameter_count,
    growth_function,
    vc_dimension,
    rademacher_classifiers,
    rademacher_losses,
)
