r"""Net-Trim: the weights of least :math:`\ell_1` norm that answer alike on the rows."""

import math
from dataclasses import dataclass, replace

import numpy as np

from nonvacuous._counting import check_fits
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._report import LayerReport, Report
from nonvacuous.compression._rows import Rows
from nonvacuous.compression._supports import budget, largest
from nonvacuous.compression.second_order._layerwise import check_settings
from nonvacuous.compression.second_order._net_trim_solver import Program, State, solve
from nonvacuous.nets import Floats, Layer, Network
from nonvacuous.structures._base import single

__all__ = ["NetTrim"]

_FLOOR = 1e-3  # the least tolerance that a budget is met with
_NEAR = 0.02  # relative distance from the budget that is near enough
_LOOKS = 50  # at the number of non-zeros
_INFLATION = 1.1**0.5  # of the cascade's tolerance, as in the authors' code


@dataclass(frozen=True, slots=True, kw_only=True)
class NetTrim(Compressor):
    r"""Solve one convex program for each layer, over all its neurons at once.

    With X the inputs of a hidden layer, Y what its ReLU gives and :math:`\Omega` where
    that is positive, the new weights minimise :math:`\|U\|_1` subject to

    .. math::
        \|(X U - Y)_\Omega\|_F \le \epsilon \|Y\|_F, \qquad (X U)_{\Omega^c} \le 0;

    the last layer has no ReLU and is all :math:`\Omega`.  A column of ones stands in X
    for the bias, which so becomes a variable too; it is outside the norm here, since a
    budget does not count it, and inside in the original.  A weight that is zero may
    come back.  Memory is O(rows * neurons) for each layer.

    With ``keep``, the tolerance of each layer is steered while the solver runs, until
    the number of non-zeros is near the budget, and then held; of what is over the
    budget in the end, the smallest weights are dropped.  Tolerances below 0.001 are not
    tried.  The program is solved to about 0.001 relative to Y.

    Attributes:
        rows: the sample whose inputs are used; labels are not.
        keep: share of each layer's weights to keep, in (0, 1].
        tolerance: epsilon instead, in (0, 1), the same for all layers.
        cascade: X comes from the trimmed layers before, Y from the original net, as in
            the paper's second scheme.  So that the original weights are feasible,
            the bound off :math:`\Omega` is what they give, if positive, and epsilon is
            at least :math:`\sqrt{1.1}` times the error that they make.  The authors'
            code has no "if positive" and takes that very epsilon.

    Source: Aghasi, Abdi, Nguyen & Romberg 2017, recalled; the form for all neurons at
    once, the relative tolerance and the bias as in the authors' code
    (DNNToolBox/Net-Trim).
    """

    rows: Rows
    keep: float | None = None
    tolerance: float | None = None
    cascade: bool = False

    def __post_init__(self) -> None:
        if (self.keep is None) == (self.tolerance is None):
            raise ValueError("NetTrim needs either keep or tolerance")
        check_settings(self.rows, 1.0 if self.keep is None else self.keep)
        if self.tolerance is not None and not 0 < self.tolerance < 1:
            raise ValueError(f"tolerance must lie in (0, 1), got {self.tolerance}")

    def apply(self, network: Network) -> Network:
        """The trimmed net, as a step of a pipeline."""
        return self.explain(network)[0]

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The trimmed net, and the tolerance and the error of each layer."""
        check_fits(network, self.rows.x, classes=0)
        wanted = self.rows.x.reshape(len(self.rows.x), -1).astype(np.float64)
        given, layers, report = wanted, [], []
        for i, layer in enumerate(network.layers):
            last = i + 1 == len(network.layers)
            wanted = _affine(layer, wanted)
            small, epsilon = self._trimmed(layer, given, wanted, last=last)
            if not network.double:
                small = _single(small)
            layers.append(small)
            given = _affine(small, given)
            if not last:
                wanted, given = np.maximum(wanted, 0.0), np.maximum(given, 0.0)
            report.append(_said(i, layer, small, epsilon, given, wanted))
            if not self.cascade:
                given = wanted
        return replace(network, layers=tuple(layers)), Report(layers=tuple(report))

    def _trimmed(
        self, layer: Layer, given: Floats, wanted: Floats, *, last: bool
    ) -> tuple[Layer, float]:
        """The layer that solves the program, and its tolerance."""
        original = _affine(layer, given)
        active = np.ones(wanted.shape, dtype=bool) if last else wanted > 0
        size = float(np.linalg.norm(wanted[active]))
        if size == 0.0:  # no neuron is ever active: nothing is needed
            bias = None if layer.bias is None else np.zeros_like(layer.bias)
            return Layer(weight=np.zeros_like(layer.weight), bias=bias), 0.0
        least = _INFLATION * float(np.linalg.norm((original - wanted)[active])) / size
        live = given.any(axis=0)
        columns, weights = given[:, live], int(live.sum())
        if layer.bias is not None:
            columns = np.column_stack([columns, np.ones(len(given))])
        program = Program.of(
            columns,
            np.where(active, wanted, np.maximum(original, 0.0)),
            active,
            np.arange(columns.shape[1]) >= weights,
        )
        count = layer.weight.size
        if self.keep is None:
            epsilon = max(self.tolerance or 0.0, least)
            state = solve(program, epsilon, State.start(program))
        else:
            count = budget(self.keep, count)
            state, epsilon = _meet(program, weights, count, max(_FLOOR, least))
        u = (state.v * program.scale).T
        weight = np.zeros_like(layer.weight)
        kept = largest(np.abs(u[:, :weights]), count)
        weight[:, live] = np.where(kept, u[:, :weights], 0.0)
        bias = None if layer.bias is None else u[:, -1]
        return Layer(weight=weight, bias=bias), epsilon


def _meet(
    program: Program, weights: int, count: int, least: float
) -> tuple[State, float]:
    """The state of a tolerance at which about `count` weights are not zero.

    The number of non-zeros is about proportional to the logarithm of the tolerance, so
    after every few iterations that is multiplied by count / non-zeros, to a power that
    falls from 1 to 0; the tolerance is held for the last iterations.
    """
    low = min(math.log(least), 0.0)
    log_epsilon = max(low, math.log(0.2))
    state = State.start(program)
    for look in range(_LOOKS):
        state = solve(program, math.exp(log_epsilon), state, limit=20)
        found = max(int(np.count_nonzero(state.v[:weights])), 1)
        change = (count / found) ** (1 / (1 + look / 10))
        wanted = max(low, log_epsilon * min(max(change, 2 / 3), 1.5))
        near = abs(found - count) <= _NEAR * count or wanted == log_epsilon
        if near and state.close():
            break
        log_epsilon = wanted
    epsilon = math.exp(log_epsilon)
    return solve(program, epsilon, state), epsilon


def _affine(layer: Layer, a: Floats) -> Floats:
    """What leaves a layer before the ReLU, (rows, outputs)."""
    z: Floats = a @ layer.weight.T
    return z if layer.bias is None else z + layer.bias


def _single(layer: Layer) -> Layer:
    bias = None if layer.bias is None else single(layer.bias)
    return Layer(weight=single(layer.weight), bias=bias)


def _said(
    i: int, layer: Layer, small: Layer, epsilon: float, found: Floats, wanted: Floats
) -> LayerReport:
    size = float(np.linalg.norm(wanted))
    error = float(np.linalg.norm(found - wanted)) / size if size else 0.0
    return LayerReport(
        layer=i + 1,
        edges=int(np.count_nonzero(layer.weight)),
        kept=small.kept,
        facts={"tolerance": epsilon, "relative error": error},
    )
