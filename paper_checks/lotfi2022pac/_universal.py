"""The universal prior, with the constant that makes it one."""

from fractions import Fraction
from functools import cache, partial
from random import Random

import sympy
from mpmath import mpf

from nonvacuous.bounds._bound import Bound
from nonvacuous.bounds.pac_bayes import universal_binomial, universal_catoni_grid
from nonvacuous.bounds.pac_bayes._catoni import ALPHA
from nonvacuous.evidence import CodedFit
from paper_checks._compare import compare
from paper_checks._digits import DIGITS
from paper_checks._occam import failure, inverses_of_tail, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

BINOMIAL, GRID = "universal-binomial", "universal-catoni-grid"
OF = (BINOMIAL, GRID)
HALF = Fraction(1, 2)
BOUNDS = (universal_binomial, universal_catoni_grid)


def _fit(k: int, n: int, bits: int) -> CodedFit:
    return CodedFit(errors=k, trials=n, bits=bits)


def _value(k: int, *, bound: Bound[CodedFit], n: int, bits: int, delta: float) -> float:
    return bound.formula(_fit(k, n, bits), delta)


@cache
def _cases() -> tuple[tuple[CodedFit, float], ...]:
    rng, cases = Random(8), []
    for _ in range(60):
        n = int(10 ** rng.uniform(1.5, 6))
        k = rng.choice([0, int(n * rng.random() ** 4)])
        fit = _fit(k, n, 1 + rng.randrange(n // 2))
        cases.append((fit, 10 ** -rng.uniform(0.01, 12)))
    return tuple(cases)


def _nats(fit: CodedFit, delta: float) -> mpf:
    own = fit.bits * DIGITS.ln(2) + 2 * DIGITS.log(fit.bits)
    return own + DIGITS.log(DIGITS.pi**2 / 6) - DIGITS.log(DIGITS.mpf(delta))


def check_weights_of_all_words_sum_to_one() -> Verdict:
    j = sympy.Symbol("l", integer=True, positive=True)
    weight = 6 / (sympy.pi**2 * j**2) * 2**-j
    total = sympy.summation(sympy.simplify(2**j * weight), (j, 1, sympy.oo))
    cost = sympy.expand_log(-sympy.log(weight), force=True)
    ours = j * sympy.log(2) + 2 * sympy.log(j) + sympy.log(sympy.pi**2 / 6)
    same = sympy.simplify(sympy.expand_log(cost - ours, force=True))
    return Verdict(
        claim="Weights 6/(pi^2 l^2) 2^-l of all words of at least one bit sum to 1, and"
        " cost l ln 2 + 2 ln l + ln(pi^2/6) nats.",
        kind=Kind.DERIVATION,
        of=OF,
        truth=Truth.of(total == 1 and same == 0),
        evidence=f"sympy: 2^l words of each length sum to {total}.",
    )


def check_the_binomial_is_the_inverse_at_its_share() -> Verdict:
    seen = inverses_of_tail(
        (
            (universal_binomial.formula(f, d), f.errors, f.trials, -_nats(f, d))
            for f, d in _cases()
        ),
        digits=12,
    )
    return Verdict(
        claim="universal-binomial is the tail inverse at 6 delta/(pi^2 l^2) 2^-l.",
        kind=Kind.FORMULA,
        of=(BINOMIAL,),
        digits=12,
        truth=Truth.of(seen.holds),
        evidence=f"Tails at 60 digits: {seen.words}.",
    )


def check_the_grid_is_its_formula() -> Verdict:
    pairs, log_a = [], DIGITS.log(DIGITS.mpf(ALPHA))

    def value(t: mpf, fit: CodedFit, nats: mpf) -> mpf:
        n, lam = fit.trials, DIGITS.exp(t)
        spent = nats + 2 * DIGITS.log((2 * log_a + t) / log_a)
        top = DIGITS.expm1(-(lam * fit.errors / n + DIGITS.exp(log_a) * spent) / n)
        return top / DIGITS.expm1(-lam / n)

    for fit, delta in _cases()[:24]:
        nats = _nats(fit, delta)
        low, high = DIGITS.mpf(0), DIGITS.log(50 * fit.trials)
        for _ in range(60):  # one valley
            third = (high - low) / 3
            left = value(low + third, fit, nats) < value(high - third, fit, nats)
            low, high = (low, high - third) if left else (low + third, high)
        least = value((low + high) / 2, fit, nats)
        pairs.append((universal_catoni_grid.formula(fit, delta), least))
    seen = compare(pairs, digits=12)
    return Verdict(
        claim="universal-catoni-grid is the least over lambda > 1 of Catoni's bound"
        " with these nats, rounded up.",
        kind=Kind.FORMULA,
        of=(GRID,),
        digits=12,
        truth=Truth.of(seen.holds),
        evidence=f"A search of our own: {seen.words}.",
    )


def check_limits_and_order() -> Verdict:
    good, worst = 0, 0.0
    for fit, delta in _cases():
        k, n, b = fit.errors, fit.trials, fit.bits
        for bound in BOUNDS:
            here = bound.formula(fit, delta)
            good += (
                bound.formula(_fit(k + 1, n, b), delta) >= here
                and bound.formula(_fit(k, n, b + 1), delta) >= here
                and here >= bound.formula(_fit(k, 2 * n, b), delta)
            )
        good += universal_binomial.formula(fit, delta) <= universal_catoni_grid.formula(
            fit, delta
        )
        if not k:
            exact = 1 - DIGITS.exp(-_nats(fit, delta) / n)
            got = universal_binomial.formula(fit, delta)
            worst = max(worst, abs(float(got / exact - 1)))
    return Verdict(
        claim="Both rise with errors and bits and fall with n, the binomial bound is"
        " the lesser, and 1 - share^(1/n) without errors.",
        kind=Kind.LIMIT,
        of=OF,
        truth=Truth.of(good == 3 * len(_cases()) and 0 < worst < 1e-12),
        evidence=f"{good} of {3 * len(_cases())} comparisons; closed form within"
        f" {worst:.1e}.",
    )


def check_coverage_of_all_words() -> Verdict:
    n, delta, fails = 150, 0.2, []
    for bound, free in (
        (universal_binomial, False),
        (universal_catoni_grid, False),
        (universal_binomial, True),
        (universal_catoni_grid, True),
    ):
        nets = []
        for bits in range(1, 61):
            stated = 1 if free else bits
            most = violating(
                partial(_value, bound=bound, n=n, bits=stated, delta=delta), n, HALF
            )
            nets.append((2**bits, most))
        fails.append(failure(nets, n, HALF))
    return Verdict(
        claim="Some net named by some word exceeds its bound with probability at most"
        " delta.",
        kind=Kind.TRIAL,
        of=OF,
        truth=Truth.of(
            0.1 * delta < fails[0] <= delta and fails[1] <= delta < min(fails[2:])
        ),
        evidence="All words of 1 to 60 bits, independent fair nets, exactly:"
        f" {fails[0] / delta:.3f} delta by a tail, {fails[1] / delta:.1e} on the grid;"
        f" {fails[2] / delta:.2f} and {fails[3] / delta:.2f} where each counts one"
        " bit.",
    )


def check_rows_may_be_copies_of_one() -> Verdict:
    most = max(b.formula(_fit(0, 1000, 9), 0.05) for b in BOUNDS)
    return Verdict(
        claim="The rows need not be independent.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="iid",
        truth=Truth.of(most >= HALF),
        expected=Truth.FALSE,
        evidence="1000 copies of one draw: a fixed net of risk 1/2 makes no error with"
        f" probability 1/2, not 0.05, and then the bounds are at most {most:.3f}.",
    )


def check_ties_may_count_as_right() -> Verdict:
    most = max(b.formula(_fit(0, 1000, 9), 0.05) for b in BOUNDS)
    return Verdict(
        claim="Ties may count as right on the rows and as errors in the risk.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="zero-one-loss",
        truth=Truth.of(most >= 1),
        expected=Truth.FALSE,
        evidence="A net of constant outputs has the risk 1 and no counted error; the"
        f" bounds are at most {most:.3f}.",
    )


def _many_of_a_word(many: int) -> float:
    n, fails = 1000, []
    for bound in BOUNDS:
        most = violating(partial(_value, bound=bound, n=n, bits=9, delta=0.05), n, HALF)
        fails.append(failure([(many, most)], n, HALF))
    return min(fails)


def check_the_decoder_may_come_after_the_rows() -> Verdict:
    fails = _many_of_a_word(10**30)
    return Verdict(
        claim="The subspace or the decoder may be chosen on the rows.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="code-fixed",
        truth=Truth.of(fails <= 0.05),
        expected=Truth.FALSE,
        evidence="The best of 10^30 fair nets, named by nine bits of a decoder made for"
        f" it, fails with probability {fails:.4f} or more, exactly.",
    )


def check_a_word_may_name_many_nets() -> Verdict:
    fails = _many_of_a_word(2**100)
    return Verdict(
        claim="A word may name several nets, told apart by what is not coded, such as"
        " running statistics of batch norm.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="one-to-one-code",
        truth=Truth.of(fails <= 0.05),
        expected=Truth.FALSE,
        evidence="100 uncoded bits beside nine coded ones: the best of 2^100 fair nets"
        f" fails with probability {fails:.4f} or more, exactly.",
    )
