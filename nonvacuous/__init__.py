"""Generalization bounds for trained neural nets, proved and rounded up.

Importing this package imports neither numpy nor torch; its names load when used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nonvacuous._audit import Audit as Audit
    from nonvacuous._audit import audit as audit
    from nonvacuous._certify import certify as certify
    from nonvacuous._result import Report as Report
    from nonvacuous.nets import Network as Network

__version__ = "0.1.0"
__all__ = ["Audit", "Network", "Report", "__version__", "audit", "certify"]

_HOME = {
    "audit": "nonvacuous._audit",
    "Audit": "nonvacuous._audit",
    "certify": "nonvacuous._certify",
    "Report": "nonvacuous._result",
    "Network": "nonvacuous.nets",
}
_PACKAGES = (
    "bounds",
    "compression",
    "data",
    "evidence",
    "fits",
    "measures",
    "nets",
    "stochastic",
    "studies",
    "training",
)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _PACKAGES:
        return import_module(f"nonvacuous.{name}")
    raise AttributeError(f"module 'nonvacuous' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
