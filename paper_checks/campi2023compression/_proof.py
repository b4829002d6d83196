"""The proof's steps, what fails without them, and that it loses nothing."""

import math
from fractions import Fraction

import sympy

from nonvacuous.bounds.pick_to_learn import change_probability_upper
from paper_checks._picked import left_side
from paper_checks._schemes import (
    hull,
    median,
    preference_breaks,
    table,
    two_largest,
    unchanged,
    walk,
)
from paper_checks._verdict import Kind, Truth, Verdict, Whose

__all__ = ["OF", "uppers"]

OF = ("pick-to-learn",)


def uppers(n: int, delta: float) -> list[float]:
    return [change_probability_upper(k, n, math.log(delta)) for k in range(n + 1)]


def check_dual_weights_add_up_to_delta() -> Verdict:
    n, j, k = sympy.symbols("n j k", integer=True, positive=True)
    v, delta = sympy.symbols("v delta", positive=True)
    weight = sympy.binomial(j, k) / sympy.binomial(n, k) * (1 - v) ** (-(n - j))
    whole = sympy.binomial(n, k) * (1 - v) ** (n - j) * weight  # of dG_{j,k}
    target = sympy.binomial(j, k)
    same = sympy.powsimp(whole / target, force=True)
    spent = sympy.simplify(n * delta / n)
    rises = all(
        left_side(3, 40, 0.05, a) < left_side(3, 40, 0.05, b)
        for a, b in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.9))
    )
    return Verdict(
        claim="Weights delta/n on the sample sizes below n are feasible where v > u(k)"
        " and cost delta in all.",
        truth=Truth.of(sympy.simplify(same) == 1 and spent == delta and rises),
        evidence="sympy: C(n, k) (1 - v)^(n-j) times a term of the sum is C(j,"
        " k); n weights of delta/n are delta; the sum rises with v, as each"
        " term does.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_sizes_of_a_compression_sum_to_one() -> Verdict:
    # the two largest numbers: v of two rows is 1 minus the lower, uniform
    v = sympy.symbols("v", positive=True)
    sums = [
        sympy.integrate(sympy.binomial(j, 2) * (1 - v) ** (j - 2) * 2 * v, (v, 0, 1))
        for j in range(2, 9)
    ]
    return Verdict(
        claim="For the learner of the two largest numbers the probabilities that a"
        " subset is the compression of j rows sum to 1.",
        truth=Truth.of(all(s == 1 for s in sums)),
        evidence=f"Uniform numbers, j = 2 to 8, by sympy's integrals: {sums[0]} each"
        " time.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_ties_are_broken_by_numbers_of_the_rows() -> Verdict:
    p, w = sympy.symbols("p w", positive=True)
    sums = []
    for j in range(1, 9):  # one point of mass p to pick; the least w keeps, v = p w
        kept = j * sympy.integrate(p * (1 - p * w) ** (j - 1), (w, 0, 1))
        sums.append(sympy.expand((1 - p) ** j + kept))
    return Verdict(
        claim="For the learner that remembers one point they sum to 1 once each row has"
        " a uniform number and the least keeps for its copies.",
        truth=Truth.of(all(s == 1 for s in sums)),
        evidence="A point of mass p, j = 1 to 8, by sympy's"
        f" integrals: {sums[0]} each time; v is p w, where it was 0.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_sum_is_a_binomial_tail() -> Verdict:
    u = sympy.symbols("u")
    wrong = count = 0
    for n in range(1, 10):
        for k in range(n):
            early = sum(
                sympy.binomial(j, k) * u ** (k + 1) * (1 - u) ** (j - k)
                for j in range(k, n)
            )
            tail = sum(
                sympy.binomial(n, i) * u**i * (1 - u) ** (n - i)
                for i in range(k + 1, n + 1)
            )
            wrong += sympy.expand(early - tail) != 0
            count += 1
    return Verdict(
        claim="The sum over j of C(j, k) u^(k+1) (1 - u)^(j-k) is Pr[Bin(n, u) > k], so"
        " the equation is n u Pr[B = k]/delta + Pr[B <= k] = 1.",
        truth=Truth.of(wrong == 0),
        evidence="Success k + 1 comes at trial j + 1; as polynomials by sympy, n to 9,"
        f" {count} pairs: {wrong} differ.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_pick_to_learn_is_preferent() -> Verdict:
    seen = [preference_breaks(scheme, 4, 5) for scheme in (table, hull, walk)]
    kept, _ = preference_breaks(median, 4, 5)
    return Verdict(
        claim="Learners that remember points, span them and walk down to them pick the"
        " same from any V between pick(U) and U.",
        truth=Truth.of(all(b == 0 for b, _ in seen) and kept > 0),
        evidence="All samples of up to five of four points: of"
        f" {sum(c for _, c in seen)} pairs {sum(b for b, _ in seen)} break it; keeping"
        f" the median row breaks {kept}.",
        kind=Kind.TRIAL,
        of=OF,
    )


def check_preference_alone_needs_the_law_at_each_size() -> Verdict:
    broken, pairs = preference_breaks(two_largest, 4, 5)
    sums = [len(unchanged(two_largest, tuple(range(j)))) for j in range(5)]
    ours = [
        len(unchanged(scheme, tuple(range(j))))
        for scheme in (table, hull, walk)
        for j in range(6)
    ]
    return Verdict(
        claim="In any preferent compression one subset alone of distinct rows is its"
        " own compression with any one of the others.",
        truth=Truth.of(not (broken == 0 and max(sums) > 1 and set(ours) == {1})),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence="Keep the two largest rows, or none of fewer than two: preferent"
        f" ({broken} of {pairs} pairs break it), and of three distinct rows"
        f" {sums[3]} subsets are such; for three Pick-to-Learn learners, of up to five"
        f" rows, {min(ours)} to {max(ours)}.",
        kind=Kind.FINDING,
        of=OF,
        mended="The proof uses the law of v at each size, which needs preference alone;"
        " Pick-to-Learn has one such subset.",
    )


def check_equal_rows_need_numbers_in_the_proof() -> Verdict:
    p = Fraction(1, 2)  # of the one point to pick; once picked, no row changes it
    sums = [(1 - p) ** j + j * p for j in range(1, 6)]
    return Verdict(
        claim="The sizes of a compression sum to 1 over subsets where rows can be"
        " equal, without more.",
        truth=Truth.of(all(s == 1 for s in sums)),
        expected=Truth.FALSE,
        whose=Whose.TEMPTING,
        evidence="A learner that remembers one point of mass 1/2: each copy alone is"
        f" the compression, and the sum over subsets of two rows is {sums[1]}.",
        kind=Kind.FINDING,
        of=OF,
        mended="Uniform numbers on the rows break ties; then they sum to 1, and the"
        " probability that one more row changes the picked ones only grows.",
    )


def check_the_dual_bound_is_attained() -> Verdict:
    least, shares = Fraction(1), []
    for n in (1, 2, 5, 20):
        for delta in (0.01, 0.3):
            us, weights = [Fraction(u) for u in uppers(n, delta)], list[Fraction]()
            for j in range(n + 1):  # what is left for j rows that keep all
                weights.append(1 - _whole(j, us, weights))
            shares.append(float(_whole(n, us, weights[:n])) / delta)
            least = min(least, *weights)
    good = least > 0 and all(1 - 1e-9 < s <= 1 for s in shares)
    return Verdict(
        claim="The one-sided u(k) is tight: a law that meets the proof's equations for"
        " all sizes to n fails with probability delta.",
        truth=Truth.of(good),
        evidence="All change probabilities of k rows at u(k), masses from one size to"
        f" the next in fractions, n to 20: the least is {float(least):.4f}, and they"
        f" fail with 1 - {1 - min(shares):.0e} delta or more.  No learner with that"
        " law was sought.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=OF,
    )


def _whole(j: int, us: list[Fraction], weights: list[Fraction]) -> Fraction:
    """Sum of C(j, k) (1 - u(k))^(j-k) w_k."""
    return sum(
        (math.comb(j, k) * (1 - us[k]) ** (j - k) * w for k, w in enumerate(weights)),
        Fraction(0),
    )
