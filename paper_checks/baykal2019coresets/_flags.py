"""What does not follow as the paper or the notes have it, and what we use instead."""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import sympy
from mpmath import mpf

from nonvacuous._sizes import amplification_rows, amplification_trials
from nonvacuous.bounds.coreset import (
    corenet_generalization,
    kappa,
    sample_size,
    support_size,
)
from paper_checks._digits import DIGITS
from paper_checks._verdict import Kind, Truth, Verdict, Whose
from paper_checks.baykal2019coresets._letters import same

ln = DIGITS.log
delta, eta, widest = sympy.symbols("delta eta eta_star", positive=True)


def check_k_and_lambda_are_any_universal_constants() -> Verdict:
    c, k = sympy.symbols("C K", positive=True)
    big_q = sympy.log(8 * eta * widest / delta)
    missed = widest * sympy.exp(-c * big_q / k)  # |S| = C Q, F_j(M_j/K) = e^(-1/K')
    at_c = sympy.simplify(missed.subs(k, c) - delta / (8 * eta))
    numbers = {delta: 0.1, eta: 410, widest: 784}
    twice = float(missed.subs(k, 2 * c).subs(numbers))
    attained = 1 - (1 - twice / 784) ** 784
    target = float((delta / (8 * eta)).subs(numbers))
    return Verdict(
        claim="K, K' and lambda of the assumptions may be any universal constants.",
        kind=Kind.FINDING,
        whose=Whose.PAPER,
        mended="|S| and kappa need K' <= C and lambda <= C/2, C = ln(eta eta*) or the"
        " argument `constant` of both.",
        truth=Truth.of(at_c != 0 or attained <= target),
        expected=Truth.FALSE,
        evidence="sympy: |S| = C Q rows miss an edge with delta/(8 eta) at K' = C; at"
        f" K' = 2 C the union bound is {twice:.2f}, and independent edges attain"
        f" {attained:.2f}, against {target:.1e}.",
    )


def check_kappa_may_stay_when_s_shrinks() -> Verdict:
    c, rows = sympy.symbols("c C", positive=True)
    big_q, lam = sympy.Symbol("Q", positive=True), c / 2
    mean = sympy.simplify(rows * big_q * c / (2 * lam**2))  # |S| t^2/(2 lambda^2)
    share = float((mean / big_q).subs({rows: 3, c: math.log(410 * 784)}))
    return Verdict(
        claim="With |S| = 3 Q rows, as the authors' later code has, the paper's kappa"
        " still covers the mean of Delta.",
        kind=Kind.FINDING,
        whose=Whose.TEMPTING,
        mended="|S|, lambda* and kappa change together: kappa = sqrt(C) (1 + sqrt(C) Q)"
        " with |S| = ceil(C Q).",
        truth=Truth.of(share >= 1),
        expected=Truth.FALSE,
        evidence=f"sympy: the exponent is {mean}, which is {share:.2f} Q at C = 3 and"
        " eta eta* = 410 * 784, where Q is needed.",
    )


def check_time_is_one_log() -> Verdict:
    x = sympy.Symbol("x", positive=True)  # eta eta*
    ratio = sympy.log(8 * x) * sympy.log(x) / sympy.log(x)
    return Verdict(
        claim="The time is O(eta eta* log(eta eta*/delta)).",
        kind=Kind.FINDING,
        whose=Whose.PAPER,
        mended="It is O(eta eta* log(eta eta*) log(eta eta*/delta)): |S| forward passes"
        " over all weights, and eta* includes the input.",
        truth=Truth.of(sympy.limit(ratio, x, sympy.oo) != sympy.oo),
        expected=Truth.FALSE,
        evidence="sympy: |S| over one logarithm tends to infinity with eta eta*.",
    )


def check_negative_inputs_need_no_more_draws() -> Verdict:
    def budget(d: sympy.Expr) -> sympy.Expr:
        both_signs = 4 * (d / (4 * eta)) + 4 * (d / (8 * eta)) + d / (4 * eta)
        return sympy.simplify(both_signs / (delta / eta))

    whole, half = budget(delta), budget(delta / 2)
    return Verdict(
        claim="Where inputs are split into positive and negative parts, the same m and"
        " |S| suffice.",
        kind=Kind.FINDING,
        whose=Whose.TEMPTING,
        mended="delta is halved in m, |S| and kappa: ln(16 eta/delta).",
        truth=Truth.of(whole <= 1 or half > 1),
        expected=Truth.FALSE,
        evidence=f"sympy: a neuron then fails with {whole} delta/eta, and with {half}"
        " delta/eta once delta is halved.",
    )


def check_split_rows_bound_the_sum_of_sensitivities() -> Verdict:
    rng, broken, tight = Random(7), 0, 0
    for edges, rows in product(range(1, 6), range(1, 4)):
        for trial in range(20):
            x = [[rng.randint(-4, 4) for _ in range(edges)] for _ in range(rows)]
            if trial == 0:
                x = [
                    [1 if j == 2 * i else -int(j == 2 * i + 1) for j in range(edges)]
                    for i in range(rows)
                ]
            parts = [[max(s * v, 0) for v in row] for row in x for s in (1, -1)]
            share = [[Fraction(v, sum(row) or 1) for v in row] for row in parts]
            total = sum(max(column) for column in zip(*share, strict=True))
            broken += total > min(edges, 2 * rows)
            tight += trial == 0 and total == min(edges, 2 * rows)
    return Verdict(
        claim="For inputs of both signs, S <= min(|W|, 2 |S|).",
        kind=Kind.LIMIT,
        truth=Truth.of(broken == 0 and tight == 15),
        evidence=f"Exact fractions: {broken} of 300 instances break it, and all {tight}"
        " shapes attain it.",
    )


def check_layers_condition_on_each_other() -> Verdict:
    p = Fraction(1, 10)  # P(E_i fails), for a fresh x by itself
    given = p / Fraction(
        1, 2
    )  # it fails only where layer l - 1 holds, half of the time
    return Verdict(
        claim="A neuron fails with at most delta/eta given that the layer before it"
        " holds, because it does so by itself.",
        kind=Kind.FINDING,
        whose=Whose.PAPER,
        mended="P(neuron fails and the layer before holds) <= delta/eta, summed over"
        " neurons: the first layer to fail is charged.",
        truth=Truth.of(given <= p),
        expected=Truth.FALSE,
        evidence="Delta and sensitivities hang on the same x and S as the layer before:"
        f" if it holds with probability 1/2 and failures fall there, {p} becomes"
        f" {given}; the sum over first failures needs no conditioning.",
    )


def check_delta_is_charged_to_every_neuron() -> Verdict:
    layers = sympy.Symbol("L", positive=True)
    published = eta * (3 * delta / (4 * eta) + delta / (4 * eta))
    spent = eta * 3 * delta / (4 * eta) + (layers - 1) * delta / (4 * eta)
    saved = sympy.simplify(published - spent)
    good = same(saved, delta / 4 * (1 - (layers - 1) / eta))
    return Verdict(
        claim="The constants of the paper are the least that its proof gives.",
        kind=Kind.FINDING,
        whose=Whose.TEMPTING,
        mended="SharpCoreNet draws c_l (2 + 2 eps_l/3) for 8, and has"
        " (1 + eps)^(1/(L-1)) - 1 for eps/(2 (L-1)).",
        truth=Truth.of(not good),
        expected=Truth.FALSE,
        evidence="Besides those two, the Delta event is one of a layer and is charged"
        f" to each neuron: sympy leaves {sympy.factor(saved)} unspent.",
    )


def check_the_helper_string_holds_the_weights() -> Verdict:
    w, a, b, count, m = sympy.symbols("w a b count m", positive=True)
    share = w * a / (w * a + b)  # one row of S
    total = share + b / (w * a + b)
    weight = w * count * total / (m * share)
    moves = sympy.simplify(sympy.diff(weight, a))
    return Verdict(
        claim="The compressed nets are a finite set that is fixed before the sample, as"
        " Arora et al.'s theorem asks.",
        kind=Kind.FINDING,
        of=("corenet-generalization",),
        whose=Whose.PAPER,
        mended="Weights are stored as float64: r = 2^64 values, fixed beforehand, whose"
        " rounding must not pass eps_l.",
        truth=Truth.of(moves == 0),
        expected=Truth.FALSE,
        evidence="w count S/(m s) moves with the activations of S: its derivative is"
        f" {moves}.",
    )


def check_non_vacuous_sizes_of_the_notes() -> Verdict:
    fit = replace(
        corenet_generalization.example,
        margin_errors=0,
        trials=60_000,
        slots=266_200,
        theorem_delta=0.0,
    )
    found = [
        corenet_generalization.formula(replace(fit, kept_by_theorem=q), 0.05)
        for q in (2110.0, 2111.0)
    ]
    single = 120_000 / (math.log(266_200) + 32 * math.log(2))
    good = found[0] < 1 < found[1] and 3460 <= single < 3462
    return Verdict(
        claim="With 60,000 rows and 266,200 weights, the corollary says something below"
        " 2,110 non-zeros in float64, 3,460 in float32.",
        kind=Kind.FINDING,
        of=("corenet-generalization",),
        whose=Whose.NOTES,
        truth=Truth.of(good),
        evidence=f"Without margin errors it is {found[0]:.6f} at 2,110 and"
        f" {found[1]:.6f} at 2,111; 2 n/(ln N + 32 ln 2) = {single:.1f}.",
    )


def check_float32_resolves_epsilon() -> Verdict:
    hat = 1 + kappa(0.1, neurons=410, widest=784)
    first = 0.5 / (6 * hat**3)
    return Verdict(
        claim="Weights may be stored in float32 at the epsilon_l of 784-300-100-10 and"
        " eps = 0.5.",
        kind=Kind.FINDING,
        whose=Whose.TEMPTING,
        mended="float64: eps_l must exceed twice the unit roundoff, and the theorem"
        " judges it.",
        truth=Truth.of(first > 2 * 2.0**-24),
        expected=Truth.FALSE,
        evidence=f"kappa is {hat - 1:.1f}, eps_l of the first layer at most"
        f" {first:.1e}, below the roundoff {2.0**-24:.1e}.",
    )


def check_draws_of_the_notes() -> Verdict:
    share, wanted = 0.5 / 6, ((2.4e6, 2.3e6, 1.5e6), (5.6e5, 5.4e5, 3.5e5))
    found = [
        [
            float(sample_size(s, share, 0.1, neurons=410, constant=k))
            for s in (15.5, 15.0, 9.8)
        ]
        for k in (math.log(410 * 784), 3.0)
    ]
    good = all(
        float(f"{ours:.1e}") == theirs
        for row, right in zip(found, wanted, strict=True)
        for ours, theirs in zip(row, right, strict=True)
    )
    numbers = (
        support_size(0.1, neurons=410, widest=784),
        amplification_trials(0.1, neurons=410),
        amplification_rows(0.1, neurons=410, trials=93),
    )
    return Verdict(
        claim="Even with every Delta-hat 1, neurons with S = 15.5, 15 and 9.8 ask for"
        " 2.4e6, 2.3e6 and 1.5e6 draws (K = 3: 5.6e5, 5.4e5, 3.5e5) of rows of 784, 300"
        " and 100; |S| = 217, tau = 93, |T| = 120.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        truth=Truth.of(good and numbers == (217, 93, 120)),
        evidence="sample_size at eps/6 gives "
        + ", ".join(f"{m:.3e}" for row in found for m in row)
        + f"; |S|, tau, |T| are {numbers}.",
    )


def check_t_needs_no_errors_below_1() -> Verdict:
    size = 120
    p, large = Fraction(1, 60), 60  # an error of 60 on one row in 60: mean 1
    silent = (1 - p) ** size  # T sees none of them: its mean is 0, off by 1
    promised = 2 * DIGITS.exp(-mpf(size) / 8)
    return Verdict(
        claim="Means of relative errors over T are within 1/4 of their expectations.",
        kind=Kind.FINDING,
        whose=Whose.PAPER,
        mended="They are if errors are cut at 1, as CoreNet++ does: Hoeffding's"
        " inequality needs them in [0, 1].",
        truth=Truth.of(p * large != 1 or float(silent) <= float(promised)),
        expected=Truth.FALSE,
        evidence=f"An error of {large} with probability {p}: all {size} rows of T miss"
        f" it with probability {float(silent):.3f}, where {float(promised):.1e} is"
        " promised.",
    )


def check_t_finds_the_best_coreset() -> Verdict:
    size, good, bad = 120, Fraction(1, 500), Fraction(1, 50)
    # errors 0 or 1: both unseen is a tie, which the draw's order decides
    tie = (1 - good - bad) ** size
    return Verdict(
        claim="The coreset that is best on T is within a constant factor of the best.",
        kind=Kind.FINDING,
        whose=Whose.PAPER,
        mended="It is within 1/4 + 1/4, added; a factor needs |T| of the order of one"
        " over the error.",
        truth=Truth.of(float(tie) / 2 <= 0.1 / (4 * 410)),
        expected=Truth.FALSE,
        evidence=f"Mean errors {good} and {bad} look alike on {size} rows with"
        f" probability {float(tie):.3f}, and the worse one is kept in half of"
        " these cases.",
    )


def check_markov_gives_tau() -> Verdict:
    mean = sympy.Symbol("mu", positive=True)
    above = mean / (sympy.Rational(10, 9) * mean)
    worst = max(
        (mpf(9) / 10) ** amplification_trials(d, neurons=n) / (mpf(d) / (4 * n))
        for d, n in product((0.5, 0.1, 1e-9), (1, 410, 10**6))
    )
    return Verdict(
        claim="All of tau coresets are above 10/9 of the mean error with probability at"
        " most delta/(4 eta).",
        kind=Kind.DERIVATION,
        truth=Truth.of(above == sympy.Rational(9, 10) and worst <= 1),
        evidence=f"Markov: one is with at most {above}; (9/10)^tau is at most"
        f" {float(worst):.3f} delta/(4 eta) on a grid.",
    )


def check_mean_error_of_a_draw() -> Verdict:
    m, e = sympy.symbols("m epsilon", positive=True)
    s, k, q = sympy.symbols("S K Q", positive=True)
    root = sympy.sqrt(3 * s * k / m)  # Jensen, with the variance 3 K S z^2/m
    mean = sympy.simplify(root.subs(m, 8 * s * k * q / e**2) * sympy.sqrt(q) / e)
    x = sympy.Symbol("x", positive=True)
    # the exponent is at least Q (x/eps)^2 up to eps: integrate 2 exp(-Q (x/eps)^2)
    tail = sympy.integrate(2 * sympy.exp(-(x**2)), (x, 0, sympy.oo))
    return Verdict(
        claim="With the m of the lemma a draw errs on average by at most 0.612"
        " eps/sqrt(Q), where integrating the tail gives 1.77 and the paper has 5.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        truth=Truth.of(
            same(mean, sympy.sqrt(6) / 4)
            and same(tail, sympy.sqrt(sympy.pi))
            and bool(mean < tail)
            and bool(tail < 5)
        ),
        evidence=f"sympy: sqrt(3 S K/m) is {mean} = {float(mean):.4f} times"
        f" eps/sqrt(Q), the integral {tail} = {float(tail):.2f}.",
    )


def check_size_without_the_weights() -> Verdict:
    layers, hat, rows, q, e = sympy.symbols("L D rows q epsilon", positive=True)
    row = 32 * (layers - 1) ** 2 * hat**2 * q / e**2
    free = same(row * 2 * rows, 64 * (layers - 1) ** 2 * hat**2 * rows * q / e**2)
    return Verdict(
        claim="Without looking at the weights, a row keeps at most ceil(64 (L-1)^2 D^2"
        " |S| K Q/eps^2) + 1.",
        kind=Kind.FINDING,
        whose=Whose.NOTES,
        truth=Truth.of(free),
        evidence="S_i <= 2 |S|, both signs, and sympy: 32 times 2; Delta-hat still"
        " hangs on them.",
    )


def check_a_net_of_the_same_labels_meets_the_guarantee() -> Verdict:
    f, small = (Fraction(2), Fraction(-1, 1000)), (Fraction(2), Fraction(1, 1000))
    labels = [max(range(2), key=lambda i: out[i]) for out in (f, small)]
    worst = max(abs(b / a - 1) for a, b in zip(f, small, strict=True))
    return Verdict(
        claim="A compressed net that gives every row the label of the original is"
        " within 1 +- eps of it for some eps < 1.",
        kind=Kind.FINDING,
        whose=Whose.TEMPTING,
        mended="The guarantee is on each output and forces every sign; what is"
        " certified of a small net are the errors it makes itself.",
        truth=Truth.of(labels[0] == labels[1] and worst < 1),
        expected=Truth.FALSE,
        evidence="Outputs (2, -1/1000) and (2, 1/1000) give the same label, and the"
        f" second is off by {worst} times itself.",
    )
