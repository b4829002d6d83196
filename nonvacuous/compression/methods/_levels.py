"""Weights on few levels, with and without retraining."""

from nonvacuous.compression.methods._method import Ask, Method
from nonvacuous.compression.pipeline import Pipeline
from nonvacuous.compression.pruning import (
    MagnitudePruning,
)
from nonvacuous.compression.quantizers._deep_compression import DeepCompression
from nonvacuous.compression.quantizers._entropy_constrained import (
    EntropyConstrainedQuantization,
)
from nonvacuous.compression.quantizers._incremental import IncrementalQuantization
from nonvacuous.compression.quantizers._k_means import Quantization
from nonvacuous.compression.quantizers._soft_sharing import SoftWeightSharing
from nonvacuous.training import Recipe

__all__ = ["LEVELS"]


def _recipe(ask: Ask) -> Recipe:
    """Some passes over the rows, a hundred steps at least."""
    steps = max(100, 8 * len(ask.rows.x) // 128)
    return Recipe(steps=steps, rate=1e-3, batch=128, seed=ask.seed)


LEVELS: tuple[Method, ...] = (
    # few levels, on the largest weights
    Method(
        name="magnitude-kmeans",
        title="16 levels a layer by k-means",
        source="Han et al. 2016",
        make=lambda ask: Pipeline(
            steps=(MagnitudePruning(keep=ask.keep), Quantization(levels=16))
        ),
        slack=0.01,
    ),
    Method(
        name="entropy-constrained",
        title="16 levels whose code is short",
        source="Chou et al. 1989; Choi et al. 2017",
        make=lambda ask: Pipeline(
            steps=(
                MagnitudePruning(keep=ask.keep),
                EntropyConstrainedQuantization(levels=16, rate=0.01, rows=ask.rows),
            )
        ),
        needs_rows=True,
        slack=0.01,
    ),
    # with retraining on the rows
    Method(
        name="deep-compression",
        title="retrained, on 16 levels, retrained",
        source="Han et al. 2016",
        make=lambda ask: DeepCompression(
            rows=ask.rows, keep=ask.share, levels=16, recipe=_recipe(ask)
        ),
        needs_rows=True,
        slack=0.01,
    ),
    Method(
        name="incremental",
        title="powers of two in steps, retrained",
        source="Zhou et al. 2017",
        make=lambda ask: Pipeline(
            steps=(
                MagnitudePruning(keep=ask.keep),
                IncrementalQuantization(rows=ask.rows, recipe=_recipe(ask)),
            )
        ),
        needs_rows=True,
        slack=0.01,
    ),
    Method(
        name="soft-sharing",
        title="retrained towards a mixture of levels",
        source="Nowlan and Hinton 1992; Ullrich 2017",
        make=lambda ask: Pipeline(
            steps=(
                MagnitudePruning(keep=ask.keep),
                SoftWeightSharing(rows=ask.rows, recipe=_recipe(ask)),
            )
        ),
        needs_rows=True,
        slack=0.01,
    ),
)
