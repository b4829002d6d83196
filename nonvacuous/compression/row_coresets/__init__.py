"""Coresets of data: some rows, with weights, that cost what all rows cost."""

from nonvacuous.compression.row_coresets._sampling import RowCoreset as RowCoreset
from nonvacuous.compression.row_coresets._sampling import RowReport as RowReport
from nonvacuous.compression.row_coresets.gaussian_mixtures import (
    GaussianMixtureCoreset as GaussianMixtureCoreset,
)
from nonvacuous.compression.row_coresets.k_means import KMeansCoreset as KMeansCoreset
from nonvacuous.compression.row_coresets.k_means import (
    LightweightCoreset as LightweightCoreset,
)
from nonvacuous.compression.row_coresets.logistic import (
    LogisticCoreset as LogisticCoreset,
)
from nonvacuous.compression.row_coresets.sample_size import (
    draws_for_cover as draws_for_cover,
)
from nonvacuous.compression.row_coresets.sample_size import (
    draws_for_dimension as draws_for_dimension,
)
from nonvacuous.compression.row_coresets.sample_size import (
    draws_for_queries as draws_for_queries,
)

__all__ = [
    "GaussianMixtureCoreset",
    "KMeansCoreset",
    "LightweightCoreset",
    "LogisticCoreset",
    "RowCoreset",
    "RowReport",
    "draws_for_cover",
    "draws_for_dimension",
    "draws_for_queries",
]
