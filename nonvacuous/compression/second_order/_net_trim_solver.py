r"""A first-order method for Net-Trim's convex program, all neurons of a layer at once.

.. math::
    \min_U \|U\|_1 \quad \text{s.t.} \quad
    \|(X U - T)_\Omega\|_F \le \epsilon, \qquad (X U)_{\Omega^c} \le T_{\Omega^c}

The alternating direction method of multipliers splits it into V = W, soft thresholds,
and Z = X W, projections; W solves one least-squares problem, whose matrix
:math:`I + X^\top X` is factored once for all neurons, tolerances and penalties.
Columns of X are scaled to unit norm and T to unit norm on :math:`\Omega`.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from nonvacuous.nets import Floats

__all__ = ["ACCURACY", "Program", "State", "solve"]

ACCURACY = 1e-3
"""Relative residual at which the method stops, unless told otherwise."""

_RELAXATION = 1.7
_BALANCE = 4.0  # the primal residual is the slower one: it is held this much smaller
_CHECK = 10  # iterations between two looks at the residuals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """The data of the program, scaled, and the factor that every step uses.

    Attributes:
        inputs: X with columns of unit norm, (rows, inputs).
        target: T divided by its norm on the active entries, (rows, neurons).
        active: Omega, (rows, neurons).
        cost: of each input in the scaled l1 norm, (inputs, 1); 0 for a free one.
        scale: turns the scaled variable into U, (inputs, 1).
        size: the norm of T on the active entries.
        factor: of I + X^T X, for :func:`scipy.linalg.cho_solve`.
    """

    inputs: Floats
    target: Floats
    active: NDArray[np.bool_]
    cost: Floats
    scale: Floats
    size: float
    factor: Any

    @classmethod
    def of(
        cls,
        inputs: Floats,
        target: Floats,
        active: NDArray[np.bool_],
        free: NDArray[np.bool_],
    ) -> "Program":
        """The program of unscaled data.

        Args:
            inputs: X, (rows, inputs), no column of zeros.
            target: T, (rows, neurons): values where active, upper bounds elsewhere;
                not zero on all active entries.
            active: Omega, (rows, neurons).
            free: inputs that do not count in the l1 norm, (inputs,).

        Returns:
            The program.
        """
        norms = np.linalg.norm(inputs, axis=0)
        scaled = inputs / norms
        size = float(np.linalg.norm(target[active]))
        cost = np.where(free, 0.0, norms.mean() / norms)
        gram = scaled.T @ scaled
        return cls(
            inputs=scaled,
            target=target / size,
            active=active,
            cost=cost[:, None],
            scale=(size / norms)[:, None],
            size=size,
            factor=linalg.cho_factor(gram + np.eye(len(gram))),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """Where the method stands: V and Z, their scaled multipliers, and the penalty.

    ``primal`` and ``dual`` are the relative residuals of the last iteration, and
    ``changes`` counts how often the penalty has changed.
    """

    v: Floats
    z: Floats
    dual_v: Floats
    dual_z: Floats
    penalty: float
    primal: float
    dual: float
    changes: int

    @classmethod
    def start(cls, program: Program) -> "State":
        """Zero."""
        shape = (program.inputs.shape[1], program.target.shape[1])
        return cls(
            v=np.zeros(shape),
            z=np.zeros_like(program.target),
            dual_v=np.zeros(shape),
            dual_z=np.zeros_like(program.target),
            penalty=100.0,
            primal=math.inf,
            dual=math.inf,
            changes=0,
        )

    def close(self, accuracy: float = ACCURACY) -> bool:
        """Whether the primal residual is at most that, and the dual one four times."""
        return self.primal <= accuracy and self.dual <= _BALANCE * accuracy


def solve(
    program: Program,
    tolerance: float,
    state: State,
    *,
    accuracy: float = ACCURACY,
    limit: int = 1000,
) -> State:
    """Iterate until the residuals are small.

    Args:
        program: what to solve.
        tolerance: epsilon divided by the norm of T on the active entries.
        state: where to start, for instance where another tolerance ended.
        accuracy: relative size of the primal residual to stop at; the dual one may be
            four times that.
        limit: iterations at most.

    Returns:
        The state at the end.  Its sparse V, times ``program.scale``, is the solution;
        it violates the constraints by about `accuracy`, relative to T.

    Source: as the authors' solver (DNNToolBox/Net-Trim), but for scaling,
    over-relaxation and the balanced penalty (Boyd et al. 2011, 3.4, recalled).
    """
    for _ in range(0, limit, _CHECK):
        state = _advanced(program, tolerance, state)
        if state.close(accuracy):
            break
    return state


def _advanced(program: Program, tolerance: float, state: State) -> State:
    """The state a few iterations later, with the penalty balanced for the next."""
    a, penalty = program.inputs, state.penalty
    v, z, dual_v, dual_z = state.v, state.z, state.dual_v, state.dual_z
    for _ in range(_CHECK):
        w = linalg.cho_solve(program.factor, a.T @ (z + dual_z) + v + dual_v)
        product = a @ w
        old_v, old_z = v, z
        r = _RELAXATION * product
        r += (1 - _RELAXATION) * z
        r -= dual_z
        r -= program.target
        z, dual_z = _project(r, program, tolerance)
        r = _RELAXATION * w + (1 - _RELAXATION) * v - dual_v
        v = np.sign(r) * np.maximum(np.abs(r) - program.cost / penalty, 0.0)
        dual_v = v - r
    primal = _ratio(_norm(z - product, v - w), max(_norm(product, w), _norm(z, v)))
    dual = _ratio(_norm(a.T @ (z - old_z) + v - old_v), _norm(dual_v))
    change = _change(_ratio(_BALANCE * primal, dual), state.changes)
    return State(
        v=v,
        z=z,
        dual_v=dual_v / change,
        dual_z=dual_z / change,
        penalty=penalty * change,
        primal=primal,
        dual=dual,
        changes=state.changes + (change != 1.0),
    )


def _project(r: Floats, program: Program, tolerance: float) -> tuple[Floats, Floats]:
    """The point of the constraints nearest to T + r, and how far it is from there."""
    inside = np.where(program.active, r, 0.0)
    distance = float(np.linalg.norm(inside))
    shrink = min(1.0, tolerance / distance) if distance else 1.0
    moved = np.where(program.active, shrink * inside, np.minimum(r, 0.0))
    return program.target + moved, moved - r


def _change(ratio: float, changes: int) -> float:
    """The factor of the penalty; ever nearer to 1, so that the method converges."""
    if ratio == 0.0 or 0.5 <= ratio <= 2.0:
        return 1.0
    wanted = min(max(ratio**0.5, 0.2), 5.0)
    return float(wanted ** (1 / (1 + (changes / 5) ** 2)))


def _norm(*parts: Floats) -> float:
    return math.sqrt(sum(float(np.vdot(p, p)) for p in parts))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
