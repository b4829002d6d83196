"""Coresets of edges and of neurons, and the samplings that they are compared with."""

import math
from collections.abc import Callable
from typing import Any

from nonvacuous.compression._base import Compressor
from nonvacuous.compression.corenet import CoreNet
from nonvacuous.compression.corenet_plus import CoreNetPlus
from nonvacuous.compression.corenet_plus_plus import CoreNetPlusPlus
from nonvacuous.compression.corenet_sharp import SharpCoreNet
from nonvacuous.compression.entrywise import (
    HybridSampling,
    L1Sampling,
    L2Sampling,
    UniformSampling,
)
from nonvacuous.compression.methods._method import Ask, Method
from nonvacuous.compression.neuron_coresets import NeuronCoreset
from nonvacuous.compression.output_coreset import OutputCoreset
from nonvacuous.compression.pfp import PFPDeterministic, PFPRandom
from nonvacuous.compression.poisson_coreset import PoissonCoreset
from nonvacuous.compression.refit import Refitted
from nonvacuous.compression.sipp import SiPPDeterministic, SiPPHybrid, SiPPRandom

__all__ = ["CORESETS"]


def _sampling(ask: Ask) -> dict[str, Any]:
    """The settings that CoreNet and its relatives share."""
    return {
        "rows": ask.rows,
        "keep": ask.keep,
        "epsilon": ask.epsilon,
        "delta": ask.delta,
        "seed": ask.seed,
    }


def _entrywise(
    kind: type[UniformSampling | L1Sampling | L2Sampling | HybridSampling],
    whole_matrix: bool,
) -> Callable[[Ask], Compressor]:
    return lambda ask: kind(keep=ask.share, whole_matrix=whole_matrix, seed=ask.seed)


CORESETS: tuple[Method, ...] = (
    # coresets of edges, the paper's subject
    Method(
        name="output-coreset",
        title="edges the outputs hang on most, refit",
        source="derived, after Baykal et al. 2019",
        make=lambda ask: OutputCoreset(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
    ),
    Method(
        name="poisson-coreset",
        title="edges kept independently, at random",
        source="derived, after Baykal et al. 2019",
        make=lambda ask: PoissonCoreset(rows=ask.rows, keep=ask.share, seed=ask.seed),
        needs_rows=True,
        slack=0.1,
    ),
    Method(
        name="corenet",
        title="edges drawn by empirical sensitivity",
        source="Baykal et al. 2019",
        make=lambda ask: CoreNet(**_sampling(ask)),
        needs_rows=True,
        has_theorem=True,
        slack=0.1,
    ),
    Method(
        name="corenet-sharp",
        title="CoreNet with the fewest draws proved",
        source="derived, after Baykal et al. 2019",
        make=lambda ask: SharpCoreNet(**_sampling(ask)),
        needs_rows=True,
        has_theorem=True,
        slack=0.1,
    ),
    Method(
        name="corenet-plus",
        title="CoreNet without idle neurons",
        source="Baykal et al. 2019",
        make=lambda ask: CoreNetPlus(**_sampling(ask)),
        needs_rows=True,
        has_theorem=True,
        slack=0.1,
    ),
    Method(
        name="corenet-plus-plus",
        title="CoreNet+, the best of many draws",
        source="Baykal et al. 2019",
        make=lambda ask: CoreNetPlusPlus(**_sampling(ask)),
        needs_rows=True,
        has_theorem=True,
        slack=0.15,
    ),
    Method(
        name="corenet-refit",
        title="CoreNet's edges with the best weights",
        source="Baykal et al. 2019; refit as in Dong et al. 2017",
        make=lambda ask: Refitted(
            selection=CoreNet(rows=ask.rows, keep=ask.share, seed=ask.seed),
            rows=ask.rows,
        ),
        needs_rows=True,
        slack=0.1,
    ),
    # its followers
    Method(
        name="sipp-deterministic",
        title="largest sensitivities, as they are",
        source="Baykal et al. 2022",
        make=lambda ask: SiPPDeterministic(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
        slack=0.01,
    ),
    Method(
        name="sipp-random",
        title="edges drawn at one error for all",
        source="Baykal et al. 2022",
        make=lambda ask: SiPPRandom(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
        slack=0.1,
    ),
    Method(
        name="sipp-hybrid",
        title="drawn or largest, as errs less",
        source="Baykal et al. 2022",
        make=lambda ask: SiPPHybrid(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
        slack=0.1,
    ),
    Method(
        name="pfp-random",
        title="neurons drawn by sensitivity",
        source="Liebenwein et al. 2020",
        make=lambda ask: PFPRandom(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
        slack=0.2,
    ),
    Method(
        name="pfp-deterministic",
        title="the neurons of largest sensitivity",
        source="Liebenwein et al. 2020",
        make=lambda ask: PFPDeterministic(
            rows=ask.rows, keep=ask.share, delta=ask.delta, seed=ask.seed
        ),
        needs_rows=True,
    ),
    Method(
        name="neuron-coreset",
        title="neurons drawn by their weights alone",
        source="Mussay et al. 2020",
        # the ball that holds the unit cube, where pixels lie
        make=lambda ask: NeuronCoreset(
            keep=ask.share,
            radius=math.sqrt(ask.network.sizes[0]),
            delta=ask.delta,
            seed=ask.seed,
        ),
        slack=0.1,
    ),
    # entries drawn by size alone
    *(
        Method(
            name=name + ("-matrix" if whole else ""),
            title=f"entries by {chances}" + (", by layer" if whole else ""),
            source=source,
            make=_entrywise(kind, whole),
            slack=0.1,
        )
        for name, kind, chances, source in (
            ("uniform", UniformSampling, "chance", "Baykal et al. 2019"),
            ("l1", L1Sampling, "|w|", "Achlioptas et al. 2013"),
            ("l2", L2Sampling, "w^2", "Drineas and Zouzias 2011"),
            ("hybrid", HybridSampling, "|w| and w^2", "Kundu and Drineas 2014"),
        )
        for whole in (False, True)
    ),
)
