"""Compressors one after the other."""

from collections.abc import MutableMapping
from dataclasses import dataclass

from nonvacuous._counting import compacted
from nonvacuous.compression._base import Compressor
from nonvacuous.nets import Network

__all__ = ["Pipeline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline(Compressor):
    """Apply every step in order; hidden units that nothing reads are dropped between.

    Attributes:
        steps: compressors.
    """

    steps: tuple[Compressor, ...]

    def apply(
        self, network: Network, memo: MutableMapping[str, Network] | None = None
    ) -> Network:
        """The network after the last step.

        Args:
            network: what to start with.
            memo: results of earlier prefixes by their ``repr``, for this very
                network; filled as a side effect, so that pipelines that begin alike
                share the work.

        Returns:
            The compacted result.
        """
        memo = {} if memo is None else memo
        name = ""
        for step in self.steps:
            name += repr(step) + ";"
            if name not in memo:
                memo[name] = compacted(step.apply(network))
            network = memo[name]
        return network
