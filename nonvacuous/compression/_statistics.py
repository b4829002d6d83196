"""What CoreNet measures before it draws: S, sensitivities, sign complexities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous._sizes import (
    kappa,
    layer_epsilons,
    network_size,
    paper_constant,
    support_size,
)
from nonvacuous.compression._errors import CompressionError
from nonvacuous.compression._rows import Rows, check_rows
from nonvacuous.compression.sensitivity import (
    Floating,
    measure_layer,
    sensitivity_sums,
)
from nonvacuous.nets import Floats, Network

__all__ = ["Statistics", "architecture", "measure", "support_rows"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statistics:
    """What CoreNet measures on S, layer by layer."""

    support: int
    constant: float
    """K, and the constant C of the other assumptions."""
    neurons: int
    widest: int
    signed_inputs: bool
    sensitivities: tuple[Floating, ...]
    sums: tuple[Floats, ...]
    """(outputs, 2) for each layer: S of the positive and the negative part."""
    delta_hats: tuple[float, ...]
    kappa: float

    def epsilons(self, epsilon: float) -> list[float]:
        """epsilon_l of every layer, 0 where floats end."""
        return layer_epsilons(epsilon, self.delta_hats)

    def network_size(self, epsilon: float, delta: float) -> float:
        """Non-zeros that the main theorem allows, infinite where floats end."""
        return network_size(
            epsilon,
            self.spend(delta),
            delta_hats=self.delta_hats,
            sensitivity_sums=[s.sum(axis=1) for s in self.sums],
            neurons=self.neurons,
            constant=self.constant,
        )

    def spend(self, delta: float) -> float:
        """delta, halved where inputs of both signs double the events."""
        return delta / 2 if self.signed_inputs else delta


def architecture(network: Network) -> tuple[int, int]:
    """eta, the neurons after the input, and eta*, the widest layer with the input."""
    return sum(network.sizes[1:]), max(network.sizes)


def support_rows(
    network: Network,
    rows: Rows,
    delta: float,
    seed: int,
    *,
    constant: float | None = None,
) -> NDArray[np.intp]:
    """Indices of S: drawn uniformly without replacement from the rows.

    Args:
        network: the original net.
        rows: P.
        delta: failure probability of the whole net.
        seed: of the draw.
        constant: C of the assumptions; None is the paper's ln(eta eta*).

    Returns:
        Sorted indices.

    Raises:
        CompressionError: if the net does not take such rows, or the theorem asks for
            more than there are.
    """
    check_rows(network, rows)
    neurons, widest = architecture(network)
    spent = delta / 2 if (rows.x < 0).any() else delta
    size = support_size(spent, neurons=neurons, widest=widest, constant=constant)
    if size > len(rows.x):
        raise CompressionError(
            f"rows must be at least the {size} that |S| asks for, got {len(rows.x)}"
        )
    draw = np.random.Generator(np.random.Philox(key=[seed, 1]))
    return np.sort(draw.choice(len(rows.x), size, replace=False))


def measure(
    network: Network,
    points: Floating,
    delta: float,
    *,
    signed: bool = False,
    constant: float | None = None,
) -> Statistics:
    """Sensitivities and sign complexities on the points of S.

    Args:
        network: the original net.
        points: S, (samples, inputs).
        delta: failure probability of the whole net.
        signed: whether inputs are negative in any row of P, in S or not: then every
            event counts twice.
        constant: K, and C of the other assumptions; None is the paper's ln(eta eta*).

    Returns:
        Everything that sampling and the theorem need.
    """
    neurons, widest = architecture(network)
    signed = signed or bool((points < 0).any())
    spent = delta / 2 if signed else delta
    add = kappa(spent, neurons=neurons, widest=widest, constant=constant)
    if constant is None:
        constant = paper_constant(neurons=neurons, widest=widest)
    a = np.asarray(points, np.float64)
    sensitivities: list[Floating] = []
    sums: list[Floats] = []
    hats: list[float] = []
    for layer in network.layers:
        s, complexity, value = measure_layer(layer.weight, layer.bias, a)
        sensitivities.append(s)
        sums.append(sensitivity_sums(layer.weight, s) * (1 + 2.0**-40))  # outward
        hats.append(float(complexity.mean(axis=0).max()) + add)
        a = np.maximum(value, 0.0)
    return Statistics(
        support=len(points),
        constant=constant,
        neurons=neurons,
        widest=widest,
        signed_inputs=signed,
        sensitivities=tuple(sensitivities),
        sums=tuple(sums),
        delta_hats=tuple(hats),
        kappa=add,
    )
