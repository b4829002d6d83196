"""The lemma run, and what it leans on."""

from fractions import Fraction
from itertools import product

from nonvacuous.bounds.coreset import sample_size, support_size
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.baykal2019coresets._letters import failure

ln = DIGITS.log


def check_hidden_width_closes_the_union_bound() -> Verdict:
    n, fan_in, conf, missed = 410, 784, 0.1, {}
    for width in (300, 784):
        one = DIGITS.exp(
            -support_size(conf, neurons=n, widest=width) / ln(n * width)
        )  # all of S misses one edge, F_j(M_j/K) = exp(-1/K')
        missed[width] = (float(fan_in * one), float(1 - (1 - one) ** fan_in))
    target = conf / (8 * n)
    return Verdict(
        claim="eta* may be the widest hidden layer, as in the paper: |S| rows then miss"
        " no edge but with probability delta/(8 eta).",
        kind=Kind.FINDING,
        of=("corenet-generalization",),
        whose=Whose.PAPER,
        mended="eta* is the widest layer, the input and the outputs among them.",
        truth=Truth.of(missed[300][1] <= target),
        expected=Truth.FALSE,
        evidence=f"784-300-100-10, delta 0.1: with eta* = 300 the union bound is"
        f" {missed[300][0]:.1e} and independent edges attain {missed[300][1]:.1e},"
        f" above {target:.1e}; with eta* = 784 it is {missed[784][0]:.1e}.",
    )


def check_lemma_holds_by_enumeration() -> Verdict:
    worst, cases, most = Fraction(0), 0, 0
    target = Fraction(1, 2) / 4  # delta = 1/2, eta = 1
    for tenth, k, e in product(range(1, 10, 2), (1, 2), (Fraction(1, 2), Fraction(1))):
        s = [Fraction(tenth, 10), 1 - Fraction(tenth, 20)]
        draws = int(
            sample_size(float(sum(s)), float(e), 0.5, neurons=1, constant=float(k))
        )
        most = max(most, draws)
        for part in range(21):
            g = [Fraction(part, 20), 1 - Fraction(part, 20)]
            if all(gj <= 3 * k * sj for gj, sj in zip(g, s, strict=True)):
                worst, cases = max(worst, failure(g, s, draws, e)), cases + 1
    return Verdict(
        claim="With g_j <= 3 K s_j, m draws fail with probability at most"
        " delta/(4 eta).",
        kind=Kind.TRIAL,
        of=("corenet-generalization",),
        truth=Truth.of(worst <= target),
        evidence=f"Two edges, every outcome of up to {most} draws in exact fractions,"
        f" {cases} inputs: the worst failure is {float(worst):.1e}, against"
        f" {float(target)}.",
    )


def check_k_may_be_too_small() -> Verdict:
    s, e = [Fraction(19, 20), Fraction(1, 20)], Fraction(1, 2)
    g = [Fraction(0), Fraction(1)]  # a fresh input lights the second edge only: K = 20
    target, failures = Fraction(1, 2) / 4, []
    for k in (1.0, 20.0):
        draws = int(sample_size(1.0, 0.5, 0.5, neurons=1, constant=k))
        failures.append(float(failure(g, s, draws, e)))
    return Verdict(
        claim="The lemma survives a K smaller than the true one (no A1).",
        kind=Kind.ASSUMPTION,
        of=("corenet-generalization",),
        whose=Whose.TEMPTING,
        without="sensitivity-cdf",
        truth=Truth.of(failures[0] <= target),
        expected=Truth.FALSE,
        evidence=f"Two edges, exact: where K is truly 20, using 1 fails with"
        f" probability {failures[0]:.3f} against {float(target)}, and using 20 with"
        f" {failures[1]:.1e}.",
    )
