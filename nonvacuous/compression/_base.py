"""What every compressor is, and what it returns."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from nonvacuous.compression.codes import Code, decode_network, encode
from nonvacuous.nets import Network

__all__ = ["Compressed", "Compressor"]


class Compressor(Protocol):
    """A frozen dataclass of settings whose ``repr`` names all that matters."""

    def compress(self, net: Any) -> "Compressed":
        """A smaller net and the code that names it; twice gives the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compressed:
    """A smaller net, the code that decodes to it, and what was guaranteed."""

    network: Network
    """As it came out of the decoder."""
    code: Code
    pipeline: str
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def net(self) -> Any:
        """The decoded net as a torch module."""
        return self.network.module()

    @classmethod
    def of(
        cls,
        network: Network,
        *,
        compressor: object,
        report: dict[str, Any] | None = None,
    ) -> "Compressed":
        """Encode a network, decode it again, and keep what the decoder returned.

        Raises:
            ArithmeticError: if the decoder read another number of bits.
        """
        code = encode(network)
        decoded, bits = decode_network(code.data)
        if bits != code.bits:
            raise ArithmeticError(f"wrote {code.bits} bits and read {bits}")
        return cls(
            network=decoded,
            code=code,
            pipeline=repr(compressor),
            report=report or {},
        )
