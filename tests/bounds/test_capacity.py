"""What an architecture can hold."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.stats import binom

from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.bounds.capacity import (
    growth_function,
    log_growth,
    parameter_count,
    shattered,
    vc_dimension,
)
from nonvacuous.evidence import ArchitectureFit, Origin

some = settings(derandomize=True, max_examples=60, deadline=None)
every_one = pytest.mark.parametrize(
    "bound",
    [vc_dimension, growth_function, parameter_count],
    ids=lambda bound: bound.name,
)
BIG = (784, 600, 10)
architectures = st.lists(st.integers(1, 40), min_size=1, max_size=4).flatmap(
    lambda sizes: st.integers(2, 12).map(lambda k: (*sizes, k))
)


def test_numbers_worked_by_hand() -> None:
    assert shattered((2, 3, 2)) == pytest.approx(259.2418598, rel=1e-9)
    h, d, c = 3, 2, 2
    by_hand = 2 + (2 * (d + 1) * h + (h + 1) * c) * math.log2(
        8 * math.e * (h + 2 * c) * math.log2(4 * math.e * (h + 2 * c))
    )
    assert shattered((2, 3, 2)) == pytest.approx(by_hand, rel=1e-12)
    none = ArchitectureFit(errors=0, trials=60_000, sizes=(2, 3, 2))
    assert vc_dimension.formula(none, 0.05) == pytest.approx(0.4972882546, rel=1e-9)
    assert f"{shattered(BIG):.5e}" == "1.64837e+07"
    net = replace(none, sizes=BIG)
    assert f"{parameter_count.formula(net, 0.05):.4f}" == "9.3899"
    assert sum(net.parameters) == 477_010
    assert parameter_count.terms(net, 0.05)["bits for a gap of 1/2"] == pytest.approx(
        43_276, abs=1
    )


def naive_growth(sizes: tuple[int, ...], n: int, biases: bool) -> mpf:
    """ln prod_l 2 (2 e n k l / W)^W, or 2^{n k} where that is less or Warren silent."""
    total, parameters = mpf(0), 0
    for layer in range(1, len(sizes)):
        parameters += (sizes[layer - 1] + biases) * sizes[layer]
        units = sizes[layer] if layer + 1 < len(sizes) else sizes[layer] - 1
        every = n * units * mp.log(2)
        if n * units >= parameters:
            base = 2 * mp.e * n * units * layer / mpf(parameters)
            every = min(every, mp.log(2) + parameters * mp.log(base))
        total += every
    return min(total, n * mp.log(2))


@some
@given(
    sizes=architectures,
    n=st.integers(1, 10**7),
    part=st.floats(0, 1),
    biases=st.booleans(),
    precision=st.integers(1, 64),
    delta=st.floats(1e-9, 0.5),
)
def test_each_is_its_statement_at_fifty_digits_rounded_up(
    sizes: tuple[int, ...],
    n: int,
    part: float,
    biases: bool,
    precision: int,
    delta: float,
) -> None:
    fit = ArchitectureFit(
        errors=int(part * n),
        trials=n,
        sizes=sizes,
        biases=biases,
        precision=precision,
    )
    with mp.workdps(50):
        rate = mpf(fit.errors) / n
        logs = mp.log(4 / mpf(delta))
        growth = naive_growth(sizes, 2 * n, biases)
        r = sum(i * k for i, k in enumerate(sizes) if i)
        w = [(a + biases) * b for a, b in itertools.pairwise(sizes)]
        v = len(w) + sum(itertools.accumulate(w)) * mp.log(
            8 * mp.e * r * mp.log(4 * mp.e * r, 2), 2
        )
        every = 2 * n * mp.log(2)
        sauer = min(every, v * mp.log(2 * mp.e * n / v)) if v < 2 * n else every
        bits = precision * sum(w)
        for bound, gap in (
            (growth_function, mp.sqrt(mpf(8) / n * (growth + logs))),
            (vc_dimension, mp.sqrt(mpf(8) / n * (sauer + logs))),
            (
                parameter_count,
                mp.sqrt((bits * mp.log(2) + mp.log(1 / mpf(delta))) / (2 * n)),
            ),
        ):
            found = bound.formula(fit, delta)
            assert rate + gap <= found <= (rate + gap) * (1 + mpf(1e-9))


@some
@given(sizes=architectures, more=st.integers(1, 10**4), biases=st.booleans())
def test_no_more_rows_than_the_dimension_have_all_patterns(
    sizes: tuple[int, ...], more: int, biases: bool
) -> None:
    """The published dimension is a consequence of the count, for two classes."""
    two = (*sizes[:-1], 2)
    n = math.floor(shattered(two, biases)) + more
    assert log_growth(two, n, biases) < n * math.log(2) * (1 - 1e-9)


@some
@given(sizes=architectures, n=st.integers(1, 10**6), more=st.integers(1, 10**6))
def test_patterns_grow_and_patterns_per_row_shrink(
    sizes: tuple[int, ...], n: int, more: int
) -> None:
    few, many = log_growth(sizes, n), log_growth(sizes, n + more)
    assert few <= many * (1 + 1e-12)
    assert many / (n + more) <= few / n * (1 + 1e-12)


def test_lines_in_the_plane_by_enumeration() -> None:
    """Two classes by two affine outputs: Cover counts 2 sum_i C(n - 1, i)."""
    for n in range(1, 60):
        exact = 2 * sum(math.comb(n - 1, i) for i in range(3))
        assert math.log(exact) <= log_growth((2, 2), n)
    draw = np.random.default_rng(3)
    x = np.column_stack([draw.normal(size=(6, 2)), np.ones(6)])
    w = draw.normal(size=(400_000, 3))
    seen = np.unique(w @ x.T > 0, axis=0)
    assert len(seen) == 2 * (1 + 5 + 10)


def test_one_hidden_unit_by_enumeration() -> None:
    """Patterns of many random nets on few rows, below the count for that layer."""
    draw = np.random.default_rng(5)
    n, nets = 8, 200_000
    x, y = draw.normal(size=n), draw.integers(3, size=n)
    w, b = draw.normal(size=(2, nets, 2))
    v, c = draw.normal(size=(nets, 3, 2)), draw.normal(size=(nets, 3))
    hidden = np.maximum(w[:, :, None] * x + b[:, :, None], 0)
    outputs = np.einsum("tkh,thn->tkn", v, hidden) + c[:, :, None]
    own = np.take_along_axis(outputs, y[None, None], axis=1)[:, 0]
    wrong = (outputs >= own[:, None]).sum(axis=1) > 1
    seen = len(np.unique(wrong, axis=0))
    assert 10 < seen
    assert math.log(seen) <= log_growth((1, 2, 3), n)


def test_the_count_is_below_the_dimension_on_real_sizes() -> None:
    for sizes in ((2, 3, 2), (20, 10, 2), (784, 300, 100, 2)):
        for n in (10**4, 10**6, 10**9):
            fit = ArchitectureFit(errors=0, trials=n, sizes=sizes)
            count = growth_function.formula(fit, 0.05)
            assert count <= vc_dimension.formula(fit, 0.05) * (1 + 1e-12)


def test_more_classes_than_two_have_no_such_dimension() -> None:
    fit = ArchitectureFit(errors=0, trials=60_000, sizes=BIG)
    outcome = vc_dimension.certify(fit, delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "two-classes"
    assert isinstance(growth_function.certify(fit, delta=0.05), Certificate)


@every_one
def test_rows_that_shaped_the_class_are_refused(bound: Bound[ArchitectureFit]) -> None:
    origin = Origin(source="toy", role="prior", digest="d", rows=60_000)
    outcome = bound.certify(replace(bound.example, origin=origin), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "class-fixed"


@pytest.mark.parametrize(
    ("field", "value"),
    [("sizes", (3,)), ("sizes", (3, 0, 2)), ("sizes", (3, 1)), ("precision", 0)],
)
def test_evidence_refuses_what_is_no_architecture(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{field} must be at least"):
        replace(growth_function.example, **{field: value})


# One input of {0, 1}, labels that are fair coins: the best classifier of the sample has
# min(k0, n0 - k0) + min(k1, n1 - k1) errors, and risk 1/2 like every other.


def failing(bound: Bound[ArchitectureFit], n: int, delta: float, copies: int) -> float:
    """Probability that the fitted net's number is below 1/2, over all samples."""
    fit = ArchitectureFit(
        errors=0, trials=n * copies, sizes=(1, 2), biases=True, precision=2
    )

    def bad(errors: int) -> bool:
        return bound.formula(replace(fit, errors=errors * copies), delta) < 0.5

    most = max((e for e in range(n // 2 + 1) if bad(e)), default=-1)
    total = 0.0
    for ones in range(n + 1):
        other = n - ones
        least = [
            np.bincount(
                np.minimum(np.arange(m + 1), m - np.arange(m + 1)),
                weights=binom.pmf(np.arange(m + 1), m, 0.5),
            )
            for m in (ones, other)
        ]
        law = np.convolve(*least)[: most + 1]
        total += float(binom.pmf(ones, n, 0.5)) * float(law.sum())
    return total


@every_one
@pytest.mark.parametrize("n", [10, 60, 400])
def test_labels_that_are_coins_are_covered_over_all_samples(
    bound: Bound[ArchitectureFit], n: int
) -> None:
    assert failing(bound, n, 0.05, copies=1) <= 0.05


@every_one
def test_copies_of_rows_break_it(bound: Bound[ArchitectureFit]) -> None:
    assert failing(bound, 10, 0.05, copies=10_000) > 0.5


@every_one
def test_it_can_say_something(bound: Bound[ArchitectureFit]) -> None:
    fit = ArchitectureFit(errors=0, trials=60_000, sizes=(2, 3, 2), precision=8)
    assert bound.formula(fit, 0.05) < 0.5
