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
from nonvacuous.bounds.best_of_holdout import best_of_holdout
from nonvacuous.bounds.betting import holdout_betting
from nonvacuous.bounds.coreset import corenet_generalization
from nonvacuous.bounds.holdout import (
    clopper_pearson,
    holdout_hoeffding,
    holdout_kl,
)
from nonvacuous.bounds.holdout_losses import (
    holdout_empirical_bernstein,
    holdout_loss_hoeffding,
    holdout_loss_kl,
)
from nonvacuous.bounds.model_compression import compress_then_evaluate
from nonvacuous.bounds.occam import occam_binomial, occam_hoeffding
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
    clopper_pearson,
    holdout_kl,
    holdout_hoeffding,
    occam_binomial,
    occam_hoeffding,
    compress_then_evaluate,
    corenet_generalization,
    holdout_loss_hoeffding,
    holdout_loss_kl,
    holdout_empirical_bernstein,
    holdout_betting,
    best_of_holdout,
    progressive_azuma,
    progressive_kl,
    sample_compression_binomial,
    sample_compression_kl,
    sample_compression_consistent,
    littlestone_warmuth,
    pick_to_learn,
    pick_to_learn_closed_form,
    rademacher_classifiers,
    rademacher_losses,
)
