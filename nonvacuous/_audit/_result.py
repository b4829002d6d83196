"""What ``audit`` returns: verdicts, and the numbers behind them, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nonvacuous import _json
from nonvacuous._audit._arora import AroraAudit
from nonvacuous._audit._corenet import CoreNetAudit
from nonvacuous._audit._findings import Finding
from nonvacuous._audit._norms import NormAudit

__all__ = ["FORMAT", "Audit"]

FORMAT = "nonvacuous-audit/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Whether theorems' parameters and assumptions hold on a net and its rows.

    Attributes:
        net: layers and parameters.
        data: source, role and number of the rows.
        delta: failure probability of the theorem, and of each interval.
        seed: of everything random.
        findings: one for each assumption.
        corenet: what was measured for CoreNet, or none if S takes too many rows.
        arora: cushions, contraction and smoothness.
        norms: of layers and rows.
    """

    net: Mapping[str, Any]
    data: Mapping[str, Any]
    delta: float
    seed: int
    findings: tuple[Finding, ...]
    corenet: CoreNetAudit | None
    arora: AroraAudit
    norms: NormAudit

    def __getitem__(self, name: str) -> Finding:
        """The finding about an assumption.

        Raises:
            KeyError: if there is none of that name.
        """
        for finding in self.findings:
            if finding.name == name:
                return finding
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """One JSON object."""
        found: dict[str, Any] = _json.plain_data(self)
        return {"format": FORMAT, **found}

    def to_json(self) -> str:
        """As :meth:`to_dict`, strict JSON with two spaces of indent."""
        return _json.text(self.to_dict())
