"""Sizes that CoreNet's theorems promise, in the shape that questions are asked in.

The formulas are those of :mod:`nonvacuous.bounds.coreset`; here they take facts that
can be typed, so that they can be solved for epsilon or for delta.
"""

from dataclasses import dataclass

from nonvacuous._sizes import network_size, paper_constant, sample_size, support_size
from nonvacuous.bounds.planning._projection_sizes import PROJECTION_SIZES
from nonvacuous.bounds.planning._size import Size

__all__ = ["SIZES", "Draws", "Kept", "Support"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """What the sample size of one neuron and sign depends on.

    Attributes:
        epsilon: relative error of the neuron's sum, in (0, 1].
        sensitivity_sum: sum of the sensitivities of its edges of that sign.
        neurons: neurons of all layers but the input.
        widest: neurons of the widest layer, the input among them.
    """

    epsilon: float
    sensitivity_sum: float
    neurons: int
    widest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the main theorem's network size depends on.

    Attributes:
        epsilon: relative error of the outputs, in (0, 1].
        widths: neurons of each layer, the input first.
        delta_hats: Delta-hat of each weight layer, at least 1.
        sensitivity_sums: largest sum of sensitivities of a neuron, both signs
            together, of each weight layer.
    """

    epsilon: float
    widths: tuple[int, ...]
    delta_hats: tuple[float, ...]
    sensitivity_sums: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.widths) < 2 or min(self.widths) < 1:
            raise ValueError(
                "widths must be two or more numbers above 0, the input's first, got"
                f" {self.widths}"
            )
        layers = len(self.widths) - 1
        for name in ("delta_hats", "sensitivity_sums"):
            numbers = getattr(self, name)
            if len(numbers) != layers:
                raise ValueError(
                    f"{name} must be {layers} numbers for widths {self.widths}, got"
                    f" {len(numbers)}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What the number of rows behind the sensitivities depends on.

    Attributes:
        neurons: neurons of all layers but the input.
        widest: neurons of the widest layer, the input among them.
    """

    neurons: int
    widest: int


def _draws(facts: Draws, delta: float) -> float:
    constant = paper_constant(neurons=facts.neurons, widest=facts.widest)
    return float(
        sample_size(
            facts.sensitivity_sum,
            facts.epsilon,
            delta,
            neurons=facts.neurons,
            constant=constant,
        )
    )


def _kept(facts: Kept, delta: float) -> float:
    neurons = sum(facts.widths[1:])
    return network_size(
        facts.epsilon,
        delta,
        delta_hats=facts.delta_hats,
        sensitivity_sums=[
            [s] * width
            for s, width in zip(facts.sensitivity_sums, facts.widths[1:], strict=True)
        ],
        neurons=neurons,
        constant=paper_constant(neurons=neurons, widest=max(facts.widths)),
    )


SIZES: tuple[Size, ...] = (
    Size(
        name="corenet-draws",
        about="draws that CoreNet makes for one neuron and one sign",
        source="baykal2019coresets, sample size of the neuron coreset",
        formula=_draws,
        example=Draws(epsilon=0.5, sensitivity_sum=3.0, neurons=410, widest=784),
        rises=("sensitivity_sum", "neurons", "widest"),
        falls=("epsilon",),
    ),
    Size(
        name="corenet-network-size",
        about="edges that CoreNet's main theorem keeps in the whole net",
        source="baykal2019coresets, main theorem",
        formula=_kept,
        example=Kept(
            epsilon=0.5,
            widths=(784, 300, 100, 10),
            delta_hats=(30.0, 30.0, 30.0),
            sensitivity_sums=(20.0, 10.0, 5.0),
        ),
        falls=("epsilon",),
    ),
    Size(
        name="corenet-support-size",
        about="rows that CoreNet measures sensitivities on",
        source="baykal2019coresets, size of S",
        formula=lambda facts, delta: float(
            support_size(delta, neurons=facts.neurons, widest=facts.widest)
        ),
        example=Support(neurons=410, widest=784),
        rises=("neurons", "widest"),
    ),
    *PROJECTION_SIZES,
)
