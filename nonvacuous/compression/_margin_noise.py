r"""How often a net of independently sampled edges answers otherwise, before drawing.

Edge (i, j) of layer l is kept with probability :math:`p_{ij}`, as
:math:`w_{ij} / p_{ij}`, independently of all others.  Write :math:`\Delta^l` for the
error of the sums of layer l, :math:`\delta^l` for that of its activations,
:math:`\zeta^l_i = \sum_j (\hat w_{ij} - w_{ij}) \hat a_j` for the noise that layer l
adds, D for the neurons that are active in the original net.  Then, exactly,

.. math:: \Delta^l = W^l \delta^{l-1} + \zeta^l, \qquad
          \delta^l = D^l \Delta^l + r^l, \qquad
          0 \le r^l_i \le (|\Delta^l_i| - |z^l_i|)_+,

so that a margin moves by
:math:`\zeta^d_c - \zeta^d_k + \sum_l H^l (\delta^l - D^l W^l \delta^{l-1})` with the
true derivatives :math:`H^l` of that margin.  Given the layers before, the noise is
independent with mean 0: variances add.  What a neuron's kink adds, r, is paid for
where the sum z is near 0 only: no mean of :math:`1/|z|` is asked for, and nothing is
assumed about the data.  ``paper_checks/baykal2019coresets`` states and proves it.

Every number is a bound computed in float64 and multiplied by 1 + 1e-9 at the end,
which is measured to cover the rounding, not proved to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nonvacuous.nets import Floats, Layer, Network

__all__ = ["disagreement_bounds", "margin_slopes"]

_CHUNK = 1024  # rows at once
_SHARES = np.concatenate([[1e-3, 1e-2], np.linspace(0.05, 0.9, 18)])
"""Parts of a margin left to the kinks; any choice is sound, the best is taken."""
_TINY = 1e-60


@dataclass(frozen=True, slots=True)
class _Noise:
    """What is known of the activations that enter a layer, (rows, neurons) each."""

    a: Floats  # of the original net
    square: Floats  # at least E a^2 of the sampled one
    fourth: Floats  # at least its norm in L4
    low: Floats  # mean error at least
    high: Floats  # mean error at most
    fresh: Floats  # variance of the part that is new in this layer
    fresh_l4: Floats  # at least the L2 norm of its conditional variance
    fresh_fourth: Floats  # its fourth moment
    carried: Floats  # L2 norm of the rest
    carried_l4: Floats  # L4 norm of the rest
    kink_mean: Floats  # at least E r
    kink: Floats  # at least the L2 norm of r


@dataclass(frozen=True, slots=True)
class _Sums:
    """What is known of a layer's sums."""

    z: Floats
    new: Floats  # variance of the layer's own noise
    new_l4: Floats  # at least the L2 norm of its conditional variance
    new_excess: Floats  # sum of the fourth moments of its terms


def _more(fourth: Floats, spread: Floats, excess: Floats) -> Floats:
    r"""Fourth moment of A + B, for B a sum of terms independent with mean 0 given A.

    :math:`E A^4 + 6 E A^2 B^2 + 4 E A B^3 + E B^4`, where B has conditional variance V
    of L2 norm `spread` and its terms have fourth moments of sum `excess`: so
    :math:`E B^4 \le 3 E V^2 + \sum E X^4`, and
    :math:`|E[B^3 | A]| \le (V \sum E[X^4 | A])^{1/2}`.
    """
    root = np.sqrt(fourth)
    mixed = 6 * root * spread + 4 * np.sqrt(root * spread * excess)
    total: Floats = fourth + mixed + 3 * spread**2 + excess
    return total


def _input(x: Floats) -> _Noise:
    none = np.zeros_like(x)
    return _Noise(x, x**2, np.abs(x), *[none] * 9)


def _own(layer: Layer, p: Floats, before: _Noise) -> _Sums:
    """The sums of a layer and the noise that its own edges add to them."""
    w = layer.weight
    live = (w != 0) & (p < 1)
    safe = np.where(live, p, 1.0)
    second = w**2 * (1 / safe - 1)
    fourth = w**4 * (1 - safe) * ((1 - safe) ** 3 / safe**3 + 1)
    z = before.a @ w.T + (0.0 if layer.bias is None else layer.bias)
    return _Sums(
        z=z,
        new=before.square @ second.T,
        new_l4=before.fourth**2 @ second.T,
        new_excess=before.fourth**4 @ fourth.T,
    )


def _hidden(layer: Layer, p: Floats, before: _Noise, depth: int) -> _Noise:
    """One hidden layer; `depth` counts from 1."""
    w, own = layer.weight, _own(layer, p, before)
    z, up, down = own.z, np.maximum(w, 0.0), np.minimum(w, 0.0)
    if depth == 1:
        carried = carried_l4 = np.zeros_like(z)
    elif depth == 2:  # what layer 1 carries is no random number: r's mean, in [0, E r]
        carried = np.maximum(before.kink_mean @ up.T, -(before.kink_mean @ down.T))
        carried_l4 = carried
    else:
        carried = before.carried @ np.abs(w).T
        carried_l4 = before.carried_l4 @ np.abs(w).T
    past = before.fresh @ (w**2).T + carried**2
    none = np.zeros_like(z)
    last = _more(none, before.fresh_l4 @ (w**2).T, before.fresh_fourth @ (w**4).T)
    past_l4 = last**0.25 + carried_l4
    square = past + own.new  # E Delta^2
    # in L4; what is carried comes on top of what is new
    fourth = _more(last, own.new_l4, own.new_excess) ** 0.25 + carried_l4
    low = before.low @ up.T + before.high @ down.T
    high = before.high @ up.T + before.low @ down.T
    mean = np.minimum(np.maximum(np.abs(low), np.abs(high)), np.sqrt(square))
    active, size = z > 0, np.abs(z)
    kink_mean = _kink_mean(size, mean, square)
    beyond = fourth**4 / (16 * np.maximum(size, _TINY) ** 2)  # E (|Delta| - |z|)_+^2
    new = np.where(active, own.new, np.minimum(own.new, beyond))
    kink = np.sqrt(np.minimum(square, beyond))
    return _Noise(
        a=np.maximum(z, 0.0),
        square=np.where(
            active, z**2 + 2 * size * mean + square, np.minimum(square, beyond)
        ),
        fourth=np.maximum(z, 0.0) + fourth,
        low=np.where(active, low, 0.0),
        high=np.where(active, high, 0.0) + kink_mean,
        fresh=new,
        fresh_l4=new if depth == 1 else own.new_l4,
        fresh_fourth=12 * own.new_l4**2 + 2 * own.new_excess,
        carried=np.where(active, np.sqrt(past), 0.0) + kink,
        carried_l4=np.where(active, past_l4, 0.0) + fourth,
        kink_mean=kink_mean,
        kink=kink,
    )


def _kink_mean(size: Floats, mean: Floats, square: Floats) -> Floats:
    r"""Largest E r for a sum of that size, whose error has such moments.

    E r = (E|z + Delta| - (z + E Delta)) / 2 for z > 0, alike for z < 0, and E|y| is at
    most the root of E y^2; concave in the mean, with its top at -E Delta^2 / 2|z|.
    """
    worst = np.minimum(mean, square / (2 * np.maximum(size, _TINY)))
    y = size - worst
    spread = np.maximum(square - worst**2, 0.0)
    root = np.sqrt(y**2 + spread)
    with np.errstate(divide="ignore", invalid="ignore"):
        small = np.where(y > 0, spread / (2 * (root + y)), (root - y) / 2)
    return np.where(spread > 0, small, 0.0)


def margin_slopes(network: Network, z: Sequence[Floats], k: int) -> list[Floats]:
    """Derivatives of the margin over class k by the activations of hidden layers.

    Args:
        network: the net.
        z: sums of every layer, (rows, neurons) each.
        k: the class that the net's own answer is compared with.

    Returns:
        For each hidden layer (rows, neurons), the first layer first.
    """
    if len(z) == 1:
        return []
    last = network.layers[-1].weight
    h = last[z[-1].argmax(axis=1)] - last[k]
    found = [h]
    for layer, sums in zip(network.layers[-2:0:-1], z[-2:0:-1], strict=True):
        h = (h * (sums > 0)) @ layer.weight
        found.append(h)
    return found[::-1]


def disagreement_bounds(
    network: Network,
    probabilities: Sequence[Floats],
    x: NDArray[np.floating[Any]],
) -> Floats:
    """For each row, a bound on the probability that a sampled net answers otherwise.

    Args:
        network: the net, at least two classes.
        probabilities: for each layer, (outputs, inputs) in (0, 1]: that an edge is
            kept; fixed before the rows.
        x: rows (n, ...).

    Returns:
        (n,) in [0, 1], over the draw of the edges; ties count as another answer.
    """
    rows = x.reshape(len(x), network.sizes[0])
    return np.concatenate(
        [np.empty(0)]
        + [
            _chunk(network, probabilities, rows[i : i + _CHUNK].astype(np.float64))
            for i in range(0, len(rows), _CHUNK)
        ]
    )


def _chunk(network: Network, probabilities: Sequence[Floats], x: Floats) -> Floats:
    noise, hidden, z = _input(x), [], []
    with np.errstate(over="ignore", invalid="ignore"):
        pairs = list(zip(network.layers, probabilities, strict=True))
        for depth, (layer, p) in enumerate(pairs[:-1], 1):
            z.append(
                noise.a @ layer.weight.T + (0.0 if layer.bias is None else layer.bias)
            )
            noise = _hidden(layer, p, noise, depth)
            hidden.append(noise)
        own = _own(*pairs[-1], noise)
        z.append(own.z)
        answers = own.z.argmax(axis=1)
        at = np.arange(len(x))
        total = np.zeros(len(x))
        for k in range(own.z.shape[1]):
            gap = own.z[at, answers] - own.z[:, k]
            slopes = margin_slopes(network, z, k)
            total += np.where(
                answers == k, 0.0, _moved(own, hidden, slopes, gap, answers, k)
            )
    # what overflowed is no bound below 1
    total = np.where(np.isnan(total), 1.0, total)
    return np.minimum(total * (1 + 1e-9), 1.0)


def _moved(
    own: _Sums,
    hidden: Sequence[_Noise],
    slopes: Sequence[Floats],
    gap: Floats,
    answers: NDArray[np.intp],
    k: int,
) -> Floats:
    """Bound on the probability that the margin over class k is lost."""
    at = np.arange(len(gap))
    variance = own.new[at, answers] + own.new[:, k]
    mean, norm, fourth = (np.zeros(len(gap)) for _ in range(3))
    room = gap.copy()
    for depth, (noise, h) in enumerate(zip(hidden, slopes, strict=True), 1):
        variance = variance + (h**2 * noise.fresh).sum(axis=1)
        fourth = _more(
            fourth,
            (h**2 * noise.fresh_l4).sum(axis=1),
            (h**4 * noise.fresh_fourth).sum(axis=1),
        )
        against = np.maximum(-h, 0.0)
        if depth == 1:  # the mean of r alone, which is no random number
            room = room - (against * noise.kink_mean).sum(axis=1)
        else:
            mean = mean + (against * noise.kink_mean).sum(axis=1)
            norm = norm + (against * noise.kink).sum(axis=1)
    fourth = _more(
        fourth,
        own.new_l4[at, answers] + own.new_l4[:, k],
        own.new_excess[at, answers] + own.new_excess[:, k],
    )
    positive = np.maximum(room, _TINY)
    best = ((np.sqrt(variance) + norm) / positive) ** 2
    for share in _SHARES:  # noise beyond the rest, or kinks beyond their share
        rest, part = (1 - share) * positive, share * positive
        noise_lost = np.minimum(variance / (variance + rest**2), fourth / rest**4)
        kinks_lost = np.minimum(mean / part, (norm / part) ** 2)
        best = np.minimum(best, noise_lost + kinks_lost)
    return np.where(room > 0, best, 1.0)
