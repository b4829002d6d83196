"""Numbers computed from a net and rows; nothing here is a guarantee."""

from nonvacuous.measures._adversarial import Ascent as Ascent
from nonvacuous.measures._convolutional import Spread as Spread
from nonvacuous.measures._convolutional import spread as spread
from nonvacuous.measures._cushions import Cushions as Cushions
from nonvacuous.measures._cushions import cushions as cushions
from nonvacuous.measures._formulas import adjust as adjust
from nonvacuous.measures._formulas import pacbayes as pacbayes
from nonvacuous.measures._formulas import pacbayes_magnitude as pacbayes_magnitude
from nonvacuous.measures._formulas import sharpness as sharpness
from nonvacuous.measures._formulas import sharpness_magnitude as sharpness_magnitude
from nonvacuous.measures._gaussian import FixedSearch as FixedSearch
from nonvacuous.measures._gaussian import SequentialSearch as SequentialSearch
from nonvacuous.measures._gaussian import Sharpness as Sharpness
from nonvacuous.measures._homogeneous import homogeneous as homogeneous
from nonvacuous.measures._homogeneous import homogeneous_rows as homogeneous_rows
from nonvacuous.measures._layers import group_norm as group_norm
from nonvacuous.measures._layers import log_path_norm as log_path_norm
from nonvacuous.measures._layers import schatten_norm as schatten_norm
from nonvacuous.measures._layers import spectral_norms as spectral_norms
from nonvacuous.measures._measure import MEASURES as MEASURES
from nonvacuous.measures._measure import Measures as Measures
from nonvacuous.measures._measure import measure as measure
from nonvacuous.measures._noise import noise_sensitivity as noise_sensitivity
from nonvacuous.measures._optimisation import TrainingLog as TrainingLog
from nonvacuous.measures._optimisation import steps_to as steps_to
from nonvacuous.measures._outputs import cross_entropy as cross_entropy
from nonvacuous.measures._outputs import fisher_rao as fisher_rao
from nonvacuous.measures._outputs import gradient_noise as gradient_noise
from nonvacuous.measures._outputs import margin_percentile as margin_percentile
from nonvacuous.measures._outputs import margins as margins
from nonvacuous.measures._outputs import negative_entropy as negative_entropy
from nonvacuous.measures._registry import Measure as Measure
from nonvacuous.measures._sharpness import adversarial_radius as adversarial_radius
from nonvacuous.measures._sharpness import noise_radius as noise_radius
from nonvacuous.measures._smoothness import Smoothness as Smoothness
from nonvacuous.measures._smoothness import smoothness as smoothness

__all__ = [
    "MEASURES",
    "Ascent",
    "Cushions",
    "FixedSearch",
    "Measure",
    "Measures",
    "SequentialSearch",
    "Sharpness",
    "Smoothness",
    "Spread",
    "TrainingLog",
    "adjust",
    "adversarial_radius",
    "cross_entropy",
    "cushions",
    "fisher_rao",
    "gradient_noise",
    "group_norm",
    "homogeneous",
    "homogeneous_rows",
    "log_path_norm",
    "margin_percentile",
    "margins",
    "measure",
    "negative_entropy",
    "noise_radius",
    "noise_sensitivity",
    "pacbayes",
    "pacbayes_magnitude",
    "schatten_norm",
    "sharpness",
    "sharpness_magnitude",
    "smoothness",
    "spectral_norms",
    "spread",
    "steps_to",
]
