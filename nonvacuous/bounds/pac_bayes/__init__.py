"""PAC-Bayes: the binary relative entropy, Gaussian priors, Monte-Carlo risks."""

from nonvacuous.bounds._kl import kl as kl
from nonvacuous.bounds._kl import kl_inverse as kl_inverse
from nonvacuous.bounds._kl import kl_inverse_lower as kl_inverse_lower
from nonvacuous.bounds.pac_bayes._gaussian import PriorGrid as PriorGrid
from nonvacuous.bounds.pac_bayes._gaussian import gaussian_kl as gaussian_kl
from nonvacuous.bounds.pac_bayes._gaussian import (
    gaussian_log_ratio as gaussian_log_ratio,
)
from nonvacuous.bounds.pac_bayes._monte_carlo import mean_upper as mean_upper
from nonvacuous.bounds.pac_bayes._monte_carlo import (
    risk_by_fresh_draws as risk_by_fresh_draws,
)
from nonvacuous.bounds.pac_bayes._monte_carlo import (
    risk_by_whole_draws as risk_by_whole_draws,
)

__all__ = [
    "PriorGrid",
    "gaussian_kl",
    "gaussian_log_ratio",
    "kl",
    "kl_inverse",
    "kl_inverse_lower",
    "mean_upper",
    "risk_by_fresh_draws",
    "risk_by_whole_draws",
]
