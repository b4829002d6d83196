r"""Wu et al. (2024), Recursive PAC-Bayes.

So far PAC-Bayes-split-kl for losses of values :math:`0 = b_0 < \dots < b_K`, recalled;
derived here, with :math:`\hat F_k` the share of losses of at least :math:`b_k`:

.. math:: \Pr\Bigl[\, \forall Q:\; R(Q) \le \sum_k (b_k - b_{k-1})\,
          \mathrm{kl}^{-1}\Bigl(\hat F_k, \frac{\mathrm{KL}(Q \| P)
          + \ln(2 K \sqrt n/\delta)}n\Bigr) \,\Bigr] \ge 1 - \delta.
"""

from dataclasses import replace
from fractions import Fraction
from math import comb, log
from random import Random

import sympy

from nonvacuous.bounds.pac_bayes import pac_bayes_split_kl
from nonvacuous.evidence import LossLaw
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.rivasplata2020pac import inverse_digits

SPLIT = ("pac-bayes-split-kl",)
NETS, ROWS, DELTA = 2**14, 20, 0.5
value = pac_bayes_split_kl.formula


def check_steps_add_up_to_the_loss_and_the_union_costs_k() -> Verdict:
    b = (sympy.Integer(0), *sympy.symbols("b1:5", positive=True))
    sums = [sum(b[k] - b[k - 1] for k in range(1, i + 1)) for i in range(5)]
    n, d, k, kl = sympy.symbols("n delta K D", positive=True)
    each = (kl + sympy.log(2 * sympy.sqrt(n) / (d / k))) / n
    stated = (kl + sympy.log(2 * k * sympy.sqrt(n) / d)) / n
    steps = all(sympy.expand(s - v) == 0 for s, v in zip(sums, b, strict=True))
    same = sympy.simplify(sympy.expand_log(each - stated)) == 0
    return Verdict(
        claim="A loss is the sum of the steps that it reaches, and delta/K for each of"
        " the K indicators gives ln(2 K sqrt n / delta).",
        kind=Kind.DERIVATION,
        of=SPLIT,
        truth=Truth.of(steps and same),
        evidence="sympy reduces both to 0, the first for every value of a loss of four"
        " steps.",
    )


def check_code_is_the_formula() -> Verdict:
    rng, pairs = Random(9), []
    for _ in range(30):
        n = rng.choice((1000, 60_000, 10**6))
        size = rng.randint(1, 4)
        values = tuple((i + 1) / 4 for i in range(size))
        reached = tuple(sorted((rng.random() / 2 for _ in values), reverse=True))
        law = LossLaw(
            values=values,
            reached=rng.choice((reached, (0.0,) * size)),
            trials=n,
            kl=rng.choice((0.0, 1e-9, 0.1 * n * rng.random())),
            mc_delta=rng.choice((0.0, 0.01)),
        )
        left = DIGITS.mpf(0.05) - DIGITS.mpf(law.mc_delta)
        nats = law.kl + DIGITS.log(2 * size * DIGITS.sqrt(n) / left)
        steps = (inverse_digits(DIGITS.mpf(q), nats / n) for q in law.reached)
        pairs.append((value(law, 0.05), sum(steps) / 4))
    found = compare(pairs, digits=12)
    return Verdict(
        claim="The code is the sum of the inverses, rounded up.",
        kind=Kind.FORMULA,
        of=SPLIT,
        digits=12,
        truth=Truth.of(found.holds),
        evidence=f"Seeded evidence: {found.words}.",
    )


def check_limits() -> Verdict:
    law = LossLaw(
        values=(0.5, 1.0), reached=(0.2, 0.01), trials=1000, kl=30.0, mc_delta=0.01
    )
    base = value(law, 0.05)
    more = [
        value(replace(law, kl=31.0), 0.05),
        value(replace(law, mc_delta=0.011), 0.05),
        value(replace(law, trials=999), 0.05),
        value(law, 0.049),
    ]
    clear = value(replace(law, reached=(0.0, 0.0), mc_delta=0.0), 0.05)
    closed = 1 - DIGITS.exp(-(30 + DIGITS.log(80 * DIGITS.sqrt(1000))) / 1000)
    return Verdict(
        claim="The bound rises with KL and the estimate's delta, falls with rows and"
        " delta, and is 1 - e^(-nats) where no loss is seen.",
        kind=Kind.LIMIT,
        of=SPLIT,
        truth=Truth.of(min(more) > base and abs(clear / closed - 1) < 1e-12),
        evidence=f"{base:.6f} rises to at least {min(more):.6f}; {clear:.6f} without"
        " losses.",
    )


def _failure(kl: float) -> float:
    """Chance that the best of NETS nets, losses 0, 1/2, 1 alike, breaks the bound."""
    one = Fraction(0)
    for ones in range(ROWS + 1):
        for halves in range(ROWS + 1 - ones):
            law = LossLaw(
                values=(0.5, 1.0),
                reached=((ones + halves) / ROWS, ones / ROWS),
                trials=ROWS,
                kl=kl,
                mc_delta=0.0,
            )
            if value(law, DELTA) < 0.5:
                ways = comb(ROWS, ones) * comb(ROWS - ones, halves)
                one += Fraction(ways, 3**ROWS)
    return 1 - (1 - float(one)) ** NETS


def check_the_theorem_holds_where_kl_left_out_does_not() -> Verdict:
    right, wrong = _failure(log(NETS)), _failure(0.0)
    return Verdict(
        claim="A posterior on a net that breaks the bound, of 16384, exists with"
        " probability below delta, and above it if KL is left out.",
        kind=Kind.TRIAL,
        of=SPLIT,
        truth=Truth.of(right <= DELTA < wrong),
        evidence=f"Every outcome of 20 rows, delta = 0.5: {right:.1e}, and {wrong:.3f}"
        " without KL = ln 16384.",
    )


def _fails(without: str, claim: str, holds: bool, evidence: str) -> Verdict:
    return Verdict(
        claim=claim,
        kind=Kind.ASSUMPTION,
        of=SPLIT,
        whose=Whose.TEMPTING,
        without=without,
        truth=Truth.of(holds),
        expected=Truth.FALSE,
        evidence=evidence,
    )


def check_a_prior_fitted_to_the_rows() -> Verdict:
    failure = _failure(0.0)
    return _fails(
        "prior-fixed",
        "The prior may be the posterior, so that KL is 0.",
        failure <= DELTA,
        f"P = Q_S on the worst of 16384 nets fails with probability {failure:.3f},"
        " against 0.5.",
    )


def check_rows_that_are_copies() -> Verdict:
    law = LossLaw(values=(1.0,), reached=(0.0,), trials=20, kl=0.0, mc_delta=0.0)
    clear = value(law, 0.3)
    return _fails(
        pac_bayes_split_kl.assumptions[0].name,
        "The rows may be copies of one another.",
        clear >= 0.5,
        "Copies of one row of a net of risk 1/2 show no loss half of the time, more"
        f" than delta = 0.3, and the bound is then {clear:.3f}.",
    )


def check_values_taken_from_the_losses_seen() -> Verdict:
    law = LossLaw(values=(0.01,), reached=(1.0,), trials=20, kl=0.0, mc_delta=0.0)
    upper, unseen = value(law, DELTA), 0.98**20
    risk = 0.98 * 0.01 + 0.02
    return _fails(
        "values-fixed",
        "The largest loss seen may be the last of the values.",
        upper >= risk or unseen <= DELTA,
        f"The loss is 0.01, or 1 with probability 0.02: 20 rows miss the 1 with"
        f" probability {unseen:.3f}, above delta = 0.5, and then {upper:.4f} is to"
        f" bound a risk of {risk:.4f}.",
    )
