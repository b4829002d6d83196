"""What Arora et al.'s theorems lose without each of their assumptions."""

import math
from fractions import Fraction

from nonvacuous.bounds import ALL
from nonvacuous.bounds.noise_stability import accuracies, arora_network
from nonvacuous.evidence import (
    CodedFit,
    CushionFit,
    DistanceFit,
    ParameterClassFit,
)
from paper_checks._occam import failure, violating
from paper_checks._verdict import Kind, Truth, Verdict, Whose

OF = ("arora-network",)
HALF = Fraction(1, 2)
DELTA, ROWS = 0.05, 1000
EVERY = (
    "finite-class-binomial",
    "finite-class-kl",
    "finite-class-hoeffding",
    "compress-then-evaluate",
    "arora-network",
    "original-by-distance",
)


def _net(
    layer: tuple[float, ...],
    onward: tuple[float, ...],
    widths: tuple[int, ...],
    *,
    errors: int = 0,
    contraction: float = 1.0,
) -> CushionFit:
    return CushionFit(
        margin_errors=errors,
        trials=ROWS,
        measured=ROWS,
        grid_index=2,
        widths=widths,
        layer_cushions=layer,
        onward_cushions=onward,
        contraction=contraction,
        smoothness=9.0,
        smoothness_delta=0.0,
        projection_delta=1e-3,
    )


def _without_errors() -> list[float]:
    """Each theorem's bound for a small net without errors on the rows."""
    small = ParameterClassFit(errors=0, trials=ROWS, parameters=10, values=4)
    evidence = {
        **dict.fromkeys(EVERY[:3], small),
        EVERY[3]: CodedFit(errors=0, trials=ROWS, bits=20),
        EVERY[4]: _net((1.0,), (1.0,), (1, 1)),
        EVERY[5]: DistanceFit(
            margin_errors=0, trials=ROWS, bits=20, margin=0.0, distance=0.0
        ),
    }
    theorems = {bound.name: bound for bound in ALL}
    return [theorems[name].formula(evidence[name], DELTA) for name in EVERY]


def check_rows_may_be_copies_of_one() -> Verdict:
    most = max(_without_errors())
    return Verdict(
        claim="The rows need not be independent.",
        kind=Kind.ASSUMPTION,
        of=EVERY,
        whose=Whose.TEMPTING,
        without="iid",
        truth=Truth.of(not (most < HALF and DELTA < HALF)),
        expected=Truth.FALSE,
        evidence=f"{ROWS} copies of one draw: a fixed net of risk 1/2 makes no error on"
        f" them with probability 1/2, and then every bound is at most {most:.3f}.",
    )


def check_ties_may_count_as_right() -> Verdict:
    most = max(_without_errors())
    return Verdict(
        claim="Ties may count as right on the rows and as errors in the risk.",
        kind=Kind.ASSUMPTION,
        of=EVERY,
        whose=Whose.TEMPTING,
        without="zero-one-loss",
        truth=Truth.of(most >= 1),
        expected=Truth.FALSE,
        evidence="A net of constant outputs ties everywhere: no error is counted, its"
        f" risk is 1, and the bounds are at most {most:.3f}, always.",
    )


def _best_of(many: int) -> float:
    """Failure of the bound where the best of many fair nets is taken for one."""
    most = violating(
        lambda k: arora_network.formula(_net((1.0,), (1.0,), (1, 1), errors=k), DELTA),
        ROWS,
        HALF,
    )
    return failure([(many, most)], ROWS, HALF)


def check_seeds_may_be_drawn_until_one_is_good() -> Verdict:
    fails = _best_of(10**9)
    return Verdict(
        claim="Helper matrices may be drawn again until the net is good, and one seed"
        " be counted.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="helper-matrices-independent",
        truth=Truth.of(fails <= DELTA),
        expected=Truth.FALSE,
        evidence="Seed j decodes to a fair net, independently: the best of 10^9 exceeds"
        f" its bound with probability {fails:.4f}, exactly.",
    )


def check_architectures_may_be_tried_on_the_sample() -> Verdict:
    fails = _best_of(10**8)
    return Verdict(
        claim="What turns weights into a net may be chosen on the sample.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="architecture-fixed",
        truth=Truth.of(fails <= DELTA),
        expected=Truth.FALSE,
        evidence="Architecture j makes a fair net of the same weight, independently:"
        f" the best of 10^8 exceeds its bound with probability {fails:.4f}, exactly.",
    )


def check_cushions_of_a_few_rows_suffice() -> Verdict:
    t = Fraction(1, 100)  # A = diag(1, t), Ahat = diag(1, -t)
    norm = math.sqrt(1 + t * t)
    fit = _net((1 / norm,), (2**-0.5 * (1 - 1e-12),), (2, 2))
    (close,) = accuracies(
        fit.layer_cushions, fit.onward_cushions, contraction=1.0, epsilon=0.25
    )
    allowed = 2 * t <= close * norm
    gamma = math.sqrt(2) / 4  # max |f| = 1 on both rows
    rows = ((Fraction(1), Fraction(0)), (Fraction(0), 1 / t))
    f = [(x, t * y) for x, y in rows]
    g = [(x, -t * y) for x, y in rows]
    margins = [abs(a - b) for a, b in f]
    wrong = g[1][1] - g[1][0] <= 0 and g[0][0] - g[0][1] > 0
    bound = arora_network.formula(fit, DELTA)
    broken = allowed and min(margins) > gamma and wrong and bound < HALF
    return Verdict(
        claim="Cushions measured on some of the rows serve for all.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="cushions-over-all-rows",
        truth=Truth.of(not broken),
        expected=Truth.FALSE,
        evidence="A = diag(1, 0.01), rows (1, 0) and (0, 100), each half of the"
        " distribution; by the cushion of the first alone Ahat = diag(1, -0.01) is"
        f" close enough ({float(2 * t)} <= {close * norm:.4f}), no margin is at most"
        f" {gamma:.3f}, g errs on half, and the bound is {bound:.3f}, always.",
    )


def check_smoothness_may_go_unmeasured() -> Verdict:
    s, w = 0.007, 1000.0  # f(1) = A2 relu(A1): A1 = (1, -s), A2 = diag(1, w)
    size = math.hypot(1, s)
    onward = (min(2**-0.5, 1 / size) * (1 - 1e-12), 2**-0.5 * (1 - 1e-12))
    fit = _net((1.0, 1 / math.hypot(1, w)), onward, (1, 2, 2), contraction=size)
    a = accuracies(
        fit.layer_cushions, onward, contraction=fit.contraction, epsilon=0.25
    )
    allowed = 2 * s <= a[0] * size
    f, g = (1.0, w * max(-s, 0.0)), (1.0, w * s)
    bound = arora_network.formula(fit, DELTA)
    smooth = w * s / (2 * s)  # |M - J| |x^1| / (|eta| |x^2|), about
    broken = allowed and f[0] - f[1] > math.sqrt(2) / 4 and g[0] <= g[1] and bound < 1
    return Verdict(
        claim="Interlayer smoothness may be taken for granted.",
        kind=Kind.ASSUMPTION,
        of=OF,
        whose=Whose.TEMPTING,
        without="interlayer-smoothness",
        truth=Truth.of(not broken),
        expected=Truth.FALSE,
        evidence=f"A1 = (1, -{s}), A2 = diag(1, 1000), x = 1: A1 = (1, {s}) is within"
        f" {a[0]:.4f} of its norm, wakes the second unit and turns f = (1, 0) into"
        f" (1, {g[1]:.0f}); the bound is {bound:.3f}, the risk 1, and rho is"
        f" {1 / smooth:.3f} where 6 is asked.",
    )


def check_smoothness_is_the_smallest_rho() -> Verdict:
    # |M - J| <= |eta| |x^j| / (rho |x^i|) holds for every rho below the largest
    ratio = Fraction(1, 10)  # measured |M - J| |x^i| / (|eta| |x^j|)
    holds = [
        rho for rho in (Fraction(1), Fraction(5), Fraction(10)) if ratio <= 1 / rho
    ]
    fails = [rho for rho in (Fraction(11), Fraction(40)) if ratio <= 1 / rho]
    tiny = ratio <= 1 / Fraction(1, 10**9)
    return Verdict(
        claim="Interlayer smoothness is the smallest rho for which its inequality"
        " holds, as the transcription says.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
        mended="It is the largest such rho, at both perturbed inputs of a layer.",
        truth=Truth.of(not (len(holds) == 3 and not fails and tiny)),
        expected=Truth.FALSE,
        evidence="At a measured ratio of 1/10 it holds for every rho up to 10, however"
        " small, and for none above: the smallest is 0.",
    )


def check_the_linearisation_is_used_at_two_points() -> Verdict:
    # M = |x| around x = 1: at eta = -0.5 it is linear, at eta = -1.5 it is not
    def gap(eta: Fraction) -> Fraction:
        return abs(abs(1 + eta) - (1 + eta))

    before, after = Fraction(-1, 2), Fraction(-3, 2)
    one = gap(before) == 0
    both = gap(after) > 0
    step = abs(1 + after) - abs(1 + before)
    linear = after - before
    return Verdict(
        claim="The inequality of rho at the input with layers before i compressed alone"
        " bounds what compressing layer i adds.",
        kind=Kind.FINDING,
        of=OF,
        whose=Whose.NOTES,
        mended="It is asked at both inputs, before and after layer i is compressed.",
        truth=Truth.of(not (one and both and step != linear)),
        expected=Truth.FALSE,
        evidence=f"M = |x| at x = 1: perturbed by {before} M is its linearisation, so"
        f" rho is infinite, and from there to {after} M moves by {step}, J by"
        f" {linear}.",
    )
