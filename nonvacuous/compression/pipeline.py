"""Compressors one after the other."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

from nonvacuous._counting import compacted
from nonvacuous.compression._base import Compressed
from nonvacuous.nets import Network, read

__all__ = ["Pipeline", "Step"]


class Step(Protocol):
    """A compressor that can be followed by another."""

    def apply(self, network: Network) -> Network:
        """The network after this step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Apply every step in order; hidden units that nothing reads are dropped between.

    Attributes:
        steps: compressors with an ``apply``.
    """

    steps: tuple[Step, ...]

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

    def compress(self, net: Any) -> Compressed:
        """The last network and its code.

        Args:
            net: anything that :func:`nonvacuous.nets.read` reads.

        Returns:
            The compressed net; nothing is guaranteed about its errors.
        """
        return Compressed.of(self.apply(read(net)), compressor=self)
