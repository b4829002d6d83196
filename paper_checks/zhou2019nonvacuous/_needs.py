"""What these theorems lose without each of their assumptions."""

from fractions import Fraction

from nonvacuous.bounds.pac_bayes import (
    occam_binomial_symmetric,
    occam_catoni_grid,
    pac_bayes_catoni_grid,
)
from nonvacuous.evidence import CodedFit, GibbsFit, SymmetricFit
from paper_checks._occam import failure, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

GRID, SYMMETRIC, GIBBS = (
    "occam-catoni-grid",
    "occam-binomial-symmetric",
    "pac-bayes-catoni-grid",
)
EVERY = (GRID, SYMMETRIC, GIBBS)
HALF, DELTA, ROWS = Fraction(1, 2), 0.05, 1000


def _values(k: int, bits: int = 1) -> tuple[float, float, float]:
    return (
        occam_catoni_grid.formula(CodedFit(errors=k, trials=ROWS, bits=bits), DELTA),
        occam_binomial_symmetric.formula(
            SymmetricFit(errors=k, trials=ROWS, bits=bits, gain=0.0), DELTA
        ),
        pac_bayes_catoni_grid.formula(
            GibbsFit(empirical=k / ROWS, trials=ROWS, kl=0.7 * bits), DELTA
        ),
    )


def _best_of(many: int, number: int) -> float:
    most = violating(lambda k: _values(k)[number], ROWS, HALF)
    return failure([(many, most)], ROWS, HALF)


def check_rows_may_be_copies_of_one() -> Verdict:
    most = max(_values(0))
    return Verdict(
        claim="The rows need not be independent.",
        kind=Kind.ASSUMPTION,
        of=EVERY,
        whose=Whose.TEMPTING,
        without="iid",
        truth=Truth.of(not (most < HALF and DELTA < HALF)),
        expected=Truth.FALSE,
        evidence=f"{ROWS} copies of one draw: a fixed net of risk 1/2 makes no error"
        f" with probability 1/2, and then the bounds are at most {most:.3f}.",
    )


def check_ties_may_count_as_right() -> Verdict:
    most = max(_values(0)[:2])
    return Verdict(
        claim="Ties may count as right on the rows and as errors in the risk.",
        kind=Kind.ASSUMPTION,
        of=EVERY[:2],
        whose=Whose.TEMPTING,
        without="zero-one-loss",
        truth=Truth.of(most >= 1),
        expected=Truth.FALSE,
        evidence="A net of constant outputs ties everywhere: its risk is 1, no error is"
        f" counted and the bounds are at most {most:.3f}.",
    )


def check_the_code_may_come_after_the_rows() -> Verdict:
    fails = _best_of(10**30, 0)
    return Verdict(
        claim="The decoder may be made after the rows were seen.",
        kind=Kind.ASSUMPTION,
        of=(GRID,),
        whose=Whose.TEMPTING,
        without="code-fixed",
        truth=Truth.of(fails <= DELTA),
        expected=Truth.FALSE,
        evidence="The best of 10^30 fair nets, named by one bit, fails with probability"
        f" {fails:.4f}, exactly.",
    )


def check_an_order_free_code_may_come_after_the_rows() -> Verdict:
    fails = _best_of(10**9, 1)
    return Verdict(
        claim="An order-free code may be made after the rows were seen.",
        kind=Kind.ASSUMPTION,
        of=(SYMMETRIC,),
        whose=Whose.TEMPTING,
        without="code-before-rows",
        truth=Truth.of(fails <= DELTA),
        expected=Truth.FALSE,
        evidence="The best of 10^9 fair nets, named by one bit, fails with probability"
        f" {fails:.4f}, exactly.",
    )


def check_the_prior_may_come_after_the_rows() -> Verdict:
    fails = _best_of(10**30, 2)
    return Verdict(
        claim="The prior may be put on the net that fits the rows.",
        kind=Kind.ASSUMPTION,
        of=(GIBBS,),
        whose=Whose.TEMPTING,
        without="prior-fixed",
        truth=Truth.of(fails <= DELTA),
        expected=Truth.FALSE,
        evidence="The best of 10^30 fair nets, with 0.7 nats of KL, fails with"
        f" probability {fails:.4f}, exactly.",
    )


def check_words_need_not_be_prefix_free() -> Verdict:
    fails = _best_of(2**100, 0)
    return Verdict(
        claim="Lengths that break Kraft's inequality may be counted.",
        kind=Kind.ASSUMPTION,
        of=(GRID,),
        whose=Whose.TEMPTING,
        without="prefix-code",
        truth=Truth.of(fails <= DELTA),
        expected=Truth.FALSE,
        evidence="2^100 fair nets, each with a claimed length of one bit (Kraft sum"
        f" 2^99): {fails:.4f} at delta {DELTA}, exactly.",
    )


def check_losses_may_exceed_one() -> Verdict:
    loss, rare = 10_000, Fraction(1, 10_000)
    silent = float((1 - rare) ** ROWS)
    bound = _values(0, 0)[2]
    return Verdict(
        claim="Losses may exceed 1.",
        kind=Kind.ASSUMPTION,
        of=(GIBBS,),
        whose=Whose.TEMPTING,
        without="bounded-loss",
        truth=Truth.of(not (silent > DELTA and bound < loss * rare)),
        expected=Truth.FALSE,
        evidence=f"A loss of {loss} with probability 1/{loss} has the risk 1 and is not"
        f" seen on {ROWS} rows with probability {silent:.3f}; the bound is"
        f" {bound:.3f}.",
    )
