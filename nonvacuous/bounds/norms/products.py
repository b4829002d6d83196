r"""Bounds by one norm of the whole net: products of Frobenius norms, sums over paths.

All of them bound the same thing.  The margin is a :math:`\sqrt2`-Lipschitz function of
the outputs, so that by vector contraction (Maurer 2016) the ramp's complexity is at
most, with :math:`\varepsilon_i \in \{-1, 1\}^{\eta^L}` uniform,

.. math:: \frac{2}{\gamma n}\, \mathbb E \sup_W
          \sum_{i, k} \varepsilon_{ik} f_W(x_i)_k .

*Frobenius.*  The last layer leaves :math:`\prod_l \|W_l\|_F \sqrt{\eta^L} (E
T^2)^{1/2}`, T the largest norm of :math:`\sum_i \varepsilon_i \phi(x_i)` over nets
:math:`\phi` of :math:`d - 1` layers and unit norms.  Peeling a layer off :math:`E
g(T)`, g convex and increasing, costs a factor 2.  Neyshabur et al. peel the first
moment, and pay :math:`2^{d-1}`; with :math:`g(t) = t^2` it is :math:`E T^2 \le 2^{d-1}
\|X\|^2` (derived here). Golowich et al. peel :math:`g(t) = e^{\lambda t}` and get a
tail instead (derived in :func:`kappa`, from the paper's lemma).

*Paths.*  Hidden units can be rescaled so that the absolute weights into each sum to 1;
then those into the outputs sum to the path norm :math:`\phi_1`.  By duality what is
left is the largest of :math:`\eta^L \eta^1` sums over inputs, at a factor 2 for each
hidden layer: :math:`E e^{\lambda T} \le \eta^L \eta^1 2^d e^{\lambda^2 \phi_1^2 v / 2}`
with :math:`v = \max_j \sum_i x_{ij}^2` (derived here; for one output it is below the
constants that Golowich et al. print).

A net times a constant has the same margins times that constant, so norm and margin
enter by their ratio alone: one grid covers them both, and every margin at once.
"""

import math
from collections.abc import Callable

from scipy.special import erfcx

from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
    Verdict,
)
from nonvacuous.bounds.norms._margins import (
    SHARED,
    deviation,
    ladder,
    margin_error,
    outward,
)
from nonvacuous.evidence import NormFit

__all__ = [
    "frobenius_complexity",
    "frobenius_margin",
    "golowich_complexity",
    "golowich_margin",
    "kappa",
    "multiclass_frobenius",
    "multiclass_path",
    "path_margin",
    "row_sum_complexity",
    "row_sum_margin",
]


def kappa(depth: int) -> float:
    r"""What `depth` peeled layers cost the root of the second moment.

    .. math:: \kappa(k)^2 = (1 + u_0)^2 + 2
              + 2 e^{u_0^2/2} \int_{u_0}^\infty e^{-u^2/2} du, \quad
              u_0 = \sqrt{2 k \ln 2}

    From :math:`P(T > \|X\| (1 + u)) \le 2^k e^{-u^2/2}`, trusted beyond :math:`u_0`.

    Args:
        depth: layers peeled, at least 0.

    Returns:
        A factor on the product of norms, rounded up.

    >>> kappa(1)
    2.81770165...
    """
    u = math.sqrt(2 * depth * math.log(2.0))
    mills = math.sqrt(math.pi / 2) * float(erfcx(u / math.sqrt(2.0)))
    return outward(math.sqrt((1 + u) ** 2 + 2 + 2 * mills))


def frobenius_complexity(norm: float, largest_row: float, n: int, layers: int) -> float:
    r"""Neyshabur et al. 2015, one output.

    .. math:: 2^{d-1} \lVert h \rVert \max_i \|x_i\| / \sqrt n

    Args:
        norm: product of the layers' Frobenius norms.
        largest_row: largest Euclidean norm of a row.
        n: rows.
        layers: weight layers.

    Returns:
        An upper bound on the empirical Rademacher complexity.
    """
    return outward(2.0 ** (layers - 1) * norm * largest_row / math.sqrt(n))


def golowich_complexity(norm: float, row_norm: float, n: int, layers: int) -> float:
    r"""Golowich et al. 2018, one output.

    .. math:: (\sqrt{2 d \ln 2} + 1) \lVert h \rVert \|X\|_F / n

    Args:
        norm: product of the layers' Frobenius norms.
        row_norm: Frobenius norm of the sample.
        n: rows.
        layers: weight layers.

    Returns:
        An upper bound on the empirical Rademacher complexity.
    """
    return outward((math.sqrt(2 * math.log(2) * layers) + 1) * norm * row_norm / n)


def row_sum_complexity(
    norm: float, column_norm: float, n: int, layers: int, inputs: int
) -> float:
    r"""Golowich et al. 2018, one output.

    .. math:: \tfrac2n \lVert h \rVert \sqrt{d + 1 + \ln \eta^1}
              \sqrt{\max_j \textstyle\sum_i x_{ij}^2}

    Args:
        norm: product over the layers of the largest sum of absolute incoming weights.
        column_norm: root of the largest sum of squares of one feature.
        n: rows.
        layers: weight layers.
        inputs: features.

    Returns:
        An upper bound on the empirical Rademacher complexity.
    """
    root = math.sqrt(layers + 1 + math.log(inputs))
    return outward(2 * norm * root * column_norm / n)


def multiclass_frobenius(ratio: float, fit: NormFit, factor: float) -> float:
    r"""Complexity of the ramp.

    .. math:: \tfrac{2 \sqrt{\eta^L}}{n} \tfrac{\lVert h \rVert}{\gamma}\, c\, \|X\|_F

    Args:
        ratio: a budget for the product of Frobenius norms over the margin.
        fit: the sample and the architecture.
        factor: :math:`c`, what peeling the hidden layers costs.

    Returns:
        The number, rounded up.
    """
    root = math.sqrt(fit.classes)
    return outward(2 * root * ratio * factor * fit.row_norm / fit.trials)


def multiclass_path(ratio: float, fit: NormFit) -> float:
    r"""Complexity of the ramp.

    .. math:: \tfrac2n \tfrac{\lVert h \rVert}{\gamma}
              \sqrt{2 v (d \ln 2 + \ln(\eta^L \eta^1))}

    Args:
        ratio: a budget for the sum over paths, all outputs together, over the margin.
        fit: the sample and the architecture; its ``row_norm`` is the root of v.

    Returns:
        The number, rounded up.
    """
    logs = fit.layers * math.log(2.0) + math.log(fit.classes * fit.inputs)
    return outward(2 * ratio * math.sqrt(2 * logs) * fit.row_norm / fit.trials)


Complexity = Callable[[float, NormFit], float]


def _peeled(ratio: float, fit: NormFit) -> float:
    return multiclass_frobenius(ratio, fit, outward(2.0 ** ((fit.layers - 1) / 2)))


def _tailed(ratio: float, fit: NormFit) -> float:
    return multiclass_frobenius(ratio, fit, kappa(fit.layers - 1))


def _best(complexity: Complexity, fit: NormFit, delta: float) -> dict[str, float]:
    """The rung of the ladder whose bound is least."""
    rungs = (
        {
            "margin error": margin_error(fit),
            "complexity": 2 * complexity(budget, fit),
            "deviation": deviation(fit.trials, delta, nats),
            "norm over margin, rounded up": budget,
            "nats of the grid": nats,
        }
        for budget, nats in ladder(outward(fit.norm / fit.margin))
    )
    best = min(rungs, key=_total)
    gap = best["complexity"] + best["deviation"]
    # everything falls like 1 / sqrt(n) while the mean square of the rows stays
    best["rows for a gap of 1/2"] = fit.trials * (2 * gap) ** 2
    return best


def _total(terms: dict[str, float]) -> float:
    sum_ = terms["margin error"] + terms["complexity"] + terms["deviation"]
    return outward(sum_)


def _named(kind: str) -> Assumption[NormFit]:
    def judge(fit: NormFit) -> tuple[Verdict, str]:
        if fit.kind != kind:
            return (
                Verdict.VIOLATED,
                f"the norm measured is {fit.kind!r}, this theorem's is {kind!r}",
            )
        return (Verdict.VOUCHED if fit.origin is None else Verdict.CHECKED), ""

    return Assumption(
        name="this-norm", statement=f"the norm measured is {kind}", judge=judge
    )


def _bound(
    name: str, kind: str, complexity: Complexity, says: str, key: str, where: str
) -> Bound[NormFit]:
    return Bound(
        name=name,
        statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h, \gamma:\; R(h) \le"
        r" \hat L_\gamma(h) + " + says + r" + 3 \sqrt{\tfrac{\ln(2/(\delta\,"
        r" \pi(j)))}{2n}} \,\Bigr] \ge 1 - \delta, \quad "
        r" 2^j \ge \lVert h \rVert / \gamma",
        source=Reference(key=key, where=where, fidelity=Fidelity.DERIVED),
        assumptions=(*SHARED, _named(kind)),
        about=About.ORIGINAL,
        formula=lambda fit, delta: _total(_best(complexity, fit, delta)),
        example=NormFit(
            margin_errors=6_000,
            trials=60_000,
            margin=4.0,
            kind=kind,
            norm=2.5,
            row_norm=2_300.0,
            layers=2,
            classes=10,
            inputs=785,
        ),
        rises=("margin_errors", "norm", "row_norm", "layers", "classes"),
        falls=("margin", "trials"),
        terms=lambda fit, delta: _best(complexity, fit, delta),
        uniform=True,
    )


frobenius_margin: Bound[NormFit] = _bound(
    "frobenius-margin",
    "frobenius",
    _peeled,
    r"\tfrac{4 \sqrt{\eta^L}}{n} 2^j\, 2^{(d-1)/2} \|X\|_F",
    "neyshabur2015norm",
    "the theorem on Frobenius norms, second moments in place of first, several classes",
)

golowich_margin: Bound[NormFit] = _bound(
    "frobenius-margin-golowich",
    "frobenius",
    _tailed,
    r"\tfrac{4 \sqrt{\eta^L}}{n} 2^j\, \kappa(d-1) \|X\|_F",
    "golowich2018size",
    "Theorem 1, for several classes with explicit constants",
)

path_margin: Bound[NormFit] = _bound(
    "path-norm-margin",
    "path",
    multiclass_path,
    r"\tfrac{4}{n} 2^j \sqrt{2 (d \ln 2 + \ln(\eta^L \eta^1))\,"
    r" \max_j \textstyle\sum_i x_{ij}^2}",
    "neyshabur2015norm",
    "path norms, by the l1 theorem of Golowich et al., for several classes",
)

row_sum_margin: Bound[NormFit] = _bound(
    "row-sum-margin",
    "row-sums",
    multiclass_path,
    r"\tfrac{4}{n} 2^j \sqrt{2 (d \ln 2 + \ln(\eta^L \eta^1))\,"
    r" \max_j \textstyle\sum_i x_{ij}^2}",
    "golowich2018size",
    "Theorem 2, for several classes with explicit constants",
)
