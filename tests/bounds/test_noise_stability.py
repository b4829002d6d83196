"""Arora et al.'s sizes, the codes of layers, and the theorem with every constant."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.stats import binom, chi2

from nonvacuous.bounds import Certificate, Refusal, Verdict
from nonvacuous.bounds.noise_stability import (
    accuracies,
    arora_network,
    capacity,
    convolutional_capacity,
    effective_parameters,
    layer_codes,
    paper_projections,
    projections_needed,
    sign_count,
)
from nonvacuous.bounds.noise_stability._codes import _direct, _projected
from nonvacuous.evidence import CushionFit, Origin
from paper_checks._digits import log_tail_digits

some = settings(derandomize=True, max_examples=40, deadline=None)
FIT: CushionFit = arora_network.example

# the row (3, 4) through [[1,0],[0,2],[1,1]] and [[1,0,1],[0,1,0]]
MU = (math.sqrt(122) / (5 * math.sqrt(7)), math.sqrt(164) / math.sqrt(3 * 122))
ONWARD = (3**-0.5, 2**-0.5)
EPSILON = 1 / math.sqrt(2 * 164)


def test_the_sizes_of_a_net_worked_by_hand() -> None:
    assert round(EPSILON, 8) == 0.05521576
    at = accuracies(MU, ONWARD, contraction=1.0, epsilon=EPSILON)
    eta = 0.05 / (2 * 2**2 * 3 * 1000)
    assert [projections_needed(a, eta) for a in at] == [11223785, 11640984]
    assert effective_parameters(
        MU, ONWARD, contraction=1.0, largest=math.sqrt(164), margin=1.0
    ) == pytest.approx(5750.95082, rel=1e-9)
    assert capacity(
        MU, ONWARD, contraction=1, epsilon=EPSILON, rows=1000, widest=3, delta=0.05
    ) == pytest.approx(9685265.8, rel=1e-8)


def test_the_printed_number_of_projections_fails_more_often_than_it_says() -> None:
    """For u v^T along A the mean of k Gaussian projections is chi^2_k / k."""

    def failure(k: int) -> float:
        return float(chi2.cdf(0.5 * k, k) + chi2.sf(1.5 * k, k))

    assert paper_projections(0.5, 0.05) == 12
    assert projections_needed(0.5, 0.05) == 87
    assert round(failure(12), 4) == 0.1996
    assert round(failure(87), 4) == 0.0018


def naive_sum(layer: Any, onward: Any, weight: Any = None) -> float:
    total = 0.0
    for i in range(len(layer)):
        total += (1 if weight is None else weight[i]) / layer[i] ** 2 / onward[i] ** 2
    return total


cushion = st.floats(0.01, 0.5)


@some
@given(
    layer=st.lists(cushion, min_size=3, max_size=3),
    onward=st.lists(cushion, min_size=3, max_size=3),
    c=st.floats(1, 5),
    epsilon=st.floats(1e-3, 1),
)
def test_the_sizes_are_the_naive_formulas(
    layer: list[float], onward: list[float], c: float, epsilon: float
) -> None:
    for a, m, o in zip(
        accuracies(layer, onward, contraction=c, epsilon=epsilon),
        layer,
        onward,
        strict=True,
    ):
        exact = epsilon * m * o / (6 * c * 3)
        assert exact * (1 - 1e-12) <= a <= exact
    here = {"contraction": c, "largest": 7.0, "margin": 2.0}
    scale = c**2 * 9 * 49 / 4
    assert effective_parameters(layer, onward, **here) == pytest.approx(
        scale * naive_sum(layer, onward), rel=1e-12
    )
    assert convolutional_capacity(
        layer, onward, **here, beta=2.0, filters=(3, 5, 4), strides=(1, 2, 4)
    ) == pytest.approx(scale * 4 * naive_sum(layer, onward, (9, 9, 1)), rel=1e-12)
    assert convolutional_capacity(
        layer, onward, **here, beta=1.0, filters=(3, 3, 3), strides=(3, 3, 3)
    ) == pytest.approx(effective_parameters(layer, onward, **here), rel=1e-14)
    q = sum(
        projections_needed(a, 0.05 / (2 * 9 * 20 * 500))
        for a in accuracies(layer, onward, contraction=c, epsilon=epsilon)
    )
    most = 167.2 * c**2 * 9 * math.log(4 * 9 * 20 * 500 / 0.05) / epsilon**2
    assert q <= 3 + most * naive_sum(layer, onward) * (1 + 1e-8)


def naive_nats(fit: CushionFit) -> mpf:
    """The code length of the module's proof, at fifty digits."""
    with mp.workdps(50):
        d, h, n = len(fit.widths) - 1, max(fit.widths), fit.trials
        j = fit.grid_index
        eta = mpf(fit.projection_delta) * 6 / mp.pi**2 / (j + 1) ** 2
        eta /= fit.seeds * n * d**2 * h
        total = mp.log(fit.seeds)
        for i, (a, b) in enumerate(pairwise(fit.widths)):
            size = a * b
            wanted = mpf(2) ** -j * mpf(fit.layer_cushions[i])
            wanted *= mpf(fit.onward_cushions[i]) / (6 * mpf(fit.contraction) * d)
            bits = mp.ceil(mp.log(mp.sqrt(size) / wanted + 3, 2))
            direct = size * bits * mp.log(2) + mp.log(mp.pi**2 * bits**2 / 6)
            share = wanted * 31 / 32
            rate = share - mp.log(1 + share)
            k = mp.ceil(2 * mp.log(2 / eta) / rate)
            bits = mp.ceil(mp.log(32 * size / wanted + 3, 2))
            projected = k * bits * mp.log(2)
            projected += mp.log(mp.pi**2 * bits**2 / 6) + mp.log(mp.pi**2 * k**2 / 6)
            total += mp.log(2) + min(direct, projected)
        return total


@some
@given(
    widths=st.lists(st.integers(1, 60), min_size=2, max_size=5),
    share=st.floats(0.05, 1),
    c=st.floats(1, 3),
    j=st.integers(0, 12),
    errors=st.integers(0, 10**4),
    seeds=st.integers(1, 100),
    wide=st.booleans(),
)
def test_the_theorem_is_its_statement_at_fifty_digits_rounded_up(
    widths: list[int],
    share: float,
    c: float,
    j: int,
    errors: int,
    seeds: int,
    wide: bool,
) -> None:
    if wide:  # so many inputs that projections are shorter
        widths, share, c, j = [10**6, 2], 1.0, 1.0, 0
    fit = CushionFit(
        margin_errors=errors,
        trials=10**4,
        measured=10**4,
        grid_index=j,
        widths=tuple(widths),
        layer_cushions=(share,) * (len(widths) - 1),
        onward_cushions=tuple(share * h**-0.5 for h in widths[1:]),
        contraction=c,
        smoothness=math.inf,
        smoothness_delta=0.01,
        projection_delta=0.01,
        seeds=seeds,
    )
    assert {code.projected for code in layer_codes(fit)} == {wide}
    nats, upper = naive_nats(fit), arora_network.formula(fit, 0.05)
    per_row = arora_network.terms(fit, 0.05)["code, nats per row"]
    assert per_row * 10**4 == pytest.approx(float(nats), rel=1e-11)
    if not errors / 10**4 < upper < 1 - 1e-9:
        return
    with mp.workdps(50):
        budget = mp.log(mpf(0.05) - mpf(0.01) - mpf(0.01)) - nats
    assert log_tail_digits(errors, 10**4, upper) <= budget
    looser = log_tail_digits(errors, 10**4, upper * (1 - 1e-9))
    assert looser > budget * (1 + 1e-9) - 1e-9


def test_the_projected_code_is_priced_as_the_proof_says() -> None:
    size, accuracy, eta = 2 * 10**6, 0.1, 1e-9
    code = _projected(size, accuracy, eta)
    assert code.count == sign_count(accuracy * 31 / 32, eta)
    assert 2.0 ** (code.bits - 1) < size * 32 / accuracy + 3 <= 2.0**code.bits
    assert code.nats < _direct(size, accuracy).nats
    assert math.isinf(_projected(10, accuracy, eta).nats)  # more than there are entries


@some
@given(size=st.integers(1, 10**7), accuracy=st.floats(1e-6, 0.5))
def test_the_weights_of_all_nets_of_a_layer_sum_to_at_most_one(
    size: int, accuracy: float
) -> None:
    """2^bk nets share 6 / (pi^2 b^2), and projected ones 6 / (pi^2 k^2) of that.

    Half of the unit goes to either mode; the sums over b and over k are 1.
    """
    least = math.log(math.pi**2 / 6)
    for code in (_direct(size, accuracy), _projected(size, accuracy, 1e-6)):
        if math.isinf(code.nats):
            continue
        weight = code.nats - code.count * code.bits * math.log(2)
        wanted = least + 2 * math.log(code.bits)
        if code.projected:
            wanted += least + 2 * math.log(code.count)
        slack = 1e-14 * code.nats
        assert wanted - slack <= weight <= wanted + slack + 1e-12


def missed(fit: CushionFit, p: float) -> float:
    """Probability that a net of risk p gets a certificate below p, errors counted."""
    n = fit.trials
    uppers = [
        arora_network.formula(replace(fit, margin_errors=k), 0.05) for k in range(n + 1)
    ]
    return float(binom.pmf(np.flatnonzero(np.array(uppers) < p), n, p).sum())


def some_of(count: int, p: float) -> float:
    """Probability that one of so many independent events of probability p happens."""
    return -math.expm1(count * math.log1p(-p))


TOY = replace(
    FIT,
    trials=60,
    margin_errors=0,
    measured=60,
    widths=(2, 1),
    layer_cushions=(1.0,),
    onward_cushions=(1.0,),
    contraction=1.0,
)


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_covers_exactly_over_all_nets_that_the_code_can_name(p: float) -> None:
    """Nets err independently of each other, which is the worst for a union."""
    failures = 0.0
    for j in range(5):
        fit = replace(TOY, grid_index=j)
        (code,) = layer_codes(fit)
        failures += some_of(2 ** (code.bits * code.count), missed(fit, p))
    assert 0 < failures <= 0.05 - TOY.projection_delta


def test_a_seed_tried_until_it_works_breaks_it_unless_it_is_counted() -> None:
    """Every helper string brings its own nets: 10^8 strings, one of them kept."""
    (code,) = layer_codes(TOY)
    nets = 2 ** (code.bits * code.count)
    tried = 10**8
    free = some_of(nets * tried, missed(TOY, 0.5))
    paid = some_of(nets * tried, missed(replace(TOY, seeds=tried), 0.5))
    assert free > 0.5
    assert paid <= 0.05


def test_too_little_smoothness_is_refused_in_words() -> None:
    outcome = arora_network.certify(replace(FIT, smoothness=5.9), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "interlayer-smoothness"
    assert "5.9, the lemma needs 6" in outcome.reason


def test_cushions_of_a_minibatch_are_refused() -> None:
    outcome = arora_network.certify(replace(FIT, measured=128), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert "over 128 rows of 60000" in outcome.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"layer_cushions": (0.0, 0.4)},
        {"onward_cushions": (0.2, 0.0)},
        {"contraction": math.inf},
    ],
)
def test_a_row_that_a_layer_forgets_is_refused(changes: dict[str, Any]) -> None:
    fit = replace(FIT, **changes)
    outcome = arora_network.certify(fit, delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "cushions-positive"
    assert arora_network.formula(fit, 0.05) == math.inf
    assert arora_network.terms(fit, 0.05)["coefficients"] == math.inf
    with pytest.raises(ValueError, match="layer_codes needs cushions above 0"):
        layer_codes(fit)


def test_smoothness_seen_at_the_points_is_checked_and_an_estimate_is_not() -> None:
    origin = Origin(source="s", role="train", digest="d", rows=60_000)
    seen = arora_network.certify(replace(FIT, origin=origin), delta=0.05)
    guessed = arora_network.certify(
        replace(FIT, origin=origin, smoothness_delta=0.01), delta=0.05
    )
    assert isinstance(seen, Certificate)
    assert isinstance(guessed, Certificate)
    assert seen.assumptions["interlayer-smoothness"] is Verdict.CHECKED
    assert guessed.assumptions["interlayer-smoothness"] is Verdict.VOUCHED
    assert guessed.raw > seen.raw


@pytest.mark.parametrize(
    "changes",
    [
        {"projection_delta": 5e-324, "seeds": 2**64},
        {"layer_cushions": (1e-160, 0.4), "onward_cushions": (1e-160, 0.5)},
        {"contraction": 1e300, "grid_index": 500},
    ],
)
def test_what_is_as_good_as_zero_gives_a_number_all_the_same(
    changes: dict[str, Any],
) -> None:
    outcome = arora_network.certify(replace(FIT, **changes), delta=0.05)
    assert isinstance(outcome, Certificate)
    assert outcome.raw > 0.05  # its margin error


def test_a_sample_that_shaped_the_class_is_refused() -> None:
    origin = Origin(source="s", role="prior", digest="d", rows=60_000)
    outcome = arora_network.certify(replace(FIT, origin=origin), delta=0.05)
    assert isinstance(outcome, Refusal)
    assert outcome.assumption == "architecture-fixed"


def test_delta_must_exceed_what_the_compression_spent() -> None:
    with pytest.raises(ValueError, match=r"^delta must exceed the 0.005"):
        arora_network.certify(FIT, delta=0.005)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"margin_errors": -1}, "margin_errors must"),
        ({"measured": 60_001}, "measured must"),
        ({"grid_index": -1}, "grid_index must"),
        ({"seeds": 0}, "seeds must"),
        ({"widths": (3,)}, "widths must"),
        ({"layer_cushions": (0.5,)}, "layer_cushions must be one number for each"),
        ({"layer_cushions": (1.1, 0.5)}, "layer_cushions must lie in .* for layer 1"),
        # mu_{i,i} = 1 / sqrt(h_i) left out
        ({"onward_cushions": (0.25, 0.9)}, "onward_cushions must .*0.707107.* layer 2"),
        ({"contraction": 0.9}, "contraction must"),
        ({"smoothness": math.nan}, "smoothness must"),
        ({"smoothness_delta": -0.1}, "smoothness_delta must"),
        ({"projection_delta": 0.0}, "projection_delta must be above 0"),
    ],
)
def test_impossible_evidence_is_refused_by_name(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{message}"):
        replace(FIT, **changes)
