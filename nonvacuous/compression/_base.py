"""What every compressor is, and what it returns."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from nonvacuous.compression._report import Report, plain_report
from nonvacuous.compression.codes import Code, decode_network, encode
from nonvacuous.nets import Network, read

__all__ = ["Compressed", "Compressor"]


class Compressor(ABC):
    """Settings that make a net smaller.

    Each is a frozen dataclass whose ``repr`` names everything that influences the
    result, and defines :meth:`apply`; one that has more to say than how many numbers
    each layer kept defines :meth:`explain` too, and lets ``apply`` call it.
    """

    __slots__ = ()

    @abstractmethod
    def apply(self, network: Network) -> Network:
        """The smaller net, not yet encoded, as a step of a pipeline."""

    def explain(self, network: Network) -> tuple[Network, Report]:
        """The smaller net, and what was asked, drawn, kept and guaranteed."""
        small = self.apply(network)
        return small, plain_report(network, small)

    def compress(self, net: Any) -> "Compressed":
        """The smaller net and the code that names it; twice gives the same bytes.

        Args:
            net: anything that :func:`nonvacuous.nets.read` reads; it is not changed.

        Returns:
            The net as it came out of the decoder, its code, and a report.

        Raises:
            CompressionError: if this net or these rows are beyond the compressor.
        """
        network, report = self.explain(read(net))
        return Compressed.of(network, compressor=self, report=report)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compressed:
    """A smaller net, the code that decodes to it, and what was guaranteed."""

    network: Network
    """As it came out of the decoder."""
    code: Code
    pipeline: str
    report: Report

    @property
    def net(self) -> Any:
        """The decoded net as a torch module."""
        return self.network.module()

    @classmethod
    def of(
        cls, network: Network, *, compressor: object, report: Report | None = None
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
            report=report or plain_report(network, network),
        )
