"""Certificates as strict JSON."""

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from nonvacuous.bounds import Certificate

__all__ = ["certificate", "plain_data", "text"]


def text(value: Mapping[str, Any]) -> str:
    """Strict JSON with two spaces of indent."""
    return json.dumps(plain_data(value), indent=2, allow_nan=False) + "\n"


def certificate(c: Certificate[Any]) -> dict[str, Any]:
    """What a certificate says, and what it rests on."""
    return {
        "theorem": c.bound.name,
        "about": str(c.about),
        "upper": c.upper,
        "raw": c.raw,
        "delta": c.delta,
        "source": str(c.bound.source),
        "statement": c.bound.statement,
        "assumptions": [
            {
                "name": a.name,
                "statement": a.statement,
                "verdict": str(c.assumptions[a.name]),
            }
            for a in c.bound.assumptions
        ],
        "evidence": {"kind": type(c.evidence).__name__, **plain_data(c.evidence)},
        "terms": dict(c.terms),
    }


def plain_data(value: Any) -> Any:
    """As JSON knows it: bytes in base64, infinities as strings."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(k): plain_data(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain_data(v) for v in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
