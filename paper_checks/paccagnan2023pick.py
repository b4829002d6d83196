r"""Paccagnan, Campi and Garatti (2023), The Pick-to-Learn Algorithm.

Above the root u(k) of Campi and Garatti lies (recalled)

.. math:: \frac kn + \frac{2\sqrt{k+1}}{n} \bigl(\sqrt{\ln(k+1)} + 4
          + \sqrt{\ln(1/\delta)}\bigr) + \frac{\ln(1/\delta)}{n}.

Proof (derived; the paper's was not seen): with :math:`\mu = n u`,
:math:`D = \mu - k` and :math:`B \sim \mathrm{Bin}(n, u)`, u lies above the root where
:math:`\Pr[B = k]\, \mu/\delta + \Pr[B \le k] \le 1`.  By Chernoff both
probabilities are at most :math:`e^{-(D - k \ln(1 + D/k))}`, the exponent is at least h
where :math:`D \ge h + \sqrt{2kh}`, and the closed form has such a D for
:math:`h = \ln((1 + \mu)/\delta)`.

The authors' code printed a smaller number than u(k) until December 2025, through a
``+`` in place of a ``*``.  Their N is n, their :math:`\epsilon` the bound.
"""

import math

import sympy
from mpmath import mpf

from nonvacuous.bounds.pick_to_learn import pick_to_learn, pick_to_learn_closed_form
from nonvacuous.evidence import PickFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS, log_tail_digits
from paper_checks._inverted import turns
from paper_checks._picked import BOTH, left_side, top_points
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("pick-to-learn-closed-form",)


def _closed(k: int, n: int, delta: float) -> float:
    return pick_to_learn_closed_form.formula(PickFit(picked=k, trials=n), delta)


def check_a_binomial_tail_has_the_exponent_of_poisson() -> Verdict:
    q, p, x = sympy.symbols("q p x", positive=True)
    # ln x <= x - 1 at x = (1 - p)/(1 - q) leaves p - q of the second term of kl
    second = -(1 - q) * ((1 - p) / (1 - q) - 1)
    tangent = sympy.log(x) - (x - 1)
    turn = sympy.solve(sympy.diff(tangent, x), x)
    cap = sympy.diff(tangent, x, 2) == -1 / x**2 and tangent.subs(x, 1) == 0
    k, big = sympy.symbols("k D", positive=True)
    kl = (q * sympy.log(q / p) + p - q).subs({q: k / x, p: (k + big) / x}) * x
    want = big - k * sympy.log(1 + big / k)
    apart = sympy.expand_log(sympy.expand(kl - want), force=True)
    rest = sympy.simplify(sympy.expand_log(sympy.together(apart), force=True))
    good = turn == [1] and cap and sympy.simplify(second - (p - q)) == 0
    rest = rest.subs(sympy.log(1 + big / k), sympy.log(k + big) - sympy.log(k))
    return Verdict(
        claim="n kl(k/n, u) is at least D - k ln(1 + D/k), D = n u - k.",
        truth=Truth.of(good and sympy.simplify(rest) == 0),
        evidence="sympy: ln x - (x - 1) is concave and largest at 1, where it is 0; so"
        " (1 - q) ln((1 - q)/(1 - p)) >= p - q, and n(q ln(q/p) + p - q) is that.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_exponent_inverts_to_a_root_and_a_line() -> Verdict:
    y, k = sympy.symbols("y k", positive=True)
    h = k * y**2 / 2
    gap = h + sympy.sqrt(2 * k * h)
    exponent = gap - k * sympy.log(1 + gap / k)
    same = sympy.simplify(exponent - h - k * (y - sympy.log(1 + y + y**2 / 2)))
    # e^y - (1 + y + y^2/2): value and two slopes vanish at 0, the third is above 0
    rest = sympy.exp(y) - (1 + y + y**2 / 2)
    zeros = all(sympy.diff(rest, y, i).subs(y, 0) == 0 for i in range(3))
    rises = sympy.diff(rest, y, 3) == sympy.exp(y)
    slope = sympy.simplify(sympy.diff(exponent, y) / sympy.diff(gap, y))
    grows = sympy.simplify(slope - gap / (k + gap)) == 0
    return Verdict(
        claim="D - k ln(1 + D/k) is at least h where D >= h + sqrt(2 k h).",
        truth=Truth.of(sympy.simplify(same) == 0 and zeros and rises and grows),
        evidence="sympy, h = k y^2/2: the difference is k(y - ln(1 + y + y^2/2)), and"
        " e^y exceeds its three first terms; the exponent has slope D/(k + D) > 0.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_closed_form_is_above_the_root() -> Verdict:
    s, a, b, m, t = sympy.symbols("s a b m t", positive=True)
    gap = 2 * s * (a + 4 + b) + b**2
    # 1 + mu = s^2 + D = (s + b)^2 + 2 s (a + 4)
    square = sympy.expand(s**2 + gap - (s + b) ** 2 - 2 * s * (a + 4)) == 0
    log_s = sympy.symbols("l", positive=True)
    peak_a = sympy.solve(sympy.diff(sympy.sqrt(2 * log_s) * sympy.exp(-log_s)), log_s)
    peak_b = sympy.solve(sympy.diff(2 * log_s * sympy.exp(-log_s)), log_s)
    most = 8 + 2 / sympy.sqrt(sympy.E)  # 2 (a + 4)/s, a/s at most e^-1/2, s >= 1
    m_of = sympy.log((1 + b) ** 2 + most)
    # h = b^2 + a^2 + m: what is left of D - h - sqrt(2) s (b + a + sqrt(m))
    left = gap - (b**2 + a**2 + m)
    left -= sympy.sqrt(2) * s * (b + a + sympy.sqrt(m))
    root2 = sympy.sqrt(2)
    parts = s * ((2 - root2) * (a + b) + 8 - root2 * sympy.sqrt(m)) - a**2 - m
    same = sympy.simplify(sympy.expand(left - parts)) == 0
    # over s >= 1, a^2/s <= 2/e: positive if f(b) > 0; f(0) > 0 and f' > 0
    start = 8 - 2 / sympy.E - (m_of + root2 * sympy.sqrt(m_of)).subs(b, 0)
    steep = sympy.solve(sympy.diff(2 * t / (t**2 + most), t), t)
    slope = (2 * t / (t**2 + most)).subs(t, steep[0])
    slope *= 1 + root2 / (2 * sympy.sqrt(m_of.subs(b, 0)))
    good = peak_a == [sympy.Rational(1, 2)] and peak_b == [1] and len(steep) == 1
    return Verdict(
        claim="The closed form has D >= h + sqrt(2 k h) at h = ln((1 + n u)/delta), so"
        " it lies above u(k).",
        truth=Truth.of(
            square and same and good and start > 0 and bool(slope < 2 - root2)
        ),
        evidence="sympy, s^2 = k + 1, a^2 = 2 ln s, b^2 = ln(1/delta): h <= b^2 + a^2 +"
        " m, m = ln((1 + b)^2 + 8 + 2 e^-1/2); what is left over s is at least"
        f" {float(start):.2f} at b = 0 and rises with b: {float(slope):.2f} is below"
        " 2 - sqrt 2.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_formula_at_fifty_digits() -> Verdict:
    pairs = []
    for n in (1, 7, 1000, 10**6):
        for k in {0, 1, n // 3, n}:
            for delta in (1e-300, 0.05, 0.9):
                nats = -DIGITS.log(DIGITS.mpf(delta))
                root = DIGITS.sqrt(DIGITS.mpf(k + 1))
                inner = DIGITS.sqrt(DIGITS.log(k + 1)) + 4 + DIGITS.sqrt(nats)
                pairs.append((_closed(k, n, delta), (k + 2 * root * inner + nats) / n))
    seen = compare(pairs, digits=14)
    return Verdict(
        claim="The code is the closed form, rounded up.",
        truth=Truth.of(seen.holds),
        evidence=f"n up to 10^6, delta down to 1e-300: {seen.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=14,
    )


def check_limits_and_monotonicity() -> Verdict:
    fits = [PickFit(picked=k, trials=n) for k, n in ((0, 7), (3, 500), (326, 24000))]
    wrong, steps = turns(pick_to_learn_closed_form, fits, (1e-6, 0.05))
    far = _closed(10**7, 10**8, 0.05)
    ratios = [
        _closed(f.picked, f.trials, 0.05) / pick_to_learn.formula(f, 0.05) for f in fits
    ]
    return Verdict(
        claim="It rises with the rows picked, falls with the rows, is never below u(k),"
        " and tends to the share picked.",
        truth=Truth.of(wrong == 0 and min(ratios) >= 1 and 0 < far - 0.1 < 1e-3),
        evidence=f"{steps} steps, {wrong} the wrong way; {min(ratios):.2f} times u(k)"
        f" and more; {far:.5f} for a tenth of 10^8 rows.",
        kind=Kind.LIMIT,
        of=OF,
    )


def check_the_sum_that_defines_the_root() -> Verdict:
    short = count = 0
    for n in (20, 100, 400):
        for k in (0, 1, 2, 5, 10, n // 5, n // 2):
            for delta in (1e-6, 0.01, 0.3):
                u = _closed(k, n, delta)
                if u < 1:
                    short += left_side(k, n, delta, u) < 1
                    count += 1
    return Verdict(
        claim="At the closed form the sum that defines u(k) is at least 1.",
        truth=Truth.of(short == 0 and count > 10),
        evidence=f"60 digits, {count} grid points below 1, n up to 400: {short} fall"
        " short.",
        kind=Kind.LIMIT,
        of=OF,
    )


def check_learners_of_the_largest_numbers() -> Verdict:
    k, n, delta = 10, 1000, 0.05
    upper = _closed(k, n, delta)
    share = top_points(k, n, upper) / delta
    bare = top_points(k, n, k / n) / delta  # the share picked alone
    return Verdict(
        claim="The learner of the k largest numbers is changed by one more row with"
        " probability above the closed form at most delta of the time, and the share"
        " picked alone is no bound.",
        truth=Truth.of(share <= 1 < bare),
        evidence=f"10 of 1,000 rows, exactly: {share:.1e} delta; without what is added"
        f" to k/n {bare:.1f} delta.",
        kind=Kind.TRIAL,
        of=OF,
    )


NOTED = (
    (10, 1000, 0.05, 0.02299072782, 0.01428),
    (1, 3, 0.1, 0.9196735581, 0.5101),
    (326, 24000, 0.01, 0.01667944293, 0.01517527663),
    (237, 10612, 0.01, 0.02828504027, 0.02530114504),
)
"""(k, n, delta), the authors' two-sided root, and theirs before December 2025."""


def _later(k: int, n: int, t: mpf) -> mpf:
    """Pr[Bin(n, t) > k] over t Pr[Bin(n, t) = k], from the far end, at 60 digits."""
    term, total = DIGITS.mpf(1), DIGITS.mpf(0)
    for i in range(k + 1, n + 1):
        term *= DIGITS.mpf(n - i + 1) / i * t / (1 - t)
        total += term
        if term < total * DIGITS.mpf(10) ** -30:
            break
    return total / t


def _two_sides(k: int, n: int, delta: float, printed: bool, t: mpf) -> mpf:
    """The authors' equation, left minus right; `printed` with ``+`` for ``*``.

    (delta/2n) times the sum over j < n and (delta/6n) times that over n < j <= 4n,
    less 1, in units of t n Pr[Bin(n, t) = k].
    """
    d = DIGITS.mpf(delta)
    point = t * DIGITS.binomial(n, k) * t**k * (1 - t) ** (n - k)
    early = _later(k, n, t) * point  # Pr[Bin(n, t) > k]
    far = t * DIGITS.binomial(4 * n + 1, k) * t**k * (1 - t) ** (4 * n + 1 - k)
    late = _later(k, 4 * n + 1, t) * far
    half = d / 2 - d / 6
    first = half + early if printed else half * early
    return first + d / 6 * late - (1 + d / 6 / n) * n * point


def _crosses(case: tuple[int, int, float, bool], root: float, near: float) -> bool:
    """Whether the equation changes sign within a relative distance of a number."""
    k, n, delta, printed = case
    low, high = DIGITS.mpf(root) * (1 - near), DIGITS.mpf(root) * (1 + near)
    return bool(
        _two_sides(k, n, delta, printed, low)
        < 0
        < _two_sides(k, n, delta, printed, high)
    )


def check_the_code_before_its_erratum() -> Verdict:
    found = below = 0
    shares = []
    for k, n, delta, right, wrong in NOTED:
        found += _crosses((k, n, delta, False), right, 1e-9)
        found += _crosses((k, n, delta, True), wrong, 3e-4)
        bad = wrong * (1 + 3e-4)
        below += bad < pick_to_learn.formula(PickFit(picked=k, trials=n), delta) < right
        shares.append(float(DIGITS.exp(log_tail_digits(k - 1, n, bad))) / delta)
    return Verdict(
        claim="What the authors' code printed before December 2025 is a bound.",
        truth=Truth.of(
            not (below == len(NOTED) and 2 * below == found and min(shares) > 1)
        ),
        expected=Truth.FALSE,
        whose=Whose.CODE,
        evidence="Their equation at 60 digits, with * and with +, changes sign at"
        f" {found} of {2 * len(NOTED)} noted roots; with + {below} of {len(NOTED)} lie"
        " below u(k), and for the learner of the k largest numbers they fail with"
        f" {min(shares):.2f} to {max(shares):.2f} delta.",
        kind=Kind.FINDING,
        of=BOTH,
        mended="The root u(k), with the product: .0165 for 326 of 24,000 at delta .01"
        " (.0167 two-sided), where .0152 was published.",
    )


def check_noted_values() -> Verdict:
    noted = (
        (10, 1000, 0.05, 0.06128136003),
        (326, 24000, 0.01, 0.0266627683),
        (237, 10612, 0.01, 0.04743812971),
    )
    worst = max(abs(_closed(k, n, d) / u - 1) for k, n, d, u in noted)
    return Verdict(
        claim="The closed form has the three values that were noted, to nine digits.",
        truth=Truth.of(worst < 1e-9 and math.isfinite(worst)),
        evidence=f"The worst relative difference is {worst:.1e}.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        of=OF,
    )
