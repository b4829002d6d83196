"""The measures of Neyshabur et al. 2017 by name, all of them logarithms."""

from collections.abc import Callable

import numpy as np

from nonvacuous.measures import _exploring as e
from nonvacuous.measures._facts import Facts
from nonvacuous.measures._formulas import over_margin
from nonvacuous.measures._layers import log_path_norm
from nonvacuous.measures._registry import NEYSHABUR, Measure
from nonvacuous.nets import Floats

__all__ = ["ALL_NEYSHABUR"]

_NORMS: dict[str, tuple[str, Callable[[Facts], Floats]]] = {
    "l1-max": (r"\|W_i\|_{1,\infty}", lambda t: t.weights.group(1, np.inf)),
    "frobenius": (r"\|W_i\|_F", lambda t: t.weights.frobenius),
    "l3-1.5": (r"\|W_i\|_{3,1.5}", lambda t: t.weights.group(3, 1.5)),
    "spectral": (r"s_i", lambda t: t.weights.spectral),
    "schatten-1.5": (r"\|W_i\|_{S_{1.5}}", lambda t: t.weights.schatten(1.5)),
    "trace": (r"\|W_i\|_{S_1}", lambda t: t.weights.schatten(1)),
}


def _product(name: str) -> Measure:
    symbol, norms = _NORMS[name]
    return Measure(
        name=f"log-{name}-over-margin",
        equation="measures.py",
        formula=rf"\ln \prod_i {symbol} / \gamma",
        needs=frozenset({"rows"}),
        source=NEYSHABUR,
        read=True,
        compute=lambda t: e.log_norms_over_margin(norms(t), t.margin),
    )


def _path(p: float) -> Measure:
    return Measure(
        name=f"log-l{p:g}-path-over-margin",
        equation="measures.py",
        formula=rf"\ln (\sum_k f_{{|w|^{{{p:g}}}}}(\mathbf{{1}})_k)^{{1/{p:g}}}"
        r" / \gamma",
        needs=frozenset({"rows"}),
        source=NEYSHABUR,
        read=True,
        compute=lambda t: over_margin(log_path_norm(t.network, p) / p, t.margin, 1),
    )


def _capacity(name: str, root: float) -> Measure:
    symbol, norms = _NORMS[name]
    return Measure(
        name=f"log-{name}-capacity",
        equation="measures.py",
        formula=rf"\ln \sqrt{{d + \ln \eta^1}} \prod_i {symbol}"
        rf" / (\gamma m^{{1/{root:g}}})",
        needs=frozenset({"rows"}),
        source=NEYSHABUR,
        read=True,
        compute=lambda t: e.log_norm_capacity(
            norms(t), t.margin, t.network.sizes[0], t.m, root
        ),
    )


ALL_NEYSHABUR: tuple[Measure, ...] = (
    *map(_product, _NORMS),
    *map(_path, (1, 1.5, 2)),
    _capacity("l1-max", 2),
    _capacity("frobenius", 2),
    _capacity("l3-1.5", 3),
    Measure(
        name="log-spectral-l2-1-capacity",
        equation="measures.py",
        formula=r"\ln \frac{\ln m \ln N \prod_i s_i}{\gamma \sqrt m}"
        r" (\sum_i (\|W_i - W_{i,0}\|_{2,1} / s_i)^{2/3})^{3/2}",
        needs=frozenset({"rows", "initial"}),
        source=NEYSHABUR,
        read=True,
        compute=lambda t: e.log_spectral_capacity(
            t.weights.spectral,
            t.moved.group(2, 1),
            t.margin,
            t.network.parameters,
            t.m,
        ),
    ),
    Measure(
        name="log-spectral-frobenius-capacity",
        equation="measures.py",
        formula=r"\ln \frac{d \prod_i s_i}{\gamma \sqrt m}"
        r" (\sum_i h_i \|W_i - W_{i,0}\|_F^2 / s_i^2)^{1/2}",
        needs=frozenset({"rows", "initial"}),
        source=NEYSHABUR,
        read=True,
        compute=lambda t: e.log_spectral_frobenius_capacity(
            t.weights.spectral,
            t.moved.frobenius,
            np.array(t.network.sizes[1:], dtype=np.float64),
            t.margin,
            t.m,
        ),
    ),
)
