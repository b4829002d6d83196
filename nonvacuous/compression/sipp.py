r"""SiPP: edges kept by empirical sensitivity, one layer at a time.

CoreNet's sensitivities without its composition over layers: the budget goes to the
neurons and signs so that all of them have the same error, which is stated for each.
Errors are relative: :math:`|\hat z - z| \le \epsilon \sum_k |w_k a_k|` over the edges
of one neuron and sign, where a is what enters the layer in the *original* net.  Biases
are kept exact; edges that are never active on S vanish.
"""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nonvacuous._numerics import plain
from nonvacuous.compression._budget import entries, least_error, stream
from nonvacuous.compression._report import LayerReport, Report
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
from nonvacuous.nets import Floats, Layer, Network

__all__ = ["SiPPDeterministic", "SiPPHybrid", "SiPPRandom"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parts:
    """A layer's neurons by sign: first all positive parts, then all negative ones."""

    weight: Floats
    """(2 outputs, inputs), 0 where the sign is the other."""
    sensitivities: Floats
    q: Floats
    sums: Floats
    """S of each part, (2 outputs,)."""
    tails: Floats
    """For each edge, the sum of its part's sensitivities up to its own."""
    shares: Floats
    """For each edge, what is lost on S when it and all lesser ones are dropped."""

    @classmethod
    def of(cls, weight: Floats, inputs: Floats, sensitivities: Floats) -> "_Parts":
        order = np.argsort(sensitivities, axis=1, kind="stable")
        shares = largest_shares(weight, order, inputs)
        signs = (weight > 0, weight < 0)
        w, s, p = (
            np.concatenate([np.where(sign, array, 0.0) for sign in signs])
            for array in (weight, sensitivities, shares)
        )
        order = np.concatenate([order, order])
        tails = np.empty_like(s)
        sorted_sums = np.cumsum(np.take_along_axis(s, order, axis=1), axis=1)
        np.put_along_axis(tails, order, sorted_sums, axis=1)
        return cls(
            weight=w,
            sensitivities=s,
            q=probabilities(s),
            sums=s.sum(axis=1) * (1 + 2.0**-40),
            tails=np.where(s > 0, tails * (1 + 2.0**-40), 0.0),
            shares=np.where(s > 0, p, 0.0),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Plan:
    """What becomes of a layer's parts: drawn from, or cut down to some edges."""

    random: NDArray[np.bool_]
    draws: Floats
    kept: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SiPP(SensitivityCompressor):
    """Measures, lets :meth:`_plans` share out the budget, and reports the errors."""

    @abstractmethod
    def _plans(
        self, layers: list[_Parts], log_term: float, budget: float
    ) -> Iterator[_Plan]:
        """One plan for each layer."""

    @abstractmethod
    def _guarantee(self) -> str:
        """One sentence about the errors."""

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The smaller net, and the error of every neuron and sign."""
        support = self.support(network)
        measured = support.layers(network)
        parts = [_Parts.of(layer.weight, a, s) for layer, a, s in measured]
        plans = self._plans(parts, support.log_term, self.keep * entries(network))
        layers, reports = [], []
        for i, (layer, part, plan) in enumerate(
            zip(network.layers, parts, plans, strict=True)
        ):
            sampled, drawn = sample(
                part.weight, part.q, plan.draws, stream(self.seed, i)
            )
            cut = np.where(plan.kept, part.weight, 0.0)
            rows = np.where(plan.random[:, None], sampled, cut)
            plus, minus = np.split(rows, 2)
            small = Layer(weight=plus + minus, bias=layer.bias)
            layers.append(small)
            neurons = self._errors(part, plan, drawn, support)
            neurons["distinct"] = np.count_nonzero(rows, axis=1).astype(float)
            reports.append(
                LayerReport(
                    layer=i + 1,
                    edges=int(np.count_nonzero(layer.weight)),
                    kept=small.kept,
                    neurons={
                        name: np.stack(np.split(value, 2), axis=1)
                        for name, value in neurons.items()
                    },
                    facts={"sensitivity sum, median": float(np.median(part.sums))},
                )
            )
        report = Report(
            layers=tuple(reports),
            guarantee=self._guarantee(),
            facts={"rows of S": len(support.points)},
        )
        return Network(layers=tuple(layers)), report

    def _draws(self, part: _Parts, error: float, log_term: float) -> Floats:
        """Whole draws of each part at an error, rounded down."""
        exact = bernstein_draws(
            part.sums, error, log_term=log_term, constant=self.constant
        )
        return np.floor(exact)

    def _errors(
        self, part: _Parts, plan: _Plan, drawn: Floats, support: Support
    ) -> dict[str, Floats]:
        """What each part was asked for and drew, and its error on and beyond S."""
        whole = (plan.draws > 0) & (drawn == 0)  # kept as it was
        dropped = np.where(plan.kept, 0.0, part.tails).max(axis=1)
        lost = np.where(plan.kept, 0.0, part.shares).max(axis=1)
        found = {"asked": plan.draws, "drawn": drawn}
        for name, constant, cut in (
            ("epsilon", self.constant, np.minimum(self.constant * dropped, 1.0)),
            ("epsilon on S", 1.0, lost),
        ):
            sampled = bernstein_error(
                part.sums, plan.draws, log_term=support.log_term, constant=constant
            )
            sampled = np.where(whole, 0.0, sampled)
            found[name] = np.where(plan.random, sampled, cut)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SiPPDeterministic(_SiPP):
    r"""The edges of the largest sensitivities, as they are.

    What a neuron and sign loses at a point is :math:`\sum_{dropped} g_j(x)`.  On S this
    is measured, and so shared out that its maximum over S is the same for all neurons,
    signs and layers, as far as whole edges allow; ``epsilon on S`` says it for each.
    On a fresh input it is at most ``epsilon``, K times the sum of the dropped
    sensitivities, under assumption A1.

    Attributes:
        rows: the points P, of which S is drawn as CoreNet draws it: with ln(eta eta*)
            in place of the 3 of the authors' code, which gives more rows.  They are
            kept from training if anything is to hold beyond S.
        keep: share of the net's weights to keep, in (0, 1]; no more are kept.
        delta: failure probability, in (0, 1).
        constant: K, at least 1; the authors' code has 3 (seen).
        seed: of S.

    Source: Baykal et al. 2022, the deterministic variant (its code seen, its theorems
    not), where the sum of the dropped sensitivities bounds the error; the measured
    error and the allocation by it are derived here.
    """

    def _plans(
        self, layers: list[_Parts], log_term: float, budget: float
    ) -> Iterator[_Plan]:
        shares = np.concatenate([part.shares.ravel() for part in layers])
        scores = np.concatenate([part.sensitivities.ravel() for part in layers])
        count = min(max(1, int(budget)), int(np.count_nonzero(shares)))
        error = np.partition(shares, len(shares) - count)[-count] if count else np.inf
        kept = shares > error
        # of edges that lose as much, those of smaller sensitivity go first
        tied = np.flatnonzero(shares == error)
        order = np.argsort(scores[tied], kind="stable")
        kept[tied[order[len(tied) - (count - int(kept.sum())) :]]] = True
        ends = np.cumsum([part.shares.size for part in layers])[:-1]
        for part, mask in zip(layers, np.split(kept, ends), strict=True):
            none = np.zeros(len(part.sums))
            yield _Plan(
                random=none > 0, draws=none, kept=mask.reshape(part.shares.shape)
            )

    def _guarantee(self) -> str:
        return (
            "every neuron and sign, fed by the original net, errs by at most 'epsilon"
            " on S' times the sum of its terms' sizes at each row of S; on a fresh"
            f" input, except with probability {plain(self.delta)}, all err by at most"
            " 'epsilon' times that, if no relative importance passes"
            f" {self.constant} times its sensitivity (A1)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiPPRandom(_SiPP):
    r"""Edges drawn by sensitivity, with weights that make the sample unbiased.

    A common epsilon gives each neuron and sign draws in proportion to its sum of
    sensitivities; it is found by bisection, so that the expected number of distinct
    edges is the budget.  Draws are rounded down: a part without any vanishes, which is
    an error of 1.  A part that keeps all of its edges stays as it was.

    Attributes:
        rows: as those of :class:`SiPPDeterministic`.
        keep: share of the net's weights to keep in expectation, in (0, 1].
        delta: failure probability, in (0, 1).
        constant: K, at least 1; the authors' code has 3 (seen).
        seed: of S and of the draws.

    Source: Baykal et al. 2022, the randomised variant (its code seen, its theorems
    not); there convex optimisation shares out the sum of all errors.  The errors are
    derived, see :func:`nonvacuous.compression._support.bernstein_error`.
    """

    def _plans(
        self, layers: list[_Parts], log_term: float, budget: float
    ) -> Iterator[_Plan]:
        def costs(error: float) -> Iterator[float]:
            for part in layers:
                m = self._draws(part, error, log_term)
                yield float(expected_distinct(part.q, m).sum())

        error = least_error(costs, budget)
        for part in layers:
            yield _Plan(
                random=np.ones(len(part.sums), bool),
                draws=self._draws(part, error, log_term),
                kept=np.zeros(part.q.shape, bool),
            )

    def _guarantee(self) -> str:
        return _sampled(self.delta, self.constant)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiPPHybrid(_SiPP):
    r"""Each neuron and sign sampled or cut, whichever has the smaller error.

    At a common epsilon, found by bisection, a part is cut to its largest sensitivities
    where K times the sum of those dropped comes to epsilon with fewer edges than draws
    of :class:`SiPPRandom` keep in expectation; otherwise it is drawn from.  As in the
    source the two are compared even above 1, where neither says anything: a part that
    was cut is off by 1 at most.

    Attributes:
        rows: as those of :class:`SiPPDeterministic`.
        keep: share of the net's weights to keep in expectation, in (0, 1].
        delta: failure probability, in (0, 1).
        constant: K, at least 1; the authors' code has 3 (seen).
        seed: of S and of the draws.

    Source: Baykal et al. 2022, the adaptive variant (its code seen, its theorems not);
    there the draws are allocated first, then the smaller error is chosen at as many
    edges as draws, which leaves the budget unspent.
    """

    def _plans(
        self, layers: list[_Parts], log_term: float, budget: float
    ) -> Iterator[_Plan]:
        def plan(part: _Parts, error: float) -> tuple[_Plan, Floats]:
            m = self._draws(part, error, log_term)
            kept = self.constant * part.tails > error
            sampled, cut = expected_distinct(part.q, m), kept.sum(axis=1)
            random = sampled < cut
            chosen = _Plan(
                random=random,
                draws=np.where(random, m, 0.0),
                kept=kept & ~random[:, None],
            )
            return chosen, np.minimum(sampled, cut)

        def costs(error: float) -> Iterator[float]:
            for part in layers:
                yield float(plan(part, error)[1].sum())

        error = least_error(costs, budget)
        for part in layers:
            yield plan(part, error)[0]

    def _guarantee(self) -> str:
        return _sampled(self.delta, self.constant)


def _sampled(delta: float, constant: float) -> str:
    return (
        f"except with probability {plain(delta)}, all neurons and signs, fed by the"
        " original net with one fresh input, err by at most 'epsilon' times the sum of"
        f" their terms' sizes, if no relative importance passes {constant} times its"
        " sensitivity (A1); with one row of S, by at most 'epsilon on S' times that,"
        " without assumptions"
    )
