"""What Occam's bounds and the parameter count need."""

from bisect import bisect_left
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from nonvacuous.bounds import Bound
from nonvacuous.bounds.capacity import parameter_count
from nonvacuous.bounds.occam import occam_binomial, occam_hoeffding
from nonvacuous.bounds.pac_bayes import occam_kl
from nonvacuous.evidence import ArchitectureFit, CodedFit
from paper_checks._digits import DIGITS, exact_binomial_tail
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OCCAM = ("occam-binomial", "occam-kl", "occam-hoeffding")
BOUNDS: tuple[Bound[CodedFit], ...] = (occam_binomial, occam_kl, occam_hoeffding)
HALF = Fraction(1, 2)


def _one_pixel(errors: int, trials: int) -> ArchitectureFit:
    """A net of one input and two weights of one bit."""
    return ArchitectureFit(
        errors=errors, trials=trials, sizes=(1, 2), biases=False, precision=1
    )


def _failure(upper: Callable[[int], float], n: int) -> Fraction:
    """Probability that a fair coin's bound on n rows lies below one half."""
    fails = bisect_left(range(n + 1), HALF, key=lambda k: Fraction(upper(k)))
    return exact_binomial_tail(fails - 1, n, HALF) if fails else Fraction(0)


def _some(one: Fraction, many: int) -> Any:
    return 1 - (1 - DIGITS.mpf(one.numerator) / one.denominator) ** many


def check_any_code_will_do() -> Verdict:
    n, delta, longest = 100, 0.05, 12
    failures: dict[int, list[float]] = {0: [], 1: []}
    for extra in (0, 1):  # 2b+1 bits (Elias gamma) is a prefix code; b bits is not
        for bound in BOUNDS:
            survive = DIGITS.mpf(1)
            for b in range(longest + 1):
                bits = b + extra * (b + 1)

                def upper(k: int, bits: int = bits, bound: Any = bound) -> float:
                    fit = CodedFit(errors=k, trials=n, bits=bits)
                    return float(bound.formula(fit, delta))

                survive *= 1 - _some(_failure(upper, n), 2**b)
            failures[extra].append(float(1 - survive))
    return Verdict(
        claim="Occam's bounds hold for any code, prefix-free or not.",
        kind=Kind.ASSUMPTION,
        of=OCCAM,
        without="prefix-code",
        whose=Whose.TEMPTING,
        truth=Truth.of(min(failures[0]) <= delta),
        expected=Truth.FALSE,
        evidence=f"Naming fair-coin predictors by all words of at most {longest} bits"
        f" (Kraft sum {longest + 1}) fails with probability"
        f" {min(failures[0]):.3f} or more at delta {delta}; with Elias' gamma code it"
        f" is at most {max(failures[1]):.4f}.",
    )


def check_the_decoder_may_be_written_afterwards() -> Verdict:
    n, delta = 100, 0.05
    fit = CodedFit(errors=0, trials=n, bits=1)
    uppers = [bound.formula(fit, delta) for bound in BOUNDS]
    return Verdict(
        claim="The decoder may be written when the rows are known.",
        kind=Kind.ASSUMPTION,
        of=OCCAM,
        without="code-fixed",
        whose=Whose.TEMPTING,
        truth=Truth.of(min(uppers) >= 0.5),
        expected=Truth.FALSE,
        evidence=f"A decoder that answers one bit by the net that remembers {n} rows of"
        " fair labels, wrong on half of all others, is given at most"
        f" {max(uppers):.3f}.",
    )


def check_the_pixel_may_be_picked_afterwards() -> Verdict:
    n, delta, pixels = 100, 0.05, 10**5

    def upper(k: int) -> float:
        return parameter_count.formula(_one_pixel(k, n), delta)

    failure = float(_some(_failure(upper, n), pixels))
    return Verdict(
        claim="The architecture, such as which pixel a net reads, may be chosen on the"
        " rows.",
        kind=Kind.ASSUMPTION,
        of=("parameter-count",),
        without="class-fixed",
        whose=Whose.TEMPTING,
        truth=Truth.of(failure <= delta),
        expected=Truth.FALSE,
        evidence=f"The sign of the best of {pixels} fair pixels, as a net of one input"
        f" and two weights of one bit, exceeds its bound on {n} rows with probability"
        f" {failure:.3f} at delta {delta}.",
    )


def check_copies_of_a_row_count_as_rows_for_a_code() -> Verdict:
    n, delta, risk = 100, 0.05, Fraction(1, 4)
    fit = CodedFit(errors=0, trials=n, bits=1)
    uppers = [bound.formula(fit, delta) for bound in BOUNDS]
    uppers.append(parameter_count.formula(_one_pixel(0, n), delta))
    failure = 1 - risk if max(uppers) < risk else Fraction(0)
    return Verdict(
        claim="Occam's bounds hold for rows that are copies of each other.",
        kind=Kind.ASSUMPTION,
        of=(*OCCAM, "parameter-count"),
        without="iid",
        whose=Whose.TEMPTING,
        truth=Truth.of(failure <= delta),
        expected=Truth.FALSE,
        evidence=f"{n} copies of one row have no error with probability 3/4 if the risk"
        f" is 1/4, and the bounds are then at most {max(uppers):.4f}.",
    )


def check_ties_may_count_as_right() -> Verdict:
    n, delta = 1000, 0.05
    fit = CodedFit(errors=0, trials=n, bits=1)
    uppers = [bound.formula(fit, delta) for bound in BOUNDS]
    uppers.append(parameter_count.formula(_one_pixel(0, n), delta))
    return Verdict(
        claim="Ties may count as right on the rows and as guesses afterwards.",
        kind=Kind.ASSUMPTION,
        of=(*OCCAM, "parameter-count"),
        without="zero-one-loss",
        whose=Whose.TEMPTING,
        truth=Truth.of(min(uppers) >= 0.5),
        expected=Truth.FALSE,
        evidence="A net whose outputs are all equal has no error so counted, guesses"
        f" one of two fair labels wrong half of the time, and is given at most"
        f" {max(uppers):.3f}.",
    )
