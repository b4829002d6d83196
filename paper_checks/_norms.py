"""What the checks of margin bounds by norms share: grids at 60 digits, two worlds.

In the world of two inputs, 1 and -1, labels are signs that are flipped with some
probability, and the nets are (a x, -a x).  In the world of a look-up, rows are told
apart one by one and labels are coins: what was learnt by heart says nothing.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

from mpmath import mpf

from nonvacuous.bounds import Bound
from nonvacuous.evidence import (
    NormFit,
    PerturbationFit,
    RepresentationFit,
    SpectralFit,
    TwoLayerFit,
)
from paper_checks._digits import DIGITS, kl_digits
from paper_checks._verdict import Kind, Truth, Verdict, Whose

__all__ = [
    "activation",
    "copies",
    "costs",
    "coverage",
    "deviation_digits",
    "fine_digits",
    "ladder_digits",
    "margins",
    "recoded",
    "root_mean_square",
    "signs",
    "tempting",
    "world",
]

DELTA = 0.05
LEAST = DIGITS.mpf(2) ** -32
ENOUGH = {
    "spectral-margin": 10**11,
    "spectral-margin-fixed": 10**7,
    "spectral-margin-ratios": 10**7,
    "spectral-margin-budgets": 10**7,
    "spectral-pac-bayes": 10**9,
}


def _nats(j: int) -> mpf:
    """ln 1/pi(j) for the grid of all whole j."""
    return DIGITS.log((DIGITS.pi**2 / 3 - 1) * (1 + abs(j)) ** 2)


def fine_digits(value: float) -> tuple[mpf, mpf]:
    """The least 2^(j/8) above a value that is no such power, and its nats."""
    j = int(DIGITS.ceil(8 * DIGITS.log(max(DIGITS.mpf(value), LEAST), 2)))
    return DIGITS.mpf(2) ** (DIGITS.mpf(j) / 8), _nats(j)


def ladder_digits(value: mpf) -> Iterator[tuple[mpf, mpf]]:
    """All 2^j from the least above a value to 1, or that one alone, with nats."""
    first = int(DIGITS.ceil(DIGITS.log(max(value, LEAST), 2)))
    for j in range(first, max(first, 0) + 1):
        yield DIGITS.mpf(2) ** j, _nats(j)


def deviation_digits(n: int, delta: float, nats: mpf | int = 0) -> mpf:
    """3 sqrt((ln(2/delta) + nats)/2n)."""
    return 3 * DIGITS.sqrt((DIGITS.log(2 / DIGITS.mpf(delta)) + nats) / (2 * n))


def margins(rng: Random) -> tuple[dict[str, Any], float]:
    """Random counts and a margin, and a delta, both with extreme values."""
    n = int(10 ** rng.uniform(0.5, 12))
    counts = {
        "margin_errors": rng.choice([0, n, rng.randint(0, n)]),
        "trials": n,
        "margin": 10 ** rng.uniform(-4, 4),
    }
    return counts, 10 ** -rng.uniform(0.1, 200)


def signs(n: int) -> Iterator[tuple[int, ...]]:
    """All vectors of n signs."""
    return product((-1, 1), repeat=n)


def root_mean_square(values: Iterable[Fraction | int | float]) -> float:
    """Root of the mean of squares."""
    squares = [v * v for v in values]
    return math.sqrt(sum(squares) / len(squares))


def world(bound: Bound[Any], k: int, n: int, *, grown: int = 1) -> Any:
    """Evidence of the net (x, -x) in the world of two inputs, wrong on k of n rows.

    ``grown`` multiplies the weights and leaves the margin, as a hidden layer would.
    """
    common: dict[str, Any] = {
        "margin_errors": k,
        "trials": n,
        "margin": 2 * (1 - 2.0**-30) / grown,
    }
    kind, root = type(bound.example), math.sqrt(n)
    if kind is NormFit:
        name = bound.example.kind
        norm = math.sqrt(2.0) if name == "frobenius" else 2.0
        return NormFit(
            kind=name,
            norm=norm,
            row_norm=root,
            layers=1,
            classes=2,
            inputs=1,
            **common,
        )
    if kind is SpectralFit:
        return SpectralFit(
            spectral=(math.sqrt(2.0),),
            distances=(2.0,),
            row_norm=root,
            width=2,
            fixed=bound.name == "spectral-margin-fixed",
            **common,
        )
    if kind is PerturbationFit:
        return PerturbationFit(
            spectral=math.sqrt(2.0),
            stable_ranks=1.0,
            radius=1.0,
            domain=True,
            layers=1,
            width=2,
            **common,
        )
    if kind is RepresentationFit:
        return RepresentationFit(
            distance=math.sqrt(2.0),
            feature_norm=root,
            classes=2,
            apart=True,
            **common,
        )
    return TwoLayerFit(  # (x)_+ and (-x)_+ below, at their reference
        output_norm=2.0,
        distance=0.0,
        initial_norm=root,
        row_norm=root,
        hidden=2,
        classes=2,
        reference="x and -x",
        **common,
    )


def rows_for(bound: Bound[Any]) -> int:
    """Rows at which the bound says something in the world of two inputs."""
    return ENOUGH.get(bound.name, 10**5)


def _names(bounds: Sequence[Bound[Any]]) -> tuple[str, ...]:
    return tuple(bound.name for bound in bounds)


def coverage(bounds: Sequence[Bound[Any]], whose: str) -> Verdict:
    """The theorem in the world of two inputs, and its margin error alone."""
    p, worst, least, bare = 0.1, DIGITS.mpf(0), 1.0, 1.0
    for bound in bounds:
        n = rows_for(bound)
        low, high = 0, int(n * p)  # at n p errors the bound is above the risk
        while high - low > 1:
            middle = (low + high) // 2
            wrong = bound.formula(world(bound, middle, n), DELTA) < p
            low, high = (middle, high) if wrong else (low, middle)
        chernoff = DIGITS.exp(-n * kl_digits(DIGITS.mpf(low) / n, p))
        if bound.formula(world(bound, 0, n), DELTA) >= p:
            chernoff = DIGITS.mpf(0)
        worst = max(worst, chernoff)
        least = min(least, bound.formula(world(bound, int(n * p), n), DELTA))
        far = p - 1 / math.sqrt(n)  # three standard deviations of the count
        bare = min(bare, bound.formula(world(bound, int(n * far), n), DELTA))
    return Verdict(
        claim=f"In a world of two inputs {whose} below the risk with probability at"
        " most delta.",
        truth=Truth.of(worst <= DELTA and p < least and p < bare < 1),
        evidence=f"The number rises with the errors, so that it fails for few of them"
        f" alone: probability at most {DIGITS.nstr(worst, 3)} by Chernoff at delta"
        f" .05, risk .1; at its mean the count gives at least {least:.3f}, three"
        f" deviations below it {bare:.3f}, where the margin error alone is too small.",
        kind=Kind.TRIAL,
        of=_names(bounds),
    )


def tempting(
    claim: str,
    without: str,
    cases: Sequence[tuple[Bound[Any], Any]],
    story: str,
    *,
    risk: float = 0.5,
) -> Verdict:
    """A claim that is refuted when every bound lies below the risk."""
    upper = max(bound.formula(fact, DELTA) for bound, fact in cases)
    return Verdict(
        claim=claim,
        truth=Truth.of(not upper < risk),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"{story}: risk {risk:g}, bound {upper:.3f} at delta .05.",
        kind=Kind.ASSUMPTION,
        of=_names([bound for bound, _ in cases]),
        without=without,
    )


def _at(
    bounds: Sequence[Bound[Any]], *, grown: int = 1
) -> list[tuple[Bound[Any], Any]]:
    found = []
    for bound in bounds:
        n = 100 * rows_for(bound)
        found.append((bound, world(bound, 0, n, grown=grown)))
    return found


def copies(bounds: Sequence[Bound[Any]], whose: str) -> Verdict:
    """One row, repeated."""
    return tempting(
        f"The rows of {whose} may be copies of one.",
        "iid",
        _at(bounds),
        "The net (x, -x) is right on a row, and then on all its copies, with"
        " probability .6",
        risk=0.4,
    )


def costs(bounds: Sequence[Bound[Any]], whose: str) -> Verdict:
    """Errors that cost more than 1."""
    cases = []
    for bound in bounds:
        n = 100 * rows_for(bound)
        cases.append((bound, world(bound, n // 100, n)))
    return tempting(
        f"What {whose} limits may be a cost that is above 1.",
        "zero-one-loss",
        cases,
        "An error costs 100 and has probability .01, seen at that rate",
        risk=1.0,
    )


def recoded(bounds: Sequence[Bound[Any]], whose: str) -> Verdict:
    """Features that were made after the rows were seen."""
    return tempting(
        f"The inputs of {whose} may be coded by what the rows' labels were.",
        "class-fixed",
        _at(bounds),
        "Each row of the sample is coded as its label, 1 or -1, all other inputs as 1;"
        " labels are coins, and (x, -x) has margin 2 on every row",
    )


def _digit(weight: Fraction, i: int) -> int:
    """The fixed activation at weight / 2^i: the i-th binary digit of the weight."""
    at = weight / 2**i
    scale = 0
    while at * 2**scale < 1:
        scale += 1
    return int(at * 4**scale) % 2


def activation(bounds: Sequence[Bound[Any]], whose: str) -> Verdict:
    """A hidden unit that is no ReLU, and a weight below 2 that knows every row."""
    labels = [Random(5).randint(0, 1) for _ in range(40)]
    bits = (Fraction(b, 2**i) for i, b in enumerate(labels, start=1))
    weight = 1 + sum(bits, Fraction(0))
    known = all(_digit(weight, i) == b for i, b in enumerate(labels, start=1))
    verdict = tempting(
        f"The hidden units of {whose} may have any activation into [-1, 1].",
        "affine-relu",
        _at(bounds, grown=4) if known and weight < 2 else [],
        "One that reads a binary digit of its input returns, at a weight below 2 and"
        " inputs 2^-i, any labels (40 coins in fractions, all right)",
    )
    return verdict
