"""PAC-Bayes: the average risk of a posterior, paid for by its distance from a prior."""

from nonvacuous.bounds._kl import kl as kl
from nonvacuous.bounds._kl import kl_inverse as kl_inverse
from nonvacuous.bounds._kl import kl_inverse_lower as kl_inverse_lower
from nonvacuous.bounds.pac_bayes._betting import betting_inverse as betting_inverse
from nonvacuous.bounds.pac_bayes._betting import pac_bayes_betting as pac_bayes_betting
from nonvacuous.bounds.pac_bayes._catoni import catoni_grid_upper as catoni_grid_upper
from nonvacuous.bounds.pac_bayes._catoni import catoni_upper as catoni_upper
from nonvacuous.bounds.pac_bayes._catoni import pac_bayes_catoni as pac_bayes_catoni
from nonvacuous.bounds.pac_bayes._catoni import (
    pac_bayes_catoni_at as pac_bayes_catoni_at,
)
from nonvacuous.bounds.pac_bayes._catoni import (
    pac_bayes_catoni_grid as pac_bayes_catoni_grid,
)
from nonvacuous.bounds.pac_bayes._codes import occam_catoni_grid as occam_catoni_grid
from nonvacuous.bounds.pac_bayes._codes import occam_kl as occam_kl
from nonvacuous.bounds.pac_bayes._codes import occam_kl_bounded as occam_kl_bounded
from nonvacuous.bounds.pac_bayes._codes import pruned_code_bits as pruned_code_bits
from nonvacuous.bounds.pac_bayes._codes import universal_binomial as universal_binomial
from nonvacuous.bounds.pac_bayes._codes import (
    universal_catoni_grid as universal_catoni_grid,
)
from nonvacuous.bounds.pac_bayes._codes import universal_nats as universal_nats
from nonvacuous.bounds.pac_bayes._constant import log_two_root as log_two_root
from nonvacuous.bounds.pac_bayes._constant import log_xi as log_xi
from nonvacuous.bounds.pac_bayes._kl_bounds import chernoff_target as chernoff_target
from nonvacuous.bounds.pac_bayes._kl_bounds import pac_bayes_kl as pac_bayes_kl
from nonvacuous.bounds.pac_bayes._kl_bounds import (
    pac_bayes_kl_exact_constant as pac_bayes_kl_exact_constant,
)
from nonvacuous.bounds.pac_bayes._recursive import (
    pac_bayes_recursive as pac_bayes_recursive,
)
from nonvacuous.bounds.pac_bayes._recursive import (
    pac_bayes_recursive_betting as pac_bayes_recursive_betting,
)
from nonvacuous.bounds.pac_bayes._relaxations import best_lambda as best_lambda
from nonvacuous.bounds.pac_bayes._relaxations import (
    mcallester_upper as mcallester_upper,
)
from nonvacuous.bounds.pac_bayes._relaxations import (
    pac_bayes_lambda as pac_bayes_lambda,
)
from nonvacuous.bounds.pac_bayes._relaxations import (
    pac_bayes_mcallester as pac_bayes_mcallester,
)
from nonvacuous.bounds.pac_bayes._relaxations import (
    pac_bayes_quadratic as pac_bayes_quadratic,
)
from nonvacuous.bounds.pac_bayes._relaxations import quadratic_upper as quadratic_upper
from nonvacuous.bounds.pac_bayes._relaxations import thiemann_upper as thiemann_upper
from nonvacuous.bounds.pac_bayes._single_draw import (
    pac_bayes_renyi_draw as pac_bayes_renyi_draw,
)
from nonvacuous.bounds.pac_bayes._single_draw import (
    pac_bayes_single_draw as pac_bayes_single_draw,
)
from nonvacuous.bounds.pac_bayes._single_draw import (
    shifted_gaussian_ratio as shifted_gaussian_ratio,
)
from nonvacuous.bounds.pac_bayes._split_kl import (
    pac_bayes_split_kl as pac_bayes_split_kl,
)
from nonvacuous.bounds.pac_bayes._split_kl import split_kl_upper as split_kl_upper
from nonvacuous.bounds.pac_bayes._subsampled import (
    occam_subsampled_hoeffding as occam_subsampled_hoeffding,
)
from nonvacuous.bounds.pac_bayes._subsampled import (
    occam_subsampled_kl as occam_subsampled_kl,
)
from nonvacuous.bounds.pac_bayes._subsampled import smoothed_range as smoothed_range
from nonvacuous.bounds.pac_bayes._subsampled import (
    subsampled_deviation as subsampled_deviation,
)
from nonvacuous.bounds.pac_bayes._symmetry import (
    occam_binomial_symmetric as occam_binomial_symmetric,
)
from nonvacuous.bounds.pac_bayes._symmetry import permutation_gain as permutation_gain

__all__ = [
    "best_lambda",
    "betting_inverse",
    "catoni_grid_upper",
    "catoni_upper",
    "chernoff_target",
    "kl",
    "kl_inverse",
    "kl_inverse_lower",
    "log_two_root",
    "log_xi",
    "mcallester_upper",
    "occam_binomial_symmetric",
    "occam_catoni_grid",
    "occam_kl",
    "occam_kl_bounded",
    "occam_subsampled_hoeffding",
    "occam_subsampled_kl",
    "pac_bayes_betting",
    "pac_bayes_catoni",
    "pac_bayes_catoni_at",
    "pac_bayes_catoni_grid",
    "pac_bayes_kl",
    "pac_bayes_kl_exact_constant",
    "pac_bayes_lambda",
    "pac_bayes_mcallester",
    "pac_bayes_quadratic",
    "pac_bayes_recursive",
    "pac_bayes_recursive_betting",
    "pac_bayes_renyi_draw",
    "pac_bayes_single_draw",
    "pac_bayes_split_kl",
    "permutation_gain",
    "pruned_code_bits",
    "quadratic_upper",
    "shifted_gaussian_ratio",
    "smoothed_range",
    "split_kl_upper",
    "subsampled_deviation",
    "thiemann_upper",
    "universal_binomial",
    "universal_catoni_grid",
    "universal_nats",
]
