r"""PFP: hidden neurons kept by the largest sensitivity among the edges that read them.

A neuron's sensitivity is that of the edges of the next layer that read it, the largest
over outputs, signs and the points of S.  Whole neurons go, and with each a row of its
own layer and a column of the next; input features stay.  Errors are relative:
:math:`|\hat z - z| \le \epsilon z` for the positive and the negative part of every
neuron that reads the layer, fed by the original net.
"""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from nonvacuous._numerics import plain
from nonvacuous.compression._budget import entries, least_error, stream
from nonvacuous.compression._narrow import (
    Chosen,
    check_narrowest,
    narrow_entries,
    narrowed,
)
from nonvacuous.compression._report import Report
from nonvacuous.compression._shares import largest_shares
from nonvacuous.compression._support import (
    SensitivityCompressor,
    Support,
    bernstein_draws,
    bernstein_error,
)
from nonvacuous.compression.sampling import (
    expected_distinct,
    probabilities,
    sample,
)
from nonvacuous.nets import Floats, Network

__all__ = ["PFPDeterministic", "PFPRandom"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Neurons:
    """A hidden layer: its neurons' sensitivities, their chances (1, n) and sum (1,)."""

    sensitivities: Floats
    shares: Floats
    """For each neuron, what any reader loses on S when it and all lesser ones go."""
    q: Floats
    total: Floats

    @classmethod
    def of(cls, weight: Floats, inputs: Floats, edges: Floats) -> "_Neurons":
        s = edges.max(axis=0)
        order = np.broadcast_to(np.argsort(s, kind="stable"), weight.shape)
        return cls(
            sensitivities=s,
            shares=largest_shares(weight, order, inputs).max(axis=0),
            q=probabilities(s[None]),
            total=np.array([s.sum() * (1 + 2.0**-40)]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _PFP(SensitivityCompressor):
    """Measures, finds the draws of each layer, and reports the errors."""

    @abstractmethod
    def _width(self, neurons: _Neurons, draws: Floats) -> float:
        """Neurons that a layer keeps, in expectation."""

    @abstractmethod
    def _choose(
        self, i: int, neurons: _Neurons, draws: Floats, support: Support
    ) -> Chosen:
        """What stays of the i-th hidden layer, from 0, and its errors."""

    @abstractmethod
    def _guarantee(self) -> str:
        """One sentence about the errors."""

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The narrower net, and what each hidden layer asked for, drew and kept."""
        budget = self.keep * entries(network)
        check_narrowest(network, self.keep, budget)
        support = self.support(network)
        readers = support.layers(network, first=1)
        hidden = [_Neurons.of(layer.weight, a, s) for layer, a, s in readers]

        def draws(neurons: _Neurons, error: float) -> Floats:
            # three times K: the source's (6 + 2 epsilon)
            m = bernstein_draws(
                neurons.total,
                error,
                log_term=support.log_term,
                constant=3 * self.constant,
            )
            return np.ceil(m)

        def costs(error: float) -> Iterator[float]:
            widths = [self._width(each, draws(each, error)) for each in hidden]
            yield from narrow_entries(network, widths)

        error = least_error(costs, budget)
        chosen = [
            self._choose(i, each, draws(each, error), support)
            for i, each in enumerate(hidden)
        ]
        small, report = narrowed(network, chosen)
        facts = {"rows of S": len(support.points)}
        return small, replace(report, guarantee=self._guarantee(), facts=facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PFPRandom(_PFP):
    r"""Hidden neurons drawn by sensitivity, reweighted where they are read.

    With :math:`m = \lceil S K (6 + 2\epsilon) \ln(8\eta/\delta) / \epsilon^2 \rceil`
    draws for a hidden layer of sensitivity sum S, a common epsilon is found by
    bisection, so that the expected number of weights left is the budget.  A neuron
    drawn c times has the weights that read it multiplied by :math:`c S / (m s)`.  A
    layer that keeps all of its neurons stays as it was.

    Attributes:
        rows: the points P, of which S is drawn as CoreNet draws it; kept from training
            if anything is to hold beyond S.
        keep: share of the net's weights to keep in expectation, in (0, 1]: a removed
            neuron takes those that it reads and those that read it.
        delta: failure probability, in (0, 1).
        constant: K, at least 1; the authors' code has 3 (seen).
        seed: of S and of the draws.

    Source: Liebenwein et al. 2020, the randomised variant (its code seen, its theorems
    not).  In the report ``epsilon`` is for exact inputs (derived, as in SiPPRandom),
    ``epsilon of the source`` allows inputs to be off by half.
    """

    def _width(self, neurons: _Neurons, draws: Floats) -> float:
        return max(1.0, float(expected_distinct(neurons.q, draws)[0]))

    def _choose(
        self, i: int, neurons: _Neurons, draws: Floats, support: Support
    ) -> Chosen:
        ones = np.ones_like(neurons.q)
        (factor,), drawn = sample(ones, neurons.q, draws, stream(self.seed, i))
        facts = {}
        for name, constant in (
            ("epsilon", self.constant),
            ("epsilon on S", 1.0),
            ("epsilon of the source", 3 * self.constant),
        ):
            error = bernstein_error(
                neurons.total, draws, log_term=support.log_term, constant=constant
            )
            facts[name] = float(error[0]) if drawn[0] else 0.0
        return Chosen(
            factor=factor,
            q=neurons.q[0],
            asked=float(draws[0]),
            drawn=float(drawn[0]),
            facts=facts,
        )

    def _guarantee(self) -> str:
        return (
            f"except with probability {plain(self.delta)}, the two signs of all neurons"
            " that read a hidden layer, fed by the original net with one fresh input,"
            " are within the layer's 'epsilon' of their sums if no relative importance"
            f" passes {self.constant} times its sensitivity (A1); with one row of S,"
            " within 'epsilon on S' without assumptions"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PFPDeterministic(_PFP):
    r"""The hidden neurons of the largest sensitivities, as they are.

    As many in each layer as :class:`PFPRandom` keeps in expectation, rounded down.
    What any neuron that reads the layer loses is measured on S; on a fresh input it is
    at most K times the sum of the dropped sensitivities, under assumption A1.

    Attributes:
        rows: as those of :class:`PFPRandom`.
        keep: share of the net's weights to keep, in (0, 1]; no more are kept.
        delta: failure probability, in (0, 1).
        constant: K, at least 1; the authors' code has 3 (seen).
        seed: of S.

    Source: Liebenwein et al. 2020, the deterministic variant (its code seen, its
    theorems not); the errors are derived.
    """

    def _width(self, neurons: _Neurons, draws: Floats) -> float:
        found = float(expected_distinct(neurons.q, draws)[0])
        # a sum of chances that are all 1 may end just below a whole number
        return max(1.0, float(np.floor(found * (1 + 2.0**-40))))

    def _choose(
        self, i: int, neurons: _Neurons, draws: Floats, support: Support
    ) -> Chosen:
        s = neurons.sensitivities
        count = int(self._width(neurons, draws))
        factor = np.zeros_like(s)
        factor[np.argsort(s, kind="stable")[len(s) - count :]] = 1.0
        factor[s == 0] = 0.0
        dropped = factor == 0
        lost = float(s[dropped].sum() * (1 + 2.0**-40))
        facts = {
            "epsilon": min(self.constant * lost, 1.0),
            "epsilon on S": float(neurons.shares[dropped].max(initial=0.0)),
        }
        none = np.zeros_like(s)
        return Chosen(factor=factor, q=none, asked=0.0, drawn=0.0, facts=facts)

    def _guarantee(self) -> str:
        return (
            "the two signs of all neurons that read a hidden layer, fed by the original"
            " net, are within the layer's 'epsilon on S' of their sums at each row of"
            " S; on a fresh input, except with probability"
            f" {plain(self.delta)}, within 'epsilon', if no relative importance passes"
            f" {self.constant} times its sensitivity (A1)"
        )
