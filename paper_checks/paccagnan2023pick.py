r"""Paccagnan, Campi and Garatti (2023), The Pick-to-Learn Algorithm.

Above the root u(k) of Campi and Garatti lies (recalled)

.. math:: \frac kn + \frac{2\sqrt{k+1}}{n} \bigl(\sqrt{\ln(k+1)} + 4
          + \sqrt{\ln(1/\delta)}\bigr) + \frac{\ln(1/\delta)}{n}.

The authors' code printed a smaller number than u(k) until December 2025, through a
``+`` in place of a ``*``.  Their N is n, their :math:`\epsilon` the bound.
"""

import math

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


def check_the_closed_form_is_above_the_root() -> Verdict:
    short = count = 0
    for n in (20, 100, 400):
        for k in (0, 1, 2, 5, 10, n // 5, n // 2):
            for delta in (1e-6, 0.01, 0.3):
                u = _closed(k, n, delta)
                if u < 1:
                    short += left_side(k, n, delta, u) < 1
                    count += 1
    return Verdict(
        claim="At the closed form the sum that defines u(k) is at least 1, so it lies"
        " above the root.",
        truth=Truth.of(short == 0 and count > 10),
        evidence=f"The sum at 60 digits on {count} grid points below 1, n up to 400:"
        f" {short} fall short.",
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


PRINTED = (
    (10, 1000, 0.05, 0.01428),
    (326, 24000, 0.01, 0.01517527663),
    (237, 10612, 0.01, 0.02530114504),
)
"""(k, n, delta) and what the authors' code printed before December 2025, as noted."""


def check_printed_numbers_before_the_erratum() -> Verdict:
    below, shares = 0, []
    for k, n, delta, printed in PRINTED:
        fit = PickFit(picked=k, trials=n)
        below += printed < pick_to_learn.formula(fit, delta)
        shares.append(float(DIGITS.exp(log_tail_digits(k - 1, n, printed))) / delta)
    short = left_side(*PRINTED[0]) < 1
    return Verdict(
        claim="The numbers that the authors' code printed before December 2025 are"
        " bounds.",
        truth=Truth.of(not (below == len(PRINTED) and short and min(shares) > 1)),
        expected=Truth.FALSE,
        whose=Whose.CODE,
        evidence=f"{below} of {len(PRINTED)} noted ones lie below the root; for the"
        " learner of the k largest numbers they fail with"
        f" {min(shares):.2f} to {max(shares):.2f} delta.",
        kind=Kind.FINDING,
        of=BOTH,
        mended="The root u(k), with the product: .0165 for 326 of 24,000 at delta .01,"
        " where .0152 was published.",
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
