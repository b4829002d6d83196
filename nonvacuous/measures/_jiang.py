r"""The measures of Jiang et al. 2020, with the numbers of their equations.

Rows marked ``read`` follow measures.py and experiment_config.py of
nitarshan/robust-generalization-measures at 8e90129; the others are recalled, and of
(63) to (67) the order is not known to us.  Where that code takes the absolute value of
the margin, measures over a margin that is not above 0 are infinite here.  Weights are
matrices without biases, as there; noise is on biases too, as there.
"""

import math
from collections.abc import Callable

from nonvacuous.measures import _formulas as f
from nonvacuous.measures._facts import Facts
from nonvacuous.measures._layers import log_path_norm
from nonvacuous.measures._optimisation import TrainingLog, steps_to
from nonvacuous.measures._outputs import (
    fisher_rao,
    gradient_noise,
    negative_entropy,
)
from nonvacuous.measures._registry import JIANG, Measure

__all__ = ["ALL_JIANG"]


def _log(facts: Facts) -> TrainingLog:
    if facts.log is None:
        raise ValueError("log must be a TrainingLog, got None")
    return facts.log


def _first_epoch(facts: Facts) -> float:
    net = _log(facts).first_epoch
    if net is None:
        raise ValueError("log.first_epoch must be a net, got None")
    return gradient_noise(net, facts.rows)


def _steps_between(facts: Facts) -> float:
    last = steps_to(_log(facts), 0.01)
    return last if last == math.inf else last - steps_to(_log(facts), 0.1)


def _spec(facts: Facts) -> float:
    return f.log_product(facts.weights.spectral)


def _fro(facts: Facts) -> float:
    return f.log_product(facts.weights.frobenius)


def _spec_main(facts: Facts, squares: float) -> float:
    over = f.over_margin(_spec(facts), facts.margin)
    if over == math.inf:
        return over
    return over + math.log(squares) if squares > 0 else -math.inf


def _norm2(facts: Facts) -> float:
    return float((facts.weights.frobenius**2).sum())


def _move2(facts: Facts) -> float:
    return float((facts.moved.frobenius**2).sum())


def _path(facts: Facts) -> float:
    return log_path_norm(facts.network)


def _ratio(facts: Facts) -> float:
    return f.sum_of_ratios(facts.weights.frobenius, facts.weights.spectral)


def _moved_ratio(facts: Facts) -> float:
    return f.sum_of_ratios(facts.moved.frobenius, facts.weights.spectral)


def _sharp(facts: Facts, squared: float) -> float:
    omega = facts.weights.vector.size
    return f.sharpness(squared, facts.alpha.value, omega, facts.m, facts.delta)


def _sharp_magnitude(facts: Facts, squared: float) -> float:
    moves, alpha = facts.moved.vector, facts.alpha_magnitude.value
    return f.sharpness_magnitude(squared, moves, alpha, facts.m, facts.delta)


def _bayes_magnitude(facts: Facts, squared: float) -> float:
    sigma = facts.sigma_magnitude.value
    return f.pacbayes_magnitude(squared, facts.moved.vector, sigma, facts.m)


def _row(
    equation: str,
    name: str,
    needs: str,
    formula: str,
    compute: Callable[[Facts], float],
) -> Measure:
    """A measure; a question mark after the equation says that it is recalled."""
    return Measure(
        name=name,
        equation=equation.removesuffix("?"),
        formula=formula,
        needs=frozenset(filter(None, needs.split(", "))),
        source=JIANG,
        read=not equation.endswith("?"),
        compute=compute,
    )


ALL_JIANG: tuple[Measure, ...] = (
    _row(
        "19?",
        "log-vc",
        "",
        r"\ln (4000 \sqrt{d \log_2(6ds)^3 \omega} + \sqrt{\ln(1/\delta)})^2",
        lambda t: f.log_vc(t.network.sizes, t.delta),
    ),
    _row("20", "parameters", "", r"\omega", lambda t: float(t.weights.vector.size)),
    _row(
        "22",
        "inverse-margin",
        "rows",
        r"1 / \gamma^2",
        lambda t: f.inverse_square(t.margin),
    ),
    _row(
        "23?",
        "negative-entropy",
        "rows",
        r"\frac1m \sum_{i,k} p_k(x_i) \ln p_k(x_i)",
        lambda t: negative_entropy(t.network, t.rows),
    ),
    _row(
        "29",
        "log-spec-init-main",
        "rows, initial",
        r"\ln \frac{\prod_i s_i^2}{\gamma^2} \sum_i \frac{\|W_i - "
        r"W_{i,0}\|_F^2}{s_i^2}",
        lambda t: _spec_main(t, _moved_ratio(t)),
    ),
    _row(
        "30",
        "log-spec-orig-main",
        "rows",
        r"\ln \frac{\prod_i s_i^2}{\gamma^2} \sum_i \frac{\|W_i\|_F^2}{s_i^2}",
        lambda t: _spec_main(t, _ratio(t)),
    ),
    _row(
        "31",
        "log-prod-of-spec-over-margin",
        "rows",
        r"\ln \prod_i s_i^2 / \gamma^2",
        lambda t: f.over_margin(_spec(t), t.margin),
    ),
    _row("32", "log-prod-of-spec", "", r"\ln \prod_i s_i^2", _spec),
    _row("33", "fro-over-spec", "", r"\sum_i \|W_i\|_F^2 / s_i^2", _ratio),
    _row(
        "34",
        "log-sum-of-spec-over-margin",
        "rows",
        r"\ln d (\prod_i s_i^2 / \gamma^2)^{1/d}",
        lambda t: f.log_sum(f.over_margin(_spec(t), t.margin), t.layers),
    ),
    _row(
        "35",
        "log-sum-of-spec",
        "",
        r"\ln d (\prod_i s_i^2)^{1/d}",
        lambda t: f.log_sum(_spec(t), t.layers),
    ),
    _row(
        "36",
        "log-prod-of-fro-over-margin",
        "rows",
        r"\ln \prod_i \|W_i\|_F^2 / \gamma^2",
        lambda t: f.over_margin(_fro(t), t.margin),
    ),
    _row("37", "log-prod-of-fro", "", r"\ln \prod_i \|W_i\|_F^2", _fro),
    _row(
        "38",
        "log-sum-of-fro-over-margin",
        "rows",
        r"\ln d (\prod_i \|W_i\|_F^2 / \gamma^2)^{1/d}",
        lambda t: f.log_sum(f.over_margin(_fro(t), t.margin), t.layers),
    ),
    _row(
        "39",
        "log-sum-of-fro",
        "",
        r"\ln d (\prod_i \|W_i\|_F^2)^{1/d}",
        lambda t: f.log_sum(_fro(t), t.layers),
    ),
    _row("40", "fro-dist", "initial", r"\sum_i \|W_i - W_{i,0}\|_F^2", _move2),
    _row(
        "41",
        "dist-spec-init",
        "initial",
        r"\sum_i \|W_i - W_{i,0}\|_2^2",
        lambda t: float((t.moved.spectral**2).sum()),
    ),
    _row("42", "param-norm", "", r"\sum_i \|W_i\|_F^2", _norm2),
    _row(
        "43",
        "log-path-norm-over-margin",
        "rows",
        r"\ln \sum_k f_{w^2}(\mathbf{1})_k / \gamma^2",
        lambda t: f.over_margin(_path(t), t.margin),
    ),
    _row("44", "log-path-norm", "", r"\ln \sum_k f_{w^2}(\mathbf{1})_k", _path),
    _row(
        "45?",
        "fisher-rao",
        "rows",
        r"\frac{(d+1)^2}{m} \sum_i \langle w, \nabla_w \ell_i \rangle^2",
        lambda t: fisher_rao(t.network, t.rows),
    ),
    _row(
        "48",
        "pacbayes-init",
        "rows, initial, sigma",
        r"\frac{\|w - w_0\|^2}{4 \sigma^2} + \ln \frac{m}{\sigma} + 10",
        lambda t: f.pacbayes(_move2(t), t.sigma.value, t.m),
    ),
    _row(
        "49",
        "pacbayes-orig",
        "rows, sigma",
        r"\frac{\|w\|^2}{4 \sigma^2} + \ln \frac{m}{\sigma} + 10",
        lambda t: f.pacbayes(_norm2(t), t.sigma.value, t.m),
    ),
    _row(
        "51?",
        "sharpness-init",
        "rows, initial, alpha",
        r"\frac{\|w - w_0\|^2 \ln(2\omega)}{4 \alpha^2} + \ln "
        r"\frac{m}{\delta} + 10",
        lambda t: _sharp(t, _move2(t)),
    ),
    _row(
        "52?",
        "sharpness-orig",
        "rows, alpha",
        r"\frac{\|w\|^2 \ln(2\omega)}{4 \alpha^2} + \ln \frac{m}{\delta} + 10",
        lambda t: _sharp(t, _norm2(t)),
    ),
    _row(
        "53",
        "pacbayes-flatness",
        "rows, sigma",
        r"1 / \sigma^2",
        lambda t: f.inverse_square(t.sigma.value),
    ),
    _row(
        "54?",
        "sharpness-flatness",
        "rows, alpha",
        r"1 / \alpha^2",
        lambda t: f.inverse_square(t.alpha.value),
    ),
    _row(
        "56",
        "pacbayes-mag-init",
        "rows, initial, sigma",
        r"\frac14 \sum_i \ln \frac{\epsilon^2 + (\sigma'^2 + 1) \|w - "
        r"w_0\|^2 / \omega}{\epsilon^2 + \sigma'^2 (w_i - w_{0,i})^2} + \ln "
        r"\frac{m}{\sigma'} + 10",
        lambda t: _bayes_magnitude(t, _move2(t)),
    ),
    _row(
        "57",
        "pacbayes-mag-orig",
        "rows, initial, sigma",
        r"\frac14 \sum_i \ln \frac{\epsilon^2 + (\sigma'^2 + 1) \|w\|^2 / "
        r"\omega}{\epsilon^2 + \sigma'^2 (w_i - w_{0,i})^2} + \ln "
        r"\frac{m}{\sigma'} + 10",
        lambda t: _bayes_magnitude(t, _norm2(t)),
    ),
    _row(
        "59?",
        "sharpness-mag-init",
        "rows, initial, alpha",
        r"\frac14 \sum_i \ln \frac{\epsilon^2 + (\alpha'^2 + 4 "
        r"\ln(2\omega/\delta)) \|w - w_0\|^2 / \omega}{\epsilon^2 + "
        r"\alpha'^2 (w_i - w_{0,i})^2} + \ln \frac{m}{\delta} + 10",
        lambda t: _sharp_magnitude(t, _move2(t)),
    ),
    _row(
        "60?",
        "sharpness-mag-orig",
        "rows, initial, alpha",
        r"\frac14 \sum_i \ln \frac{\epsilon^2 + (\alpha'^2 + 4 "
        r"\ln(2\omega/\delta)) \|w\|^2 / \omega}{\epsilon^2 + \alpha'^2 (w_i "
        r"- w_{0,i})^2} + \ln \frac{m}{\delta} + 10",
        lambda t: _sharp_magnitude(t, _norm2(t)),
    ),
    _row(
        "61",
        "pacbayes-mag-flatness",
        "rows, sigma",
        r"1 / \sigma'^2",
        lambda t: f.inverse_square(t.sigma_magnitude.value),
    ),
    _row(
        "62?",
        "sharpness-mag-flatness",
        "rows, alpha",
        r"1 / \alpha'^2",
        lambda t: f.inverse_square(t.alpha_magnitude.value),
    ),
    _row(
        "63-67?",
        "steps-to-0.1",
        "log",
        r"\min\{t : \hat\ell_t \le 0.1\}",
        lambda t: steps_to(_log(t), 0.1),
    ),
    _row(
        "63-67?",
        "steps-0.1-to-0.01",
        "log",
        r"\min\{t : \hat\ell_t \le 0.01\} - \min\{t : \hat\ell_t \le 0.1\}",
        _steps_between,
    ),
    _row(
        "63-67?",
        "gradient-noise-first-epoch",
        "rows, first epoch",
        r"\mathrm{Var}_i \nabla_w \ell_i(w_1)",
        _first_epoch,
    ),
    _row(
        "63-67?",
        "gradient-noise-final",
        "rows",
        r"\mathrm{Var}_i \nabla_w \ell_i(w)",
        lambda t: gradient_noise(t.network, t.rows),
    ),
)
