"""Point masses on coded nets: Occam by kl, Zhou et al., Lotfi et al., symmetries."""

import math
from collections.abc import Callable
from itertools import pairwise, permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.stats import binom

from nonvacuous.bounds import Bound, Certificate, Refusal
from nonvacuous.bounds.holdout import binomial_tail_inverse
from nonvacuous.bounds.occam import occam_binomial, occam_hoeffding
from nonvacuous.bounds.pac_bayes import (
    catoni_grid_upper,
    kl_inverse,
    occam_binomial_symmetric,
    occam_catoni_grid,
    occam_kl,
    occam_kl_bounded,
    permutation_gain,
    pruned_code_bits,
    universal_binomial,
    universal_catoni_grid,
    universal_nats,
)
from nonvacuous.evidence import CodedFit, CodedLoss, Origin, SymmetricFit

some = settings(derandomize=True, max_examples=60, deadline=None)
LN2 = math.log(2)

# rows, training error, bits of the code, bits discounted or added by hand, and what
# the authors' repository reports; then Occam by kl and by the binomial tail
LOTFI = [
    (50_000, 0.37892, 4800, -2, 0.56178, 0.56115, 0.56101),
    (50_000, 0.13624, 8464, -2, 0.35124, 0.35073, 0.35063),
    (50_000, 0.18542, 5832, -2, 0.37062, 0.37003, 0.36990),
    (60_000, 0.04228, 4592, -2, 0.14160, 0.14111, 0.14103),
    (12_000, 0.32050, 3777, -2, 0.64822, 0.64687, 0.64661),
    (60_000, 0.03935, 6817, +4, 0.16640, 0.16597, 0.16589),
]


@pytest.mark.parametrize("row", LOTFI)
def test_reproduces_the_certificates_of_lotfi_et_al(row: tuple[Any, ...]) -> None:
    n, q, bits, extra, repository, by_kl, by_binomial = row
    prefix = bits + 2 * math.log2(bits) + extra
    assert catoni_grid_upper(q, prefix * LN2, n, 0.05) == pytest.approx(
        repository, abs=6e-6
    )
    nats = prefix * LN2 + math.log(20)
    assert kl_inverse(q, nats / n) == pytest.approx(by_kl, abs=6e-6)
    assert binomial_tail_inverse(round(q * n), n, -nats) == pytest.approx(
        by_binomial, abs=6e-6
    )


@pytest.mark.parametrize("row", LOTFI)
def test_the_constant_that_makes_it_a_prior_costs_little(row: tuple[Any, ...]) -> None:
    n, q, bits, _, repository, _, by_binomial = row
    fit = CodedFit(errors=round(q * n), trials=n, bits=bits)
    published = universal_catoni_grid.formula(fit, 0.05)
    assert repository - 2e-3 < published < repository + 2e-3
    assert universal_binomial.formula(fit, 0.05) < published
    assert universal_binomial.formula(fit, 0.05) < by_binomial + 2e-3


def test_the_weights_of_a_universal_code_sum_to_one() -> None:
    bits = np.arange(1, 200_000)
    with np.errstate(under="ignore"):
        nats = np.array([universal_nats(int(b)) - b * LN2 for b in bits])
    assert np.exp(-nats).sum() + 6 / math.pi**2 / 200_000 == pytest.approx(1, abs=1e-7)
    # without ln(pi^2 / 6) they would sum to more
    assert np.sum(1.0 / bits**2) > 1.6
    with mp.workdps(40):
        exact = 4800 * mp.log(2) + 2 * mp.log(4800) + mp.log(mp.pi**2 / 6)
        assert exact <= universal_nats(4800) <= exact * (1 + mpf(10) ** -14)
        assert (exact - 4800 * mp.log(2) - 2 * mp.log(4800)) / mp.log(
            2
        ) == pytest.approx(0.718, abs=1e-3)


def test_reproduces_zhou_et_al_on_mnist() -> None:
    bits, gain = 6.23 * 8192, permutation_gain([[1] * 20, [1] * 50, [1] * 500])
    assert gain / LN2 / 8192 == pytest.approx(0.4935, abs=5e-5)
    full = catoni_grid_upper(0.015, bits * LN2, 60_000, 0.05)
    assert full == pytest.approx(0.4868, abs=5e-5)
    less = catoni_grid_upper(0.015, bits * LN2 - gain, 60_000, 0.05)
    assert less == pytest.approx(0.4615, abs=5e-5)
    # one union bound over nets does better still
    fit = SymmetricFit(errors=900, trials=60_000, bits=round(bits), gain=gain)
    assert occam_binomial_symmetric.formula(fit, 0.05) < less


def test_occam_by_kl_agrees_with_the_note() -> None:
    fit = CodedFit(errors=50, trials=1000, bits=100)
    assert occam_kl.formula(fit, 0.05) == pytest.approx(0.1760651589, rel=1e-9)


def test_a_pruned_net_pays_for_positions_codebook_and_indices() -> None:
    assert pruned_code_bits(10, 8, 100, 128) == 10 * 3 + 228
    assert pruned_code_bits(10, 9, 0, 0) == 40
    assert pruned_code_bits(10, 1, 7, 16) == 23
    assert pruned_code_bits(0, 0, 0, 0) == 0
    with pytest.raises(ValueError, match="levels at least 1"):
        pruned_code_bits(1, 0, 0, 0)


@some
@given(
    n=st.integers(10, 10**5),
    part=st.floats(0, 0.99),
    bits=st.integers(1, 20_000),
    delta=st.floats(1e-6, 0.5),
)
def test_the_order_of_the_family(n: int, part: float, bits: int, delta: float) -> None:
    fit = CodedFit(errors=int(part * n), trials=n, bits=bits)
    chain = [
        b.formula(fit, delta)
        for b in (occam_binomial, occam_kl, occam_catoni_grid, universal_catoni_grid)
    ]
    for small, large in pairwise(chain):
        assert small <= large * (1 + 1e-9)
    assert occam_kl.formula(fit, delta) <= occam_hoeffding.formula(fit, delta) * (
        1 + 1e-9
    )
    assert universal_binomial.formula(fit, delta) >= chain[0] * (1 - 1e-12)
    loss = CodedLoss(empirical=fit.errors / n, trials=n, bits=bits)
    assert occam_kl_bounded.formula(loss, delta) == pytest.approx(chain[1], rel=1e-9)


@pytest.mark.parametrize("delta", [0.05, 0.5])
@pytest.mark.parametrize(
    "bound",
    [occam_kl, occam_catoni_grid, universal_binomial, universal_catoni_grid],
    ids=lambda b: b.name,
)
def test_covers_exactly_over_a_class_of_independent_nets(
    bound: Bound[Any], delta: float
) -> None:
    """All counts of all nets: two of each length for any code that is one to one."""
    n, p = 30, 0.3
    prefix = bound in {occam_kl, occam_catoni_grid}
    survive = 1.0
    for bits in range(1, 9):
        fits = [CodedFit(errors=k, trials=n, bits=bits) for k in range(n + 1)]
        short = np.array([bound.formula(fit, delta) for fit in fits]) < p
        wrong = float(binom.pmf(np.flatnonzero(short), n, p).sum())
        survive *= (1 - wrong) ** (1 if prefix else 2**bits)
    assert 1 - survive <= delta


def test_losses_in_the_unit_interval_are_covered(losses_world: Any) -> None:
    world = losses_world
    for delta in (0.1, 0.9):
        for bits, emp, p in zip((1, 2, 2), world.empirical.T, world.risk, strict=True):
            facts = [
                CodedLoss(empirical=min(q * (1 + 1e-15), 1), trials=world.n, bits=bits)
                for q in emp
            ]
            up = np.array([occam_kl_bounded.formula(f, delta) for f in facts])
            assert world.weight[up < p].sum() <= delta / 2**bits


@pytest.mark.parametrize(
    "bound",
    [occam_kl, occam_catoni_grid, universal_binomial, universal_catoni_grid],
    ids=lambda b: b.name,
)
def test_a_code_chosen_after_the_sample_breaks_it(
    bound: Bound[Any], best_of: Callable[..., Any]
) -> None:
    """The best of 2^67 guessers, renamed by one bit once the rows are known."""
    n, delta = 200, 0.05
    law = best_of(2.0**67, n, 0.5)

    def fails(bits: int) -> float:
        fits = [CodedFit(errors=k, trials=n, bits=bits) for k in range(n + 1)]
        return float(law @ [bound.formula(fit, delta) < 0.5 for fit in fits])

    assert fails(67) <= delta
    assert fails(1) > 0.99


def test_the_bound_for_losses_breaks_in_the_same_way(
    best_of: Callable[..., Any],
) -> None:
    n, law = 200, best_of(2.0**67, 200, 0.5)

    def fails(bits: int) -> float:
        facts = [CodedLoss(empirical=k / n, trials=n, bits=bits) for k in range(n + 1)]
        return float(law @ [occam_kl_bounded.formula(f, 0.05) < 0.5 for f in facts])

    assert fails(67) <= 0.05
    assert fails(1) > 0.99


def test_rows_that_shaped_the_code_are_refused() -> None:
    rows = Origin(source="mnist", role="prior", digest="ab", rows=60_000)
    facts: list[tuple[Bound[Any], Any]] = [
        (occam_kl, CodedFit(errors=1, trials=10, bits=5, origin=rows)),
        (occam_kl_bounded, CodedLoss(empirical=0.1, trials=10, bits=5, origin=rows)),
        (
            occam_binomial_symmetric,
            SymmetricFit(errors=1, trials=10, bits=5, gain=1.0, origin=rows),
        ),
    ]
    for bound, fact in facts:
        assert isinstance(bound.certify(fact, delta=0.05), Refusal)


def test_a_net_without_bits_is_refused_by_the_universal_code() -> None:
    with pytest.raises(ValueError, match="bits must be at least 1"):
        universal_nats(0)


def test_the_gain_agrees_with_the_note() -> None:
    assert permutation_gain([[1] * 600]) == pytest.approx(3242.275335, rel=1e-9)
    assert permutation_gain([[1] * 600]) / LN2 == pytest.approx(4677.6, abs=0.05)
    assert math.exp(permutation_gain([[3], [1, 1, 1]])) == pytest.approx(6)
    assert permutation_gain([[5]]) == 0
    assert permutation_gain([]) == 0
    with pytest.raises(ValueError, match="multiplicities must be at least 1"):
        permutation_gain([[2, 0]])


def _multiplicities(rows: np.ndarray) -> list[int]:
    return np.unique(rows, axis=0, return_counts=True)[1].tolist()


def _orbit(first: np.ndarray, second: np.ndarray, last: np.ndarray) -> int:
    seen = set()
    for a, b in product(
        permutations(range(len(first))), permutations(range(len(second)))
    ):
        moved = first[list(a)], second[list(b)][:, list(a)], last[:, list(b)]
        seen.add(tuple(m.tobytes() for m in moved))
    return len(seen)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), wide=st.integers(1, 3), top=st.integers(1, 4))
def test_the_gain_is_at_most_the_logarithm_of_the_orbit(
    seed: int, wide: int, top: int
) -> None:
    draw = np.random.Generator(np.random.Philox(key=[seed, 1]))
    first, second, last = (
        draw.integers(0, 2, size=shape) for shape in ((3, wide), (top, 3), (1, top))
    )
    gain = permutation_gain([_multiplicities(first), _multiplicities(second)])
    assert gain <= math.log(_orbit(first, second, last))


def test_units_of_zero_or_one_weigh_one_and_the_full_factorial_more() -> None:
    """Ten hidden units of one bit each: one predictor for each number of ones."""
    right = full = 0.0
    for ones in range(11):
        layer = [m for m in (ones, 10 - ones) if m]
        right += math.exp(permutation_gain([layer]) - 10 * LN2)
        full += math.factorial(10) / 2**10
    assert right == pytest.approx(1, rel=1e-9)
    assert right <= 1
    assert full > 1000


def test_a_gain_saves_its_nats_and_no_more_than_the_code() -> None:
    bits, gain = 100, 40 * LN2 * (1 + 1e-12)
    fit = SymmetricFit(errors=50, trials=1000, bits=bits, gain=gain)
    saved = CodedFit(errors=50, trials=1000, bits=60)
    assert occam_binomial_symmetric.formula(fit, 0.05) == pytest.approx(
        occam_binomial.formula(saved, 0.05), rel=1e-9
    )
    free = SymmetricFit(errors=50, trials=1000, bits=bits, gain=1e9)
    alone = binomial_tail_inverse(50, 1000, math.log(0.05))
    assert occam_binomial_symmetric.formula(free, 0.05) == alone


def test_claiming_the_full_factorial_breaks_it(best_of: Callable[..., Any]) -> None:
    """Guessers of 66 bits whose 20 hidden units are all alike: the orbit is one."""
    n, law = 200, best_of(2.0**66, 200, 0.5)

    def fails(gain: float) -> float:
        fits = [
            SymmetricFit(errors=k, trials=n, bits=66, gain=gain) for k in range(n + 1)
        ]
        upper = [occam_binomial_symmetric.formula(fit, 0.05) for fit in fits]
        return float(law @ (np.array(upper) < 0.5))

    assert fails(permutation_gain([[20]])) <= 0.05
    assert fails(math.lgamma(21)) > 0.9


def test_certificates_explain_themselves() -> None:
    fit = CodedFit(errors=5, trials=100, bits=7)
    for bound in (occam_kl, occam_catoni_grid, universal_binomial):
        certificate = bound.certify(fit, delta=0.05)
        assert isinstance(certificate, Certificate)
        assert certificate.terms["bits"] == 7
