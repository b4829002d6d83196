r"""Perez-Ortiz et al. (2021), Tighter Risk Certificates for Neural Networks.

Recalled, PAC-Bayes-quadratic (Rivasplata et al. 2019): for a prior fixed before the
sample, with :math:`c = (\mathrm{KL}(Q \| P) + \ln(2\sqrt n/\delta))/(2n)`,

.. math:: \Pr_{S \sim D^n}\Bigl[\, \forall Q:\; R(Q) \le \Bigl(\sqrt{\hat R_S(Q) + c}
          + \sqrt c\Bigr)^2 \,\Bigr] \ge 1 - \delta.

It relaxes PAC-Bayes-kl (``maurer2004note``).  The authors' program is judged too: its
inverse of kl, its mean over batches, and the n of a prior that saw part of the rows.
``_last_midpoint`` is our own writing of what their loop returns, read in their
repository: halve [q, 1 - 1e-10] until it is 1e-5 of its end, give the last midpoint.

Letters: the paper's :math:`Q^0` is P, its :math:`\hat L_S` is :math:`\hat R_S`.
"""

from fractions import Fraction
from math import log, sqrt
from random import Random

import sympy

from nonvacuous.bounds.pac_bayes import (
    kl,
    kl_inverse,
    pac_bayes_kl,
    pac_bayes_lambda,
    pac_bayes_mcallester,
    pac_bayes_quadratic,
    quadratic_upper,
)
from nonvacuous.evidence import GibbsFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS, kl_digits
from paper_checks._posterior import (
    DELTA,
    cases,
    loss_unbounded,
    many_nets,
    naive_nats,
    prior_tuned,
    rows_copied,
    turns,
)
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("pac-bayes-quadratic",)


def check_kl_is_above_a_parabola() -> Verdict:
    q, p, t = sympy.symbols("q p t", positive=True)
    kl_ = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    slope = sympy.simplify(sympy.diff(kl_, p) - (p - q) / (p * (1 - p)))
    start = sympy.simplify(kl_.subs(p, q))
    area = sympy.integrate(t - q, (t, q, p)) / p
    return Verdict(
        claim="kl(q, p) is the integral of (t - q)/(t(1 - t)) from q to p, whose"
        " denominator is at most p there, so that kl >= (p - q)^2/(2p).",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(
            slope == start == 0 and sympy.simplify(area - (p - q) ** 2 / (2 * p)) == 0
        ),
        evidence="sympy: the slope of kl in p is (p-q)/(p(1-p)), and the integral of"
        " (t - q)/p is the parabola, as t(1 - t) <= t <= p.",
    )


def check_the_quadratic_is_solved() -> Verdict:
    q, c, x = sympy.symbols("q c x", positive=True)  # x is sqrt(p)
    up, down = (sympy.sqrt(q + c) + sign * sympy.sqrt(c) for sign in (1, -1))
    # x^2 - 2x sqrt(c) - q = (x - up)(x + down), and down >= 0
    gap = sympy.expand((x - up) * (x + down) - (x**2 - 2 * x * sympy.sqrt(c) - q))
    return Verdict(
        claim="p - q <= sqrt(4pc), with 2c nats per row, is sqrt(p) <= sqrt(q + c) +"
        " sqrt(c).",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(sympy.simplify(gap) == 0),
        evidence="sympy: with x = sqrt(p), x^2 - 2x sqrt(c) - q is (x - sqrt(q + c) -"
        " sqrt(c))(x + sqrt(q + c) - sqrt(c)), and the second factor is positive.",
    )


def check_the_code_is_the_formula() -> Verdict:
    pairs = []
    for fit, d in cases(111, 400):
        c = naive_nats(fit, d, 2 * DIGITS.sqrt(fit.trials)) / 2
        exact = (DIGITS.sqrt(fit.empirical + c) + DIGITS.sqrt(c)) ** 2
        pairs.append((pac_bayes_quadratic.formula(fit, d), exact))
    found = compare(pairs, digits=14)
    return Verdict(
        claim="pac-bayes-quadratic is (sqrt(q + c) + sqrt(c))^2 with c = (KL + ln(2"
        " sqrt(n)/(delta - delta')))/2n, rounded up.",
        kind=Kind.FORMULA,
        of=OF,
        digits=14,
        truth=Truth.of(found.holds),
        evidence=f"{found.words[0].upper()}{found.words[1:]}.",
    )


def check_order_and_monotonicity() -> Verdict:
    wrong, steps = turns(pac_bayes_quadratic, 112, 80)
    above = same = 0
    for fit, d in cases(112, 80):
        ours, root, lam = (
            b.formula(fit, d)
            for b in (pac_bayes_quadratic, pac_bayes_mcallester, pac_bayes_lambda)
        )
        above += pac_bayes_kl.formula(fit, d) <= ours
        same += (ours <= root) == (ours <= 0.25) and abs(ours / lam - 1) < 1e-14
    return Verdict(
        claim="The bound is never below PAC-Bayes-kl, is below McAllester's root where"
        " it is below 1/4 and nowhere else, equals the lambda bound, rises with the"
        " empirical risk, KL, delta' and 1/delta, and falls with n.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(wrong == 0 and above == same == 80),
        evidence=f"{above} and {same} of 80 seeded cases are in order, and {wrong} of"
        f" {steps} steps go the wrong way.",
    )


def check_no_error_and_many_rows() -> Verdict:
    fit = GibbsFit(empirical=0.0, trials=1000, kl=10.0)
    nats = naive_nats(fit, DELTA, 2 * DIGITS.sqrt(1000))
    twice = compare([(pac_bayes_quadratic.formula(fit, DELTA), 2 * nats)], digits=14)
    gap = (
        pac_bayes_quadratic.formula(
            GibbsFit(empirical=0.25, trials=10**14, kl=1000.0), DELTA
        )
        - 0.25
    )
    return Verdict(
        claim="Without an error the bound is 4c, and with many rows it tends to the"
        " empirical risk.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(twice.holds and 0 < gap < 1e-5),
        evidence=f"With 1000 rows {twice.words}; at 10^14 rows it lies {gap:.1e} above"
        " 1/4.",
    )


def check_the_best_of_many_nets() -> Verdict:
    n, risk, nets = 10**6, 0.01, 10**9

    def upper(q: float, nats: float, *, n: int = n) -> float:
        fit = GibbsFit(empirical=q, trials=n, kl=nats)
        return pac_bayes_quadratic.formula(fit, DELTA)

    right = many_nets(upper, n, risk, nets)
    twice = many_nets(lambda q, nats: upper(q, nats, n=2 * n), n, risk, nets)
    free = many_nets(lambda q, nats: upper(q, 0.0), n, risk, nets)
    return Verdict(
        claim="The best of many nets exceeds its bound with probability at most delta.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(0 < right <= DELTA < min(twice, free)),
        evidence="A thousand million independent nets of risk 1/100 on 10^6 rows, by"
        f" binomial tails at 60 digits: {right / DELTA:.1e} delta;"
        f" {twice / DELTA:.1f} delta if n is doubled, or c halved, and"
        f" {free / DELTA:.1f} without KL.",
    )


def check_the_quadratic_is_tight_for_rare_errors() -> Verdict:
    worst = DIGITS.inf
    for i in range(4, 12):
        p = DIGITS.mpf(10) ** -i
        q = p * DIGITS.mpf("0.999")
        nats = kl_digits(q, p)
        bound = (DIGITS.sqrt(q + nats / 2) + DIGITS.sqrt(nats / 2)) ** 2
        worst = min(worst, (bound - q) / (p - q))
    return Verdict(
        claim="At c = kl(q, p)/2 the bound is never below p, and its excess over q is"
        " that of p in the limit of rare errors.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(1 <= worst < 1.001),
        evidence="For p down to 10^-11 and q = 0.999 p, at 60 digits: the least ratio"
        f" of the excesses is {float(worst):.6f}, so that a c smaller by a hundredth"
        " would be false.",
    )


def check_copies_of_a_row_count_as_rows() -> Verdict:
    most = rows_copied(pac_bayes_quadratic)
    return Verdict(
        claim="The rows need not be independent.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="iid",
        truth=Truth.of(most >= 0.5),
        expected=Truth.FALSE,
        evidence="5000 copies of one draw: a net of risk 1/2 makes no error with"
        f" probability 1/2, not {DELTA}, and the bound is {most:.4f}.",
    )


def check_the_prior_may_be_put_on_the_best_net() -> Verdict:
    fails = prior_tuned(pac_bayes_quadratic)
    return Verdict(
        claim="The prior may be put, after the sample, on the net that errs least.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="prior-fixed",
        truth=Truth.of(fails <= DELTA),
        expected=Truth.FALSE,
        evidence="The best of 10^9 independent fair nets on 400 rows, with KL = 0,"
        f" exceeds its bound with probability {fails:.4f} at delta {DELTA}, exactly.",
    )


def check_losses_may_exceed_one() -> Verdict:
    most, silent = loss_unbounded(pac_bayes_quadratic)
    return Verdict(
        claim="The cross-entropy need not be clamped.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="bounded-loss",
        truth=Truth.of(not (silent > DELTA and most < 1)),
        expected=Truth.FALSE,
        evidence="A loss of 10^4 with probability 10^-4 has the risk 1 and is not seen"
        f" on 1000 rows with probability {silent:.3f}; the bound is {most:.3f}.",
    )


def check_values_of_the_notes() -> Verdict:
    fit = GibbsFit(empirical=0.02, trials=60_000, kl=3000.0)
    got = pac_bayes_quadratic.formula(fit, 0.025)
    nats = quadratic_upper(0.02, 3009.883077 / 60_000)
    worst = max(abs(x / 0.1374186222 - 1) for x in (got, nats))
    return Verdict(
        claim="At n = 60000, KL = 3000, q = 0.02 and delta 0.025 the bound is"
        " 0.1374186222.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
        truth=Truth.of(worst < 5.1e-10),
        evidence=f"The relative difference is {worst:.1e}.",
    )


def _last_midpoint(q: float, nats: float) -> float:
    """What the authors' program calls the inverse of kl."""
    low, high, last = q, 1 - 1e-10, 0.0
    while high - low >= 1e-5 * high:
        last = (low + high) / 2
        if kl(q, last) > nats:
            high = last
        else:
            low = last
    return last


def check_the_last_midpoint_bounds_the_inverse() -> Verdict:
    rng, below, most, count = Random(113), 0, 0.0, 150
    for _ in range(count):
        q, nats = 0.5 * rng.random() ** 2, 10 ** -rng.uniform(0.5, 4)
        ours = _last_midpoint(q, nats)
        p = DIGITS.mpf(ours)
        low = kl_digits(q, p) < nats  # then the inverse is larger
        below += low
        if low:
            most = max(most, 1 - ours / kl_inverse(q, nats))
    return Verdict(
        claim="inv_kl is an upper bound on what is within c nats.",
        kind=Kind.FINDING,
        whose=Whose.CODE,
        mended="The upper end of the bracket is, and kl_inverse, whose value is judged"
        " once more as the float it is.",
        truth=Truth.of(below == 0),
        expected=Truth.FALSE,
        evidence=f"kl at 60 digits says that {below} of {count} seeded values lie"
        f" below the inverse, by up to {most:.1e} of it.",
    )


def check_the_last_midpoint_at_a_published_size() -> Verdict:
    nats = (1200 + log(2 * sqrt(60_000) / 0.05)) / 60_000
    ours, right = _last_midpoint(0.0238, nats), kl_inverse(0.0238, nats)
    return Verdict(
        claim="At an error of 0.0238, KL = 1200, n = 60000 and delta 0.05 inv_kl gives"
        " 0.0678663936, where the inverse is 0.06786661296.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        truth=Truth.of(
            abs(ours - 0.0678663936) < 5e-9 and abs(right - 0.06786661296) < 5e-11
        ),
        evidence=f"{ours:.10f} and {right:.11f}.",
    )


def check_the_sum_over_the_last_index_is_the_mean() -> Verdict:
    error, found = Fraction(1, 10), []
    for batches in (2, 4, 10):
        found.append(batches * error / (batches - 1))
    uneven = [(Fraction(0), 250), (Fraction(1), 10)]  # a short last batch, all wrong
    rows = sum(size for _, size in uneven)
    mean = sum(rate * size for rate, size in uneven) / rows
    plain = sum(rate for rate, _ in uneven) / len(uneven)
    return Verdict(
        claim="The sum of the batches' errors divided by the last batch_id is the error"
        " rate.",
        kind=Kind.FINDING,
        whose=Whose.CODE,
        mended="Errors and rows are summed, and divided once: the program's value is"
        " too large by nb/(nb - 1), and one batch divides by 0.",
        truth=Truth.of(all(x == error for x in found) and mean == plain),
        expected=Truth.FALSE,
        evidence=f"An error of 1/10 becomes {found[0]}, {found[1]} and {found[2]} with"
        f" 2, 4 and 10 batches; of batches of 250 and 10 rows even the right divisor"
        f" makes {plain} of {mean}.",
    )


def check_rows_that_shaped_the_prior_may_be_counted() -> Verdict:
    # the prior is a net learnt on n/2 rows; no errors on the other n/2
    seen, delta = 50, 0.025
    cut = pac_bayes_kl.formula(GibbsFit(empirical=0.0, trials=2 * seen, kl=0.0), delta)
    right = pac_bayes_kl.formula(GibbsFit(empirical=0.0, trials=seen, kl=0.0), delta)
    fails, held = (float((1 - Fraction(x)) ** seen) for x in (cut, right))
    return Verdict(
        claim="With a prior learnt on half of the rows, n may be the number of all rows"
        " while the errors are those of the other half.",
        kind=Kind.FINDING,
        of=("pac-bayes-kl",),
        whose=Whose.CODE,
        mended="n counts the rows that the empirical risk counts, and no others.",
        truth=Truth.of(fails <= delta),
        expected=Truth.FALSE,
        evidence=f"A net learnt on 50 rows and seen on {seen} others, with KL = 0 and"
        f" n = {2 * seen}: at a risk of {cut:.4f} it exceeds PAC-Bayes-kl with"
        f" probability {fails / delta:.2f} delta, and {held / delta:.2f} with n ="
        f" {seen} at {right:.4f}.",
    )


def check_the_best_certificate_leaves_few_nats() -> Verdict:
    left = 30_000 * kl(0.0108, 0.0155) - log(2 * sqrt(30_000) / 0.025)
    return Verdict(
        claim="0.0155 at n = 30000 and an empirical risk of 0.0108 leaves 14.7 nats"
        " for KL, so that it is nearly a hold-out bound.",
        kind=Kind.FINDING,
        of=("pac-bayes-kl",),
        whose=Whose.NOTES,
        truth=Truth.of(abs(left - 14.7) < 0.05),
        evidence=f"n kl(0.0108, 0.0155) - ln(2 sqrt(n)/0.025) = {left:.2f}.",
    )
