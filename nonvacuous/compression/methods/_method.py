"""What a compression method is: a name, and how it makes a compressor."""

from collections.abc import Callable
from dataclasses import dataclass

from nonvacuous._numerics import check_delta
from nonvacuous.compression._base import Compressor
from nonvacuous.compression._rows import Rows
from nonvacuous.nets import Network

__all__ = ["Ask", "Method"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a method is asked for: an entry takes from it what its compressor needs.

    Attributes:
        network: the net to compress, where settings depend on its sizes.
        keep: share of the net's weights to keep, in (0, 1]; or none.
        epsilon: relative output error that a theorem is to guarantee, in (0, 1); or
            none.  There is either `keep` or `epsilon`.
        delta: failure probability of the theorem, in (0, 1).
        sample: rows of data; or none.
        seed: of everything random.
    """

    network: Network
    keep: float | None
    epsilon: float | None
    delta: float
    sample: Rows | None
    seed: int

    @property
    def share(self) -> float:
        """The share to keep.

        Raises:
            ValueError: if there is none.
        """
        if self.keep is None:
            raise ValueError("keep must be given")
        return self.keep

    @property
    def rows(self) -> Rows:
        """The rows of data.

        Raises:
            ValueError: if there are none.
        """
        if self.sample is None:
            raise ValueError("rows must be given")
        return self.sample


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Method:
    """One way to compress a net.

    Attributes:
        name: permanent, in kebab-case, at most 20 letters.
        title: what it keeps, in at most 40 letters.
        source: who it is from.
        make: the compressor that does what is asked.
        needs_rows: whether it looks at rows of data.
        has_theorem: whether it takes `epsilon`; rows are then to be kept from training.
        slack: by which share the numbers kept may exceed `keep` of the weights, beyond
            one number a layer: above 0 where draws or ties decide.
    """

    name: str
    title: str
    source: str
    make: Callable[[Ask], Compressor]
    needs_rows: bool = False
    has_theorem: bool = False
    slack: float = 0.0

    def check(self, keep: float | None, epsilon: float | None) -> None:
        """Refuse an amount that the method cannot be asked for.

        Raises:
            ValueError: if there is not exactly one, or it is out of range, or it is an
                epsilon and the method has no theorem.
        """
        if (keep is None) == (epsilon is None):
            got = "neither" if keep is None else "both"
            raise ValueError(f"{self.name} takes either keep or epsilon, got {got}")
        if epsilon is not None and not self.has_theorem:
            raise ValueError(
                f"{self.name} takes keep and no epsilon: it has no theorem that"
                " guarantees one"
            )
        if epsilon is not None and not 0 < epsilon < 1:
            raise ValueError(f"epsilon must lie in (0, 1), got {epsilon}")
        if keep is not None and not 0 < keep <= 1:
            raise ValueError(f"keep must lie in (0, 1], got {keep}")

    def compressor(
        self,
        network: Network,
        *,
        keep: float | None = None,
        epsilon: float | None = None,
        delta: float = 0.05,
        rows: Rows | None = None,
        seed: int = 0,
    ) -> Compressor:
        """The compressor of a net, for a budget or for a theorem.

        Args:
            network: the net.
            keep: share of the net's weights to keep, in (0, 1].
            epsilon: relative output error to guarantee instead, in (0, 1).
            delta: failure probability of the theorem, in (0, 1).
            rows: for a method that needs them; kept from training if `epsilon` is
                to be guaranteed.
            seed: of everything random, in [0, 2^31).

        Returns:
            A compressor whose ``repr`` names everything that influences the result.

        Raises:
            ValueError: if an argument is missing, too much, or out of range.
        """
        self.check(keep, epsilon)
        check_delta(delta)
        if not 0 <= seed < 2**31:
            raise ValueError(f"seed must be an integer in [0, 2^31), got {seed}")
        if self.needs_rows and rows is None:
            raise ValueError(f"{self.name} needs rows of data")
        return self.make(
            Ask(
                network=network,
                keep=keep,
                epsilon=epsilon,
                delta=delta,
                sample=rows,
                seed=seed,
            )
        )
