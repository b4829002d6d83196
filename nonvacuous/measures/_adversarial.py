r"""How far the worst weights may be in a box: alpha, plain or by magnitude.

.. math:: \alpha = \max\{a : \max_{|u_i| \le a s_i} \hat R_S(w + u) - \hat R_S(w)
   \le 0.1\}

with :math:`s_i = 1`, or :math:`|w_i| + \epsilon` by magnitude.  The inner maximum is
searched by ascents from corner to corner of the box along the sign of the gradient of
the cross-entropy, which finds no more than the maximum: alpha here is an upper bound
of the alpha of the definition.

Source: Jiang et al. 2020, recalled; they ascend too, with steps that we do not know.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from nonvacuous.measures._gaussian import Sharpness, Spread, _check
from nonvacuous.measures._passes import Passes, Single

__all__ = ["Ascent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ascent:
    """Bisection on the size of the box, with at most `ascents` gradients a step."""

    steps: int = 15
    ascents: int = 4
    target: float = 0.1
    tolerance: float = 0.01
    upper: float = 2.0

    def __post_init__(self) -> None:
        _check(self.target, self.tolerance, self.upper)
        if self.steps < 1 or self.ascents < 1:
            raise ValueError(
                "an ascent needs steps >= 1 and ascents >= 1, got"
                f" {self.steps}, {self.ascents}"
            )

    def find(self, passes: Passes, spread: Spread) -> Sharpness:
        """Alpha by bisection on [0, upper].

        Args:
            passes: net and rows.
            spread: shape of the box.

        Returns:
            The last alpha tried, and the largest increase found in its box.
        """
        start, taken = passes.done, 1
        base, first = passes.gradient(passes.parameters)
        lower, upper, sides = 0.0, self.upper, set()
        for step in itertools.count(1):
            alpha = (lower + upper) / 2
            increase, gradients = self._worst(passes, spread, alpha, base, first)
            taken += gradients
            sides.add(increase > self.target)
            close = abs(increase - self.target) < self.tolerance
            if close or step == self.steps:
                break
            if increase > self.target:
                upper = alpha
            else:
                lower = alpha
        return Sharpness(
            value=alpha,
            increase=increase,
            width=math.nan,
            draws=taken,
            passes=passes.done - start,
            bracketed=close or len(sides) == 2,
        )

    def _worst(
        self,
        passes: Passes,
        spread: Spread,
        alpha: float,
        base: float,
        gradient: list[tuple[Single, Single | None]],
    ) -> tuple[float, int]:
        """The largest increase that ascents in one box find, and gradients taken."""
        worst = -1.0
        for taken in range(self.ascents):
            at = [
                (
                    _corner(w, g, spread, alpha),
                    None if b is None or d is None else _corner(b, d, spread, alpha),
                )
                for (w, b), (g, d) in zip(passes.parameters, gradient, strict=True)
            ]
            if taken + 1 == self.ascents:
                return max(worst, passes.error(at) - base), taken
            error, gradient = passes.gradient(at)
            worst = max(worst, error - base)
            if worst > self.target + self.tolerance:
                return worst, taken + 1
        return worst, self.ascents


def _corner(
    parameter: Single, gradient: Single, spread: Spread, alpha: float
) -> Single:
    """The parameter moved to the corner of its box where the loss rises."""
    size: Single | np.float32 = np.float32(alpha)
    if spread.magnitude:
        box = np.abs(parameter) + np.float32(spread.floor)
        size = np.asarray(size * box, dtype=np.float32)
    return parameter + size * np.sign(gradient)
