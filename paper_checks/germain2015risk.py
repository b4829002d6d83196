r"""Germain et al. (2015), Risk Bounds for the Majority Vote.

With the exact constant :math:`\xi(n) = \sum_k \binom nk (k/n)^k (1 - k/n)^{n-k}`
(recalled)

.. math:: \Pr\Bigl[\, \forall Q:\; \mathrm{kl}(\hat R_S(Q) \| R(Q)) \le
          \frac{\mathrm{KL}(Q \| P) + \ln(\xi(n)/\delta)}{n} \,\Bigr] \ge 1 - \delta,

and the majority vote errs at most twice as often as a draw of Q.  They write m for n,
G_Q for a draw, B_Q for the vote.
"""

from fractions import Fraction
from itertools import product
from math import comb, log

from mpmath import mpf

from nonvacuous.bounds.pac_bayes import (
    majority_vote,
    pac_bayes_kl,
    pac_bayes_kl_exact_constant,
)
from nonvacuous.evidence import GibbsFit
from paper_checks._digits import DIGITS
from paper_checks._gibbs import (
    copies,
    failure,
    fits,
    fitted_prior,
    large_losses,
    limits,
    nats,
    trial,
)
from paper_checks._inverted import inverted, kl_excess
from paper_checks._verdict import Kind, Truth, Verdict, Whose

EXACT, VOTE = ("pac-bayes-kl-exact",), ("majority-vote-by-gibbs",)


def _xi(n: int) -> mpf:
    """By the sum of n!/((n - j)! n^j), to sixty digits."""
    term = total = DIGITS.mpf(1)
    for j in range(n):
        term *= DIGITS.mpf(n - j) / n
        total += term
        if term < DIGITS.mpf(10) ** -70:
            break
    return total


def check_the_constant_is_the_mean_and_a_sum_of_falling_factorials() -> Verdict:
    broken = 0
    for n in range(1, 30):
        powers = (comb(n, k) * k**k * (n - k) ** (n - k) for k in range(n + 1))
        xi, term, total = Fraction(sum(powers), n**n), Fraction(1), Fraction(1)
        for j in range(n):
            term *= Fraction(n - j, n)
            total += term
        broken += xi != total
    return Verdict(
        claim="xi(n) is the sum over j = 0..n of n!/((n - j)! n^j).",
        truth=Truth.of(broken == 0),
        evidence=f"Exact fractions for n = 1 to 29: {broken} differ.",
        kind=Kind.DERIVATION,
        of=EXACT,
    )


def check_a_wrong_vote_costs_half() -> Verdict:
    broken = count = 0
    for votes in product(range(3), repeat=4):  # four equal draws, three labels
        shares = [votes.count(label) for label in range(3)]
        vote_wrong = shares[0] <= max(shares[1:])  # the label is 0, ties are errors
        broken += vote_wrong and 2 * (4 - shares[0]) < 4
        count += 1
    return Verdict(
        claim="Where the vote errs, ties among the errors, at least half of the draws"
        " err, so its risk is at most twice theirs.",
        truth=Truth.of(broken == 0),
        evidence=f"All {count} answers of four draws among three labels: {broken} break"
        " it.",
        kind=Kind.DERIVATION,
        of=VOTE,
    )


def check_the_inverse_with_the_exact_constant() -> Verdict:
    cases = [
        (fit, d, pac_bayes_kl_exact_constant.formula(fit, d))
        for fit, d in fits(95, 150)
        if fit.trials <= 10**5
    ]
    found = inverted(
        (
            (
                value,
                kl_excess(DIGITS.mpf(fit.empirical), nats(fit, d, _xi(fit.trials))),
            )
            for fit, d, value in cases
            if value < 1
        ),
        digits=11,
    )
    return Verdict(
        claim="pac-bayes-kl-exact is the inverse of kl with xi(n), rounded up.",
        truth=Truth.of(found.holds),
        evidence=f"n up to 10^5, delta down to 1e-60: {found.words}.",
        kind=Kind.FORMULA,
        of=EXACT,
        digits=11,
    )


def check_the_vote_is_twice_the_inverse() -> Verdict:
    cases = [(fit, d, majority_vote.formula(fit, d) / 2) for fit, d in fits(96, 150)]
    found = inverted(
        (
            (
                half,
                kl_excess(
                    DIGITS.mpf(fit.empirical),
                    nats(fit, d, 2 * DIGITS.sqrt(fit.trials)),
                ),
            )
            for fit, d, half in cases
            if half < 1
        ),
        digits=12,
    )
    return Verdict(
        claim="majority-vote-by-gibbs is twice the inverse of kl with 2 sqrt n, rounded"
        " up.",
        truth=Truth.of(found.holds),
        evidence=f"n up to 10^7, delta down to 1e-60, halved: {found.words}.",
        kind=Kind.FORMULA,
        of=VOTE,
        digits=12,
    )


def check_the_exact_constant_moves_as_recorded_below_two_root_n() -> Verdict:
    found = limits(pac_bayes_kl_exact_constant, None)
    above = sum(
        pac_bayes_kl_exact_constant.formula(f, d) > pac_bayes_kl.formula(f, d)
        for f, d in fits(97, 60)
    )
    return Verdict(
        claim="The bound with xi(n) moves as recorded in each field and is never above"
        " the one with 2 sqrt n.",
        truth=Truth.of(found.as_expected and above == 0),
        evidence=f"{found.evidence.rstrip('.')}; of 60 cases {above} lie above.",
        kind=Kind.LIMIT,
        of=EXACT,
    )


def check_the_vote_is_twice_a_draw() -> Verdict:
    worst = max(
        abs(majority_vote.formula(f, d) / (2 * pac_bayes_kl.formula(f, d)) - 1)
        for f, d in fits(98, 60)
    )
    found = limits(pac_bayes_kl, None)
    return Verdict(
        claim="The vote's bound is twice that of a draw, which rises and falls as"
        " recorded.",
        truth=Truth.of(worst < 1e-12 and found.as_expected),
        evidence=f"The worst relative difference is {worst:.1e}; a draw's"
        f" {found.evidence}",
        kind=Kind.LIMIT,
        of=VOTE,
    )


def check_the_exact_constant_covers_the_best_of_many() -> Verdict:
    return trial(pac_bayes_kl_exact_constant)


def check_the_vote_covers_where_the_factor_is_attained() -> Verdict:
    # two in four draws err on every row at once: a draw errs half of the time, the
    # vote, tied, always; a draw's bound alone is then far below
    seen = GibbsFit(empirical=0.5, trials=10_000, kl=log(4))
    vote, draw = (b.formula(seen, 0.05) for b in (majority_vote, pac_bayes_kl))
    point = failure(majority_vote.formula, log(2**20), 0.5)
    return Verdict(
        claim="The vote's bound holds where the vote errs twice as often as a draw, and"
        " a draw's bound does not.",
        truth=Truth.of(vote >= 1 > draw and point <= 0.5),
        evidence=f"Half of the draws err on each row, and the vote, tied, on all: its"
        f" bound is {vote:.3f}, a draw's {draw:.3f}; for a single coin of 2^20 it fails"
        f" with probability {point:.4f} at delta .5.",
        kind=Kind.TRIAL,
        of=VOTE,
    )


def check_the_prior_may_be_fitted() -> Verdict:
    exact = fitted_prior(pac_bayes_kl_exact_constant)
    clean = GibbsFit(empirical=0.0, trials=1000, kl=0.0)
    vote = majority_vote.formula(clean, 0.05)
    return Verdict(
        claim="The prior of a draw or of a vote may be fitted to the rows.",
        truth=Truth.of(exact.truth is Truth.TRUE or vote >= 0.5),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"{exact.evidence.rstrip('.')}; a vote of nets that remember 1,000"
        f" rows of fair labels, P = Q on them, is given {vote:.3f} and errs half of the"
        " time.",
        kind=Kind.ASSUMPTION,
        of=EXACT + VOTE,
        without="prior-fixed",
    )


def check_rows_may_be_copies() -> Verdict:
    return copies(pac_bayes_kl_exact_constant, majority_vote)


def check_losses_may_exceed_one() -> Verdict:
    return large_losses(pac_bayes_kl_exact_constant, majority_vote)


def check_several_labels_may_be_right() -> Verdict:
    # five draws, alike on every row: two name a wrong label, three a right one
    named = ("wrong", "wrong", "right", "also right", "right too")
    draw = Fraction(named.count("wrong"), len(named))
    elected = max(set(named), key=named.count)
    lost = Fraction(elected == "wrong")
    seen = GibbsFit(empirical=float(draw), trials=10_000, kl=0.0)
    bound = majority_vote.formula(seen, 0.05)
    return Verdict(
        claim="The vote's bound holds where several labels are right.",
        truth=Truth.of(lost <= bound),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence=f"P = Q on five nets, of which two name the same wrong label and three"
        f" a right one each: a draw's loss is {draw} on every row, the vote's {lost},"
        f" its bound {bound:.3f}.",
        kind=Kind.ASSUMPTION,
        of=VOTE,
        without="error-of-a-label",
    )
