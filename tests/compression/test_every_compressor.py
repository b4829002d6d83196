"""What every compressor promises on any small net: a result, or one clear refusal.

A compressor that is public has an entry in ``EVERY``; a new one without fails a test.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonvacuous import compression
from nonvacuous.compression import (
    Compressed,
    Compressor,
    Recipe,
    Rows,
)
from nonvacuous.compression.codes import decode_network
from nonvacuous.nets import Layer, Network


@dataclass(frozen=True, kw_only=True)
class Case:
    """A net, rows, and the settings that compressors have in common."""

    network: Network
    rows: Rows
    keep: float
    seed: int

    @property
    def levels(self) -> int:
        """Levels, coefficients or weights, where a compressor takes such a number."""
        return max(1, int(8 * self.keep))

    @property
    def recipe(self) -> Recipe:
        return Recipe(steps=2, batch=8)

    @property
    def budget(self) -> float:
        """Numbers that the whole net may keep."""
        return self.keep * sum(layer.weight.size for layer in self.network.layers)


# How many numbers may be left, where a compressor promises it -----------------------


def share(case: Case, small: Network) -> bool:
    """No more than the net's share."""
    return small.kept <= max(1, case.budget + 1e-9)


def rounded(case: Case, small: Network) -> bool:
    """The net's share to the nearest whole number, at least one."""
    return small.kept <= max(1, round(case.budget))


def by_layer(case: Case, small: Network) -> bool:
    """Each layer its share to the nearest whole number, at least one."""
    pairs = zip(case.network.layers, small.layers, strict=True)
    return all(b.kept <= max(1, round(case.keep * a.weight.size)) for a, b in pairs)


def by_row(case: Case, small: Network) -> bool:
    """Each neuron its share to the nearest whole number, at least one."""
    return all(
        np.count_nonzero(row) <= max(1, round(case.keep * row.size))
        for layer in small.layers
        for row in layer.weight
    )


def within(case: Case, small: Network) -> bool:
    """Each layer its share rounded down, at least one."""
    pairs = zip(case.network.layers, small.layers, strict=True)
    return all(
        b.kept <= max(1, int(case.keep * a.weight.size + 1e-9)) for a, b in pairs
    )


def thin(case: Case, small: Network) -> bool:
    """Each layer its share, but one number a row and column, or what it had, may be."""
    pairs = zip(case.network.layers, small.layers, strict=True)
    return all(
        b.kept
        <= max(case.keep * a.weight.size + 1e-9, min(a.kept, sum(a.weight.shape)))
        for a, b in pairs
    )


def narrower(case: Case, small: Network) -> bool:
    """Weights of inputs that are read: the net's share, or one neuron a layer."""
    left = sum(len(a.weight) * a.weight.any(axis=0).sum() for a in small.layers)
    hidden = len(small.layers) - 1
    narrowest = [small.sizes[0], *[1] * hidden, small.sizes[-1]]
    least = sum(a * b for a, b in itertools.pairwise(narrowest))
    return left <= max(least, case.budget + 1e-9)


def units(case: Case, small: Network) -> bool:
    """Each hidden layer its share of neurons to the nearest, at least one."""
    pairs = zip(case.network.sizes[1:-1], small.sizes[1:-1], strict=True)
    return all(b <= max(1, round(case.keep * a)) for a, b in pairs)


def no_more(case: Case, small: Network) -> bool:
    """A budget in expectation, or none, but never more numbers than there were."""
    return small.kept <= case.network.kept


def levels(case: Case, small: Network) -> bool:
    """No layer has more values other than zero than asked for."""
    values = [np.unique(a.weight[a.weight != 0]) for a in small.layers]
    return all(found.size <= case.levels for found in values)


def weights(case: Case, small: Network) -> bool:
    """The net has no more weights than asked for."""
    return small.kept <= case.levels


def number(case: Case, small: Network) -> bool:
    """No layer is named by more numbers than asked for."""
    return all(layer.kept <= case.levels for layer in small.layers)


# One entry a compressor: how it is made, and its promise ----------------------------

Make = Callable[[Case], Compressor]
Promise = Callable[[Case, Network], bool]


def made(name: str, *fields: str, **options: object) -> Make:
    """A compressor of these fields of a case, and of some options."""
    return lambda case: getattr(compression, name)(
        **{field: getattr(case, field) for field in fields}, **options
    )


EVERY: dict[str, tuple[Make, Promise]] = {
    "BlockCirculant": (made("BlockCirculant", "keep"), thin),
    "BlockToeplitz": (made("BlockToeplitz", "keep"), thin),
    "CentroidTraining": (made("CentroidTraining", "rows", "recipe"), no_more),
    "ColumnPruning": (made("ColumnPruning", "keep"), narrower),
    "CoreNet": (made("CoreNet", "rows", "keep", "seed"), no_more),
    "CoreNetPlus": (made("CoreNetPlus", "rows", "keep", "seed"), no_more),
    "CoreNetPlusPlus": (
        made("CoreNetPlusPlus", "rows", "keep", "seed", constant=1.0, delta=0.5),
        no_more,
    ),
    "DataAwareLowRank": (made("DataAwareLowRank", "rows", "keep"), thin),
    "DeepCompression": (
        made("DeepCompression", "rows", "keep", "levels", "recipe"),
        levels,
    ),
    "EntropyConstrainedQuantization": (
        lambda case: compression.EntropyConstrainedQuantization(
            levels=case.levels, rate=0.1, rows=case.rows if case.seed else None
        ),
        levels,
    ),
    "FineTuning": (
        made("FineTuning", "rows", "recipe", "levels", bias_exponent=2),
        levels,
    ),
    "HashedWeights": (made("HashedWeights", "keep", "seed"), within),
    "HybridSampling": (made("HybridSampling", "keep", "seed"), no_more),
    "IncrementalQuantization": (
        made("IncrementalQuantization", "rows", "recipe"),
        no_more,
    ),
    "L1Sampling": (made("L1Sampling", "keep", "seed"), no_more),
    "L2Sampling": (made("L2Sampling", "keep", "seed", whole_matrix=True), no_more),
    "LayerMagnitudePruning": (made("LayerMagnitudePruning", "keep"), by_layer),
    "LayerwiseOptimalBrainSurgeon": (
        made("LayerwiseOptimalBrainSurgeon", "rows", "keep"),
        by_layer,
    ),
    "LowRankPlusSparse": (made("LowRankPlusSparse", "keep", rounds=3), thin),
    "MagnitudePruning": (made("MagnitudePruning", "keep"), no_more),  # ties all stay
    "MatrixProject": (
        lambda case: compression.MatrixProject(count=case.levels, seed=case.seed),
        number,
    ),
    "NetTrim": (made("NetTrim", "rows", "keep"), by_layer),
    "NetworkSurgery": (
        lambda case: compression.NetworkSurgery(
            rows=case.rows, recipe=case.recipe, count=case.levels
        ),
        weights,
    ),
    "NeuronCoreset": (made("NeuronCoreset", "keep", "seed"), no_more),
    "OptimalBrainCompression": (
        made("OptimalBrainCompression", "rows", "keep"),
        by_layer,
    ),
    "OptimalBrainDamage": (made("OptimalBrainDamage", "rows", "keep"), rounded),
    "OptimalQuantization": (made("OptimalQuantization", "levels"), levels),
    "OutputCoreset": (made("OutputCoreset", "rows", "keep", "seed", trials=2), rounded),
    "PFPDeterministic": (made("PFPDeterministic", "rows", "keep", "seed"), narrower),
    "PFPRandom": (made("PFPRandom", "rows", "keep", "seed"), no_more),
    "PoissonCoreset": (made("PoissonCoreset", "rows", "keep", "seed"), no_more),
    "Pipeline": (
        lambda case: compression.Pipeline(
            steps=tuple(
                EVERY[name][0](case)
                for name in ("HashedWeights", "UnitPruning", "OptimalQuantization")
            )
        ),
        levels,
    ),
    "Quantization": (made("Quantization", "levels"), levels),
    "Refitted": (
        lambda case: compression.Refitted(
            selection=compression.LayerMagnitudePruning(keep=case.keep), rows=case.rows
        ),
        by_layer,
    ),
    "RowMagnitudePruning": (made("RowMagnitudePruning", "keep"), by_row),
    "RowPruning": (made("RowPruning", "keep"), narrower),
    "SharpCoreNet": (made("SharpCoreNet", "rows", "keep", "seed"), no_more),
    "SiPPDeterministic": (made("SiPPDeterministic", "rows", "keep", "seed"), share),
    "SiPPHybrid": (made("SiPPHybrid", "rows", "keep", "seed"), no_more),
    "SiPPRandom": (made("SiPPRandom", "rows", "keep", "seed"), no_more),
    "SingularValueTruncation": (made("SingularValueTruncation", "keep"), thin),
    "SoftWeightSharing": (
        made("SoftWeightSharing", "rows", "recipe", components=3),
        no_more,
    ),
    "SparseGPT": (made("SparseGPT", "rows", "keep"), by_layer),
    "SparseJohnsonLindenstrauss": (
        made("SparseJohnsonLindenstrauss", "keep", "seed"),
        within,
    ),
    "UniformSampling": (made("UniformSampling", "keep", "seed"), no_more),
    "UnitPruning": (made("UnitPruning", "keep"), units),
    "Wanda": (made("Wanda", "rows", "keep"), by_layer),
    "WeightSharing": (made("WeightSharing", "levels"), levels),
}


# The nets and rows ------------------------------------------------------------------

SCALES = (1.0, 1.0, 1.0, 1e-6, 1e6, 1e-30, 1e-40, 1e30)
INPUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "of either sign": lambda x: x,
    "not negative": np.abs,
    "not positive": lambda x: -np.abs(x),
    "zero": np.zeros_like,
    "constant": lambda x: np.full_like(x, 0.5),
    "tiny": lambda x: 1e-30 * x,
    "huge": lambda x: 1e30 * x,
    "float32": lambda x: x.astype(np.float32),
}


def unusual(weight: np.ndarray, kind: int, rng: np.random.Generator) -> np.ndarray:
    """One of the ways in which a layer is out of the ordinary, or none."""
    row, column = (int(rng.integers(size)) for size in weight.shape)
    match kind:
        case 0:
            weight[:] = 0.0
        case 1:
            weight[row] = 0.0  # nothing enters a neuron
        case 2:
            weight[:, column] = 0.0  # nothing reads an input
        case 3:
            weight[row] = -1.0  # dead where no input is negative
        case 4:
            weight[:] = weight[0, 0]
        case 5:
            weight[rng.random(weight.shape) < 0.5] = 0.0
    return weight


def stored(array: np.ndarray, double: bool) -> np.ndarray:
    return array if double else array.astype(np.float32).astype(np.float64)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Small nets with all that is unusual about nets, and rows for them."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    sizes = draw(st.lists(st.sampled_from([1, 2, 3, 5]), min_size=2, max_size=4))
    double = draw(st.booleans())
    layers = []
    for a, b in itertools.pairwise(sizes):
        weight = unusual(rng.normal(size=(b, a)), draw(st.integers(0, 9)), rng)
        weight *= draw(st.sampled_from(SCALES))
        bias = rng.normal(size=b) * draw(st.sampled_from((0.0, 1.0, 1e-30, 1e30)))
        biased = draw(st.booleans())
        layers.append(
            Layer(
                weight=stored(weight, double),
                bias=stored(bias, double) if biased else None,
            )
        )
    count = draw(st.sampled_from([1, 20, 400, 400, 400]))
    x = INPUTS[draw(st.sampled_from(list(INPUTS)))](rng.normal(size=(count, sizes[0])))
    return Case(
        network=Network(layers=tuple(layers)),
        rows=Rows(x, rng.integers(0, sizes[-1], count), "0123456789abcdef"),
        keep=draw(st.sampled_from([1e-12, 0.01, 0.3, 0.5, 0.8, 1 - 1e-12, 1.0])),
        seed=draw(st.sampled_from([0, 1, 2**32 - 1])),
    )


def ordinary(sizes: tuple[int, ...] = (5, 6, 4, 3), count: int = 600) -> Case:
    """A net and rows that no compressor has a reason to refuse."""
    rng = np.random.default_rng(0)
    layers = tuple(
        Layer(
            weight=stored(rng.normal(size=(b, a)), double=False),
            bias=stored(rng.normal(size=b), double=False),
        )
        for a, b in itertools.pairwise(sizes)
    )
    x = np.abs(rng.normal(size=(count, sizes[0])))
    rows = Rows(x, rng.integers(0, sizes[-1], count), "0123456789abcdef")
    return Case(network=Network(layers=layers), rows=rows, keep=0.6, seed=0)


# The promises -----------------------------------------------------------------------

every = pytest.mark.parametrize("name", sorted(EVERY))


def bits_of(case: Case) -> list[bytes]:
    return [a.tobytes() for a in (*case.network.arrays(), case.rows.x, case.rows.y)]


def result_or_refusal(name: str, case: Case) -> Compressed | str:
    """What comes of compressing; the same twice, the input as it was."""
    before, found = bits_of(case), []
    for _ in range(2):
        try:
            found.append(EVERY[name][0](case).compress(case.network))
        except ValueError as error:
            found.append(f"{type(error).__name__}: {error}")
    assert bits_of(case) == before
    one, two = found
    if isinstance(one, str) or isinstance(two, str):
        assert one == two
        assert re.fullmatch("(ValueError|CompressionError): [^\n]{10,200}", one)
        return one
    assert one.code == two.code
    assert one.pipeline == two.pipeline == repr(EVERY[name][0](case))
    return one


def check(name: str, case: Case, found: Compressed) -> None:
    """A decoder finds the net whatever follows, the report and the budget hold."""
    small = found.network
    for junk in (b"", b"\x00" * 9, b"\xff" * 9):
        back, bits = decode_network(found.code.data + junk)
        assert bits == found.code.bits
        assert back.sizes == small.sizes
        pairs = zip(back.arrays(), small.arrays(), strict=True)
        assert all(a.tobytes() == b.tobytes() for a, b in pairs)
    assert (small.sizes[0], small.sizes[-1]) == (
        case.network.sizes[0],
        case.network.sizes[-1],
    )
    assert EVERY[name][1](case, small), [layer.kept for layer in small.layers]
    said = found.report.layers
    assert [each.kept for each in said] == [layer.kept for layer in small.layers]
    for each in said:
        numbers = [
            *each.facts.values(),
            *itertools.chain(*map(np.ravel, each.neurons.values())),
        ]
        assert not np.isnan(numbers).any()
        assert np.isfinite(each.drawn or 0.0)
    assert found.report.guarantee


def test_every_public_compressor_has_an_entry_here() -> None:
    public = {name: getattr(compression, name) for name in compression.__all__}
    found = {
        name
        for name, each in public.items()
        if isinstance(each, type) and issubclass(each, Compressor)
    }
    assert found - {"Compressor"} == set(EVERY)


@every
def test_an_ordinary_net_is_compressed(name: str) -> None:
    case = ordinary()
    found = result_or_refusal(name, case)
    assert isinstance(found, Compressed), found
    check(name, case, found)


@every
@settings(derandomize=True, max_examples=25, deadline=None, database=None)
@given(case=cases())
def test_any_net_gives_a_result_as_promised_or_one_clear_refusal(
    name: str, case: Case
) -> None:
    found = result_or_refusal(name, case)
    if isinstance(found, Compressed):
        check(name, case, found)


@every
@pytest.mark.parametrize("features", [4, 6])
def test_rows_that_the_net_cannot_take_are_refused(name: str, features: int) -> None:
    case = ordinary()
    rows = Rows(np.ones((600, features)), case.rows.y, "0123456789abcdef")
    made = EVERY[name][0](replace(case, rows=rows))
    if "rows" not in type(made).__dataclass_fields__:
        assert isinstance(made.compress(case.network), Compressed)
        return
    if made.rows is None:
        made = replace(made, rows=rows)
    with pytest.raises(ValueError, match=f"net takes 5 inputs, the .* have {features}"):
        made.compress(case.network)
