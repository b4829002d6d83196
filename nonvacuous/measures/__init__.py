"""Numbers computed from a net and rows; nothing here is a guarantee."""

from nonvacuous.measures._convolutional import Spread as Spread
from nonvacuous.measures._convolutional import spread as spread
from nonvacuous.measures._cushions import Cushions as Cushions
from nonvacuous.measures._cushions import cushions as cushions
from nonvacuous.measures._homogeneous import homogeneous as homogeneous
from nonvacuous.measures._homogeneous import homogeneous_rows as homogeneous_rows
from nonvacuous.measures._noise import noise_sensitivity as noise_sensitivity
from nonvacuous.measures._smoothness import Smoothness as Smoothness
from nonvacuous.measures._smoothness import smoothness as smoothness

__all__ = [
    "Cushions",
    "Smoothness",
    "Spread",
    "cushions",
    "homogeneous",
    "homogeneous_rows",
    "noise_sensitivity",
    "smoothness",
    "spread",
]
