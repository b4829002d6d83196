"""The ledger of the paper checks, as Markdown: by theorem, then by paper."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from nonvacuous import bounds
from paper_checks import OWED

if TYPE_CHECKING:
    from paper_checks import Done, Verdict

__all__ = ["ledger_page"]

_HEAD = """# Is it true?

This page is made by `nonvacuous check --markdown paper_checks/README.md`; a test fails
when it is stale. `nonvacuous check [KEY]` runs the checks and prints what each did,
with digits.

A **derivation** redoes a constant or a step of a proof by algebra; a **formula** check
holds our code against the derived expression at fifty digits, rounded outward; a
**limit** check looks at limits, monotonicity and the order among bounds; a **trial**
runs the theorem itself, by enumeration or seeded simulation; an **assumption** check
shows a case in which the theorem fails without that assumption; a **finding** decides
what a paper, public code or a note says. The claims that are *ours* must be true. The
others may be false, and then what we use instead stands beside them. A locator that
nobody has opened is *unconfirmed*.
"""


_ASKED = ("derivation", "formula", "limit", "trial", "assumption")


def ledger_page(done: "Sequence[Done]") -> str:
    """Every theorem with what was checked of it, and every claim with its verdict.

    Args:
        done: checks that have run, papers together.
    """
    verdicts = [d.verdict for d in done]
    held = sum(v.as_expected for v in verdicts)
    parts = [
        _HEAD,
        f"{held} of {len(done)} verdicts are the recorded ones."
        f" {len(bounds.ALL) - len(OWED)} of {len(bounds.ALL)} theorems have every kind"
        " of check; what is owed to the others stands in their rows.\n",
        "## Theorems\n",
        _table(
            "theorem|code|source|fidelity|locator|checks|digits|assumptions shown to"
            " matter|others",
            [_theorem(bound, verdicts) for bound in bounds.ALL],
        ),
    ]
    for key, group in groupby(done, key=lambda d: d.key):
        rows = [_claim(d.verdict) for d in group]
        parts += [f"## {key}\n", _table("claim|whose|kind|verdict|mended", rows)]
    return "\n".join(parts)


def _theorem(bound: "bounds.Bound[Any]", verdicts: "Sequence[Verdict]") -> list[str]:
    about = [v for v in verdicts if bound.name in v.of]
    kinds = {str(v.kind): None for v in sorted(about, key=lambda v: v.kind)}
    count = [f"{sum(v.kind == k for v in about)} {k}" for k in kinds]
    digits = [v.digits for v in about if v.digits is not None]
    shown = {v.without for v in about if v.without and v.as_expected}
    names = [a.name for a in bound.assumptions]
    good = all(v.as_expected for v in about)
    owed = [k for k in _ASKED if k not in kinds]
    checked = ", ".join(count) + ("" if good else ", **not as recorded**")
    if owed:
        checked += (", " if checked else "") + f"*owed: {', '.join(owed)}*"
    return [
        f"`{bound.name}`",
        f"`{bound.formula.__module__.removeprefix('nonvacuous.')}`",
        f"{bound.source.key}, {bound.source.where}",
        str(bound.source.fidelity),
        "confirmed" if bound.source.confirmed else "unconfirmed",
        checked,
        str(min(digits)) if digits else "",
        ", ".join(n for n in names if n in shown),
        ", ".join(n for n in names if n not in shown),
    ]


def _claim(verdict: "Verdict") -> list[str]:
    word = str(verdict.truth)
    if not verdict.as_expected:
        word = f"**{word}, recorded: {verdict.expected}**"
    return [
        verdict.claim,
        str(verdict.whose),
        str(verdict.kind),
        word,
        verdict.mended,
    ]


def _table(head: str, rows: Sequence[Sequence[str]]) -> str:
    names = head.split("|")
    lines = [names, ["---"] * len(names), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n"
        for line in lines
    )
