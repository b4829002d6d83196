r"""How much Gaussian noise on its weights a net endures: sigma, plain or by magnitude.

Sigma is the largest standard deviation at which the mean error on the rows, over
noise on all weights and biases, is at most `target` above the net's own:

.. math:: \mathbb{E}_{u \sim N(0, \sigma^2 I)} \hat R_S(w + u) - \hat R_S(w) \le 0.1

and by magnitude :math:`u_i \sim N(0, \sigma^2 w_i^2 + \epsilon^2)`.

Source: the search of ``_pacbayes_sigma`` in nitarshan/robust-generalization-measures
at 8e90129, read, after Jiang et al. 2020, recalled.  That code passes
:math:`\sigma^2`, and by magnitude the variance, where a standard deviation is meant:
its plain sigma is the square root of ours, and its sigma by magnitude is of another
noise.  Here it is not so.

:class:`FixedSearch` is their protocol.  :class:`SequentialSearch` is derived here.
"""

import itertools
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from nonvacuous.measures._passes import Passes, Single, affine, margins, onward
from nonvacuous.nets import Floats

__all__ = ["FixedSearch", "Search", "SequentialSearch", "Sharpness"]

_STREAM = 0x7369676D61  # "sigma"
_LEVELS = 31  # powers of two below the upper end that are looked at
_FIRST, _SECOND, _LEAST, _MOST = 8, 16, 32, 4096  # draws
_BATCH = 8  # draws between two looks at the width
_STEP = 1.08  # ratio of the last ladder


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpness:
    """A radius in weight space, and how it was found.

    Attributes:
        value: sigma or alpha.
        increase: the error's estimated increase there.
        width: half of the width of the confidence interval of `increase`; by Gaussian
            draws only, nan otherwise.
        draws: noise tensors drawn, or gradients taken.
        passes: multiply-adds, over those of all the rows through the net once.
        bracketed: whether the increase was seen on both sides of the target; if not,
            `value` is the end of the range that was searched.
    """

    value: float
    increase: float
    width: float
    draws: int
    passes: float
    bracketed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Standard deviation of each parameter's noise: by magnitude, or all the same."""

    magnitude: bool
    floor: float

    def at(self, sigma: float, parameter: Single) -> Single | np.float32:
        """Of the noise of a parameter."""
        if not self.magnitude:
            return np.float32(sigma)
        variance = np.float32(sigma**2) * parameter**2 + np.float32(self.floor**2)
        return np.asarray(np.sqrt(variance), dtype=np.float32)


class Search(Protocol):
    """A way to find sigma."""

    def find(self, passes: Passes, spread: Spread, seed: int) -> Sharpness:
        """The largest sigma, as far as the search can tell."""
        ...


def _check(target: float, tolerance: float, upper: float) -> None:
    if not (0 < tolerance < target < 1 and 0 < upper < math.inf):
        raise ValueError(
            "a search needs 0 < tolerance < target < 1 and a finite upper > 0, got"
            f" {tolerance}, {target}, {upper}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedSearch:
    """Bisection with a fixed number of draws a step, each on all rows.

    It stops when the mean increase of a step is within `tolerance` of `target`.  That
    mean of 10 draws itself errs by about as much.
    """

    steps: int = 15
    draws: int = 10
    target: float = 0.1
    tolerance: float = 0.01
    upper: float = 2.0

    def __post_init__(self) -> None:
        _check(self.target, self.tolerance, self.upper)
        if self.steps < 1 or self.draws < 2:
            raise ValueError(
                "a fixed search needs steps >= 1 and draws >= 2, got"
                f" {self.steps}, {self.draws}"
            )

    def find(self, passes: Passes, spread: Spread, seed: int) -> Sharpness:
        """Sigma by bisection on [0, upper].

        Args:
            passes: net and rows.
            spread: of the noise.
            seed: of the draws.

        Returns:
            The last sigma tried, and its increase.
        """
        draw = np.random.Generator(np.random.Philox(key=[seed, _STREAM]))
        base, start = passes.wrong.mean(), passes.done
        lower, upper, sides = 0.0, self.upper, set()
        for step in itertools.count(1):
            sigma = (lower + upper) / 2
            found = np.array(
                [
                    passes.error(_noisy(passes, spread, sigma, draw)) - base
                    for _ in range(self.draws)
                ]
            )
            increase = float(found.mean())
            sides.add(increase > self.target)
            close = abs(increase - self.target) < self.tolerance
            if close or step == self.steps:
                break
            if increase > self.target:
                upper = sigma
            else:
                lower = sigma
        return Sharpness(
            value=sigma,
            increase=increase,
            width=_width(found, 0.95),
            draws=step * self.draws,
            passes=passes.done - start,
            bracketed=close or len(sides) == 2,
        )


def _noisy(
    passes: Passes, spread: Spread, sigma: float, draw: np.random.Generator
) -> list[tuple[Single, Single | None]]:
    """The parameters with noise of one sigma."""

    def noisy(parameter: Single) -> Single:
        noise = draw.standard_normal(parameter.shape, dtype=np.float32)
        noise *= spread.at(sigma, parameter)
        noise += parameter
        return noise

    return [
        (noisy(weight), None if bias is None else noisy(bias))
        for weight, bias in passes.parameters
    ]


def _width(found: Floats, confidence: float) -> float:
    """Half of the width of the normal interval of a mean."""
    z = float(ndtri(0.5 + confidence / 2))
    return z * float(found.std(ddof=1)) / math.sqrt(len(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialSearch:
    r"""Many draws, each on few rows, until the increase at sigma is known well enough.

    Rows of one draw share its noise, so a further row says less than a further draw.
    Blocks take every k-th row in the order of the net's margins, so each is like the
    whole sample.  Noise tensors are lines :math:`w + \sigma e`: the same draw serves
    every sigma of a ladder, and its first layer is multiplied once for all of them.

    Ladders of sigmas close in on the root of the mean increase; of the last, of three
    sigmas 8 % apart, draws go on until the normal interval of the mean increase at the
    root is no wider than `tolerance` on either side: a sequential interval of fixed
    width (Chow and Robbins 1965, recalled), so that

    .. math:: \Pr[\,|\text{mean increase at } \hat\sigma - \text{target}|
       \le \text{tolerance}\,] \to \text{confidence}

    as the tolerance shrinks, if the increase rises with sigma.  This is asymptotic: a
    test by bets, valid for every bounded increase, can exclude that the mean is
    `tolerance` above the target only after about :math:`(1 - \text{target})
    \ln(1/\alpha) / \text{tolerance}` draws, however little they vary.
    """

    confidence: float = 0.95
    rows: int = 100
    target: float = 0.1
    tolerance: float = 0.01
    upper: float = 2.0

    def __post_init__(self) -> None:
        _check(self.target, self.tolerance, self.upper)
        if not (0 < self.confidence < 1 and self.rows >= 1):
            raise ValueError(
                "a sequential search needs 0 < confidence < 1 and rows >= 1, got"
                f" {self.confidence}, {self.rows}"
            )

    def find(self, passes: Passes, spread: Spread, seed: int) -> Sharpness:
        """Sigma by ladders that close in on it.

        Args:
            passes: net and rows.
            spread: of the noise.
            seed: of the draws.

        Returns:
            Sigma, the increase there, and the width of its interval.
        """
        start = passes.done
        lines = _Lines(passes, spread, seed, self.rows)
        levels = self.upper * 2.0 ** np.arange(1 - _LEVELS, 1)
        found = lines.more(levels, _FIRST)
        while self._open_ended(found):
            found = np.concatenate([found, lines.more(levels, _FIRST)])
        sigma, at = self._root(levels, found)
        inside = levels[0] < sigma < self.upper
        if inside:
            levels = sigma * 2.0 ** (np.arange(-2, 3) / 4)
            centre, _ = self._root(levels, lines.more(levels, _SECOND))
            sigma, at = self._close_in(lines, centre)
        return Sharpness(
            value=min(sigma, self.upper),
            increase=float(at.mean()),
            width=_width(at, self.confidence),
            draws=lines.drawn,
            passes=passes.done - start,
            bracketed=inside and sigma < self.upper,
        )

    def _open_ended(self, found: Floats) -> bool:
        """Whether no level crosses the target, but one end may."""
        place = _crossing(found.mean(axis=0), self.target)
        end = found[:, -1 if place < 0 else 0]
        near = abs(float(end.mean()) - self.target) < 2 * _width(end, 0.95)
        return place < 1 and near and len(found) < _MOST

    def _close_in(self, lines: "_Lines", centre: float) -> tuple[float, Floats]:
        """The root near `centre`, and the increase of each draw there."""
        while True:
            levels = centre * _STEP ** np.arange(-1.0, 2.0)
            found = np.empty((0, 3))
            while True:
                count = _BATCH if len(found) else _LEAST
                found = np.concatenate([found, lines.more(levels, count)])
                root, at = self._root(levels, found)
                if lines.drawn >= _MOST or root in (levels[0], levels[-1]):
                    break
                if _width(at, self.confidence) <= self.tolerance:
                    break
            inside = levels[0] < root < levels[-1]
            if inside or root >= self.upper or lines.drawn >= _MOST:
                return root, at
            centre = root  # the root is beyond the ladder

    def _root(
        self, levels: NDArray[np.floating], found: Floats
    ) -> tuple[float, Floats]:
        """Where the mean crosses the target, or the end it is beyond; draws there."""
        mean = found.mean(axis=0)
        place = _crossing(mean, self.target)
        if place < 1:
            end = -1 if place < 0 else 0
            return float(levels[end]), found[:, end]
        below, above = mean[place - 1 : place + 1]
        t = (self.target - below) / (above - below)
        root = (1 - t) * levels[place - 1] + t * levels[place]
        return float(root), (1 - t) * found[:, place - 1] + t * found[:, place]


def _crossing(mean: Floats, target: float) -> int:
    """The first level above the target, -1 if there is none."""
    above = mean > target
    return int(above.argmax()) if above.any() else -1


class _Lines:
    """Draws of ``w + sigma e``, each seen by one block of rows at several sigmas."""

    def __init__(self, passes: Passes, spread: Spread, seed: int, rows: int) -> None:
        self.passes, self.spread, self.drawn = passes, spread, 0
        self._draw = np.random.Generator(np.random.Philox(key=[seed, _STREAM + 1]))
        self._order = np.argsort(passes.margins, kind="stable")
        self._blocks = max(1, round(len(passes) / rows))

    def more(self, levels: NDArray[np.floating], draws: int) -> Floats:
        """Increases at each sigma (draws, levels)."""
        return np.stack([self.increases(levels) for _ in range(draws)])

    def increases(self, levels: NDArray[np.floating]) -> Floats:
        """The increase of the error of one block, with one draw, at each sigma.

        A block's chance is its size: the mean over draws is that over all rows.
        """
        self.drawn += 1
        first = int(self._draw.integers(len(self._order))) % self._blocks
        rows: NDArray[np.intp] = self._order[first :: self._blocks]
        x, y = self.passes.x[rows], self.passes.y[rows]
        lines = [
            (self._line(weight), None if bias is None else self._line(bias))
            for weight, bias in self.passes.parameters
        ]
        (weight, slope), bias = lines[0]
        start = affine(x, weight, None if bias is None else bias[0])
        rise = affine(x, slope, None if bias is None else bias[1])
        self.passes.count(len(rows), slice(1), times=2)
        self.passes.count(len(rows), slice(1, None), times=len(levels))
        found = np.empty(len(levels))
        for i, sigma in enumerate(levels.astype(np.float32)):
            at = [
                (w + sigma * e, None if b is None else b[0] + sigma * b[1])
                for (w, e), b in lines[1:]
            ]
            with np.errstate(over="ignore", invalid="ignore"):
                outputs = onward(start + sigma * rise, [self.passes.parameters[0], *at])
                found[i] = (~(margins(outputs, y) > 0)).mean()
        found -= self.passes.wrong[rows].mean()
        return found

    def _line(self, parameter: Single) -> tuple[Single, Single]:
        """Where the line starts and its slope.

        By magnitude, ``sigma |w| e + floor e'`` has the variance that it should have.
        """
        slope = self._draw.standard_normal(parameter.shape, dtype=np.float32)
        if not self.spread.magnitude:
            return parameter, slope
        slope *= parameter
        if self.spread.floor == 0:
            return parameter, slope
        floor = self._draw.standard_normal(parameter.shape, dtype=np.float32)
        floor *= np.float32(self.spread.floor)
        return parameter + floor, slope
