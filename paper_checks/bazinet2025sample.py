r"""Bazinet, Zantedeschi and Germain (2025), Sample Compression Unleashed.

For losses in [0, 1] and a reconstruction fixed beforehand, the paper's bound is a
relative entropy with a term :math:`\ln(2\sqrt{n-k})` (recalled).  Ours has none
(derived): given the kept rows and the message there is one predictor, and Chernoff's
inequality for one side costs :math:`\ln(1/\delta)` alone,

.. math:: R(h_{S_k, b}) \le \mathrm{kl}^{-1}\Bigl(\hat R_{S \setminus S_k},
          \tfrac{1}{n - k} \ln \tfrac{\binom nk 2^{|b|}}{\pi(k)\, \delta}\Bigr),
          \quad \pi(k) = \frac{6}{\pi^2 (k+1)^2}.

The paper writes m for k, :math:`\sigma` for the message b, :math:`\zeta` for
:math:`\pi`.
"""

from functools import partial
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds.holdout_losses import holdout_loss_kl
from nonvacuous.bounds.sample_compression import sample_compression_kl
from nonvacuous.evidence import CompressionSetLosses, HoldoutLosses
from paper_checks._digits import DIGITS
from paper_checks._inverted import inverted, kl_excess, turns
from paper_checks._kept_rows import choice, independent, tempting
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("sample-compression-kl",)


def _nats(fit: CompressionSetLosses, delta: float) -> mpf:
    size = DIGITS.log(DIGITS.pi**2 * (fit.kept + 1) ** 2 / 6)
    return choice(fit) + size - DIGITS.log(DIGITS.mpf(delta))


def _fits(seed: int, cases: int) -> list[tuple[CompressionSetLosses, float]]:
    rng, found = Random(seed), []
    for _ in range(cases):
        n = int(10 ** rng.uniform(0.5, 6))
        fit = CompressionSetLosses(
            kept=int((n - 1) * rng.random() ** 6),
            trials=n,
            mean=rng.choice((0.0, rng.random(), rng.random() ** 6)),
            message_bits=rng.choice((0, rng.randrange(200))),
        )
        found.append((fit, rng.choice((1e-300, 1e-9, 0.05, 0.9))))
    return found


def check_sizes_subsets_and_messages_add_up() -> Verdict:
    k = sympy.symbols("k", integer=True, nonnegative=True)
    sizes = sympy.summation(6 / (sympy.pi**2 * (k + 1) ** 2), (k, 0, sympy.oo))
    x, c, p = sympy.symbols("x C p", positive=True)
    chord = 1 - x + x * sympy.exp(-c) - sympy.exp(-c * x)
    bend = sympy.simplify(sympy.diff(chord, x, 2) + c**2 * sympy.exp(-c * x))
    ends = chord.subs(x, 0) == 0 and sympy.simplify(chord.subs(x, 1)) == 0
    best = sympy.solve(
        sympy.Eq(sympy.diff(-c * x - sympy.log(1 - p + p * sympy.exp(-c)), c), 0), c
    )
    return Verdict(
        claim="The weights of sizes, subsets and messages sum to 1, and one predictor's"
        " bounded losses obey Chernoff's bound of a coin.",
        truth=Truth.of(sizes == 1 and bend == 0 and ends and len(best) == 1),
        evidence="sympy: the weights sum to 1; 1 - x + x e^-C lies above e^-Cx on"
        " [0, 1], being concave over it and equal at the ends, so the exponent of a"
        f" coin bounds it, best at C = {best[0]}.",
        kind=Kind.DERIVATION,
        of=OF,
    )


def check_the_formula_inverts_kl() -> Verdict:
    found = inverted(
        (
            (
                sample_compression_kl.formula(fit, delta),
                kl_excess(
                    DIGITS.mpf(fit.mean), _nats(fit, delta) / (fit.trials - fit.kept)
                ),
            )
            for fit, delta in _fits(40, 200)
            if sample_compression_kl.formula(fit, delta) < 1
        ),
        digits=9,
    )
    return Verdict(
        claim="The bound is the inverse of kl at these nats a row outside, rounded up.",
        truth=Truth.of(found.holds),
        evidence=f"n up to 10^6, delta down to 1e-300: {found.words}.",
        kind=Kind.FORMULA,
        of=OF,
        digits=9,
    )


def check_limits_and_monotonicity() -> Verdict:
    fits = [fit for fit, _ in _fits(41, 25)]
    wrong, steps = turns(sample_compression_kl, fits, (1e-9, 0.05), slack=1e-14)
    worst = 0.0
    for mean in (0.0, 0.1, 0.7):
        none = CompressionSetLosses(kept=0, trials=1000, mean=mean)
        seen = HoldoutLosses(mean=mean, variance=0.0, trials=1000)
        share = 0.05 * 6 / float(DIGITS.pi) ** 2
        ours = sample_compression_kl.formula(none, 0.05)
        worst = max(worst, abs(ours / holdout_loss_kl.formula(seen, share) - 1))
    return Verdict(
        claim="It rises with mean loss and message, but for 1e-14 of itself, and with"
        " no row kept it is the hold-out bound at 6 delta/pi^2.",
        truth=Truth.of(wrong == 0 and worst < 1e-9),
        evidence=f"{steps} seeded steps, {wrong} the wrong way; the worst relative"
        f" difference from the hold-out bound is {worst:.1e}.",
        kind=Kind.LIMIT,
        of=OF,
    )


def check_coverage_of_independent_predictors() -> Verdict:
    n = 8

    def upper(kept: int, errors: int, delta: float) -> float:
        mean = errors / (n - kept)
        fit = CompressionSetLosses(kept=kept, trials=n, mean=mean)
        return sample_compression_kl.formula(fit, delta)

    shares = [
        float(independent(n, lambda rest: rest - 1, partial(upper, delta=d))) / d
        for d in (0.01, 0.3)
    ]
    free = float(
        independent(
            n,
            lambda rest: rest - 1,
            lambda k, e: holdout_loss_kl.formula(
                HoldoutLosses(mean=e / (n - k), variance=0.0, trials=n - k), 0.01
            ),
        )
    )
    return Verdict(
        claim="If every subset of the rows gives back a predictor of its own, some"
        " bound fails with probability at most delta.",
        truth=Truth.of(0.2 < max(shares) <= 1 and free / 0.01 > 2),
        evidence=f"All 255 proper subsets of 8 rows, 0-1 losses, exactly: at most"
        f" {max(shares):.3f} delta; without the price of the choice {free / 0.01:.0f}"
        " delta.",
        kind=Kind.TRIAL,
        of=OF,
    )


_FIT = CompressionSetLosses(kept=1, trials=100, mean=0.0)


def check_rows_may_be_copies() -> Verdict:
    return tempting(
        sample_compression_kl,
        _FIT,
        claim="The rows that are compressed may be copies of one.",
        without="iid",
        risk=0.5,
        story="One of 100 copies of a row of fair label tells the others, and fresh"
        " labels are coins",
    )


def check_the_reconstruction_may_know_all_rows() -> Verdict:
    return tempting(
        sample_compression_kl,
        _FIT,
        claim="The reconstruction may be written when all rows are known.",
        without="reconstruction-fixed",
        risk=0.5,
        story="It returns what remembers 100 rows of fair labels, whichever row is"
        " kept",
    )


def check_losses_may_be_counted_on_kept_rows() -> Verdict:
    return tempting(
        sample_compression_kl,
        CompressionSetLosses(kept=100, trials=1000, mean=0.0),
        claim="Losses may be averaged over the kept rows.",
        without="counted-outside",
        risk=0.5,
        story="What remembers 100 of 1,000 rows of fair labels loses nothing on those",
    )


def check_losses_may_exceed_one() -> Verdict:
    return tempting(
        sample_compression_kl,
        _FIT,
        claim="The losses of a compressed sample may exceed 1.",
        without="bounded-loss",
        risk=1.0,
        story="A loss of 1,000 on a thousandth of inputs is met by none of 100 rows"
        " with probability 0.90",
    )


def check_the_term_two_root_n_is_needed() -> Verdict:
    fit = CompressionSetLosses(kept=10, trials=1000, mean=20 / 990)
    ours = sample_compression_kl.formula(fit, 0.05)
    nats = _nats(fit, 0.05) + DIGITS.log(2 * DIGITS.sqrt(990))
    low, high = DIGITS.mpf(fit.mean), DIGITS.mpf(1)
    for _ in range(100):
        middle = (low + high) / 2
        above = kl_excess(DIGITS.mpf(fit.mean), nats / 990)(middle) >= 0
        low, high = (low, middle) if above else (middle, high)
    return Verdict(
        claim="The term ln(2 sqrt(n - k)) of the bound for bounded losses is needed.",
        truth=Truth.of(not (ours < high and abs(float(high) - 0.1176316784) < 1e-9)),
        expected=Truth.FALSE,
        whose=Whose.PAPER,
        evidence=f"10 of 1,000 rows kept, mean 20/990, delta .05: {float(high):.10f}"
        f" with it, as noted, and {ours:.10f} without.",
        kind=Kind.FINDING,
        of=OF,
        mended="The inverse of kl without it: one predictor for each choice, one side.",
    )
