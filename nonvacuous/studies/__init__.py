"""Studies of many nets: does a measure go with generalization, and do nets fit noise.

A study has models in rows: a measure `mu` (n,), a generalization gap `g` (n,), and
the hyperparameters they were trained with (n, k), of which only equality matters.
"""

from nonvacuous.studies._information import (
    conditional_information as conditional_information,
)
from nonvacuous.studies._information import information_scores as information_scores
from nonvacuous.studies._information import pgdl_score as pgdl_score
from nonvacuous.studies._randomise import Randomisation as Randomisation
from nonvacuous.studies._randomise import randomise as randomise
from nonvacuous.studies._rank import Granulated as Granulated
from nonvacuous.studies._rank import granulated as granulated
from nonvacuous.studies._rank import kendall as kendall
from nonvacuous.studies._robust import SignErrors as SignErrors
from nonvacuous.studies._robust import hoeffding_weight as hoeffding_weight
from nonvacuous.studies._robust import sign_errors as sign_errors

__all__ = [
    "Granulated",
    "Randomisation",
    "SignErrors",
    "conditional_information",
    "granulated",
    "hoeffding_weight",
    "information_scores",
    "kendall",
    "pgdl_score",
    "randomise",
    "sign_errors",
]
