"""``nonvacuous bound``: any theorem from bare numbers."""

import shlex
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from nonvacuous._terminal import one_sentence, show

__all__ = ["bound"]

FORMAT = "nonvacuous-bound/1"


@one_sentence
def bound(
    context: typer.Context,
    words: Annotated[
        Optional[list[str]],  # noqa: UP045 typer reads it
        typer.Argument(metavar="NAME FLAGS", hidden=True),
    ] = None,
) -> int:
    """Apply any theorem to bare numbers: no net, no data.

    NAME alone or with --help says what the theorem states, assumes and needs; list
    shows all names. Its flags are the facts that it needs, and

    --delta X: probability of being wrong, in (0, 1), 0.05 by default;

    --json [FILE]: print JSON instead, or write it to FILE.

    Exit codes: 0 a certificate; 1 the theorem refuses; 2 bad input.

    Example: nonvacuous bound occam-binomial --errors 2400 --trials 60000 --bits 5000
    """
    words = words or []
    if words in (["--help"], ["-h"]):
        typer.echo(context.get_help())
        return 0

    from nonvacuous.bounds import ALL
    from nonvacuous.cli import _facts
    from nonvacuous.report._bound import explained, theorems_table

    name, rest = _facts.named(words)
    if name is None and rest:
        raise ValueError(f"bound needs the name of a theorem before {rest[0]}")
    if name in (None, "list") and not rest:
        show(theorems_table((b, _needs(b)) for b in ALL))
        typer.echo("\nnonvacuous bound NAME --help says more of one.")
        return 0
    if name == "list":
        raise ValueError(f"bound list takes nothing else, got {' '.join(rest)}")
    theorem = _facts.find(name or "", ALL)
    if not rest or {"--help", "-h", "--explain"} & {*rest}:
        fields = [(f.shown, f.help + _default(f)) for f in _facts.flags(theorem)]
        example = shlex.join(["nonvacuous", "bound", name or "", *_short(theorem)])
        show(explained(theorem, fields, example))
        return 0
    return _apply(theorem, rest)


def _apply(theorem: Any, words: list[str]) -> int:
    """Read the facts, certify, say so."""
    from nonvacuous import _json
    from nonvacuous.bounds import About, Refusal
    from nonvacuous.bounds._binomial import MAX_TRIALS
    from nonvacuous.bounds.holdout import clopper_pearson
    from nonvacuous.cli import _facts
    from nonvacuous.cli._output import deliver, reserve
    from nonvacuous.evidence import HoldoutErrors
    from nonvacuous.report._bound import rendered

    parser = _facts.Parser()
    for flag in _facts.flags(theorem):
        parser.add(flag)
    parser.add_argument("--delta", type=_facts.number, default=0.05)
    parser.add_argument("--json", nargs="?", type=Path, const=Path("-"), default=None)
    options = parser.read(words, theorem.name)
    delta, json = options.pop("delta"), options.pop("json")
    _facts.require(theorem, options)
    reserve(json)
    evidence = type(theorem.example)(**options)
    outcome = theorem.certify(evidence, delta=delta)
    if isinstance(outcome, Refusal):
        refusal = {"assumption": outcome.assumption, "reason": outcome.reason}
        facts = {"format": FORMAT, "theorem": theorem.name, "refused": refusal}
        deliver(json, _json.text(facts), f"{outcome}.")
        return 1
    beside = None
    types = {flag.name: flag.kind for flag in _facts.flags(theorem)}
    counted = types.get("errors") is int and types.get("trials") is int
    rows = evidence.trials - getattr(evidence, "kept", 0) if counted else 0
    # errors of one net; those of many, one for each row, say nothing of a net
    if theorem.about is not About.STOCHASTIC and 0 < rows <= MAX_TRIALS:
        counts = HoldoutErrors(errors=evidence.errors, trials=rows)
        other = clopper_pearson.certify(counts, delta=delta)
        if theorem is not clopper_pearson and not isinstance(other, Refusal):
            seen = isinstance(evidence, HoldoutErrors)
            lead = (
                "From the same counts, at most"
                if seen
                else "If these rows had been unseen by the net and its choice, at most"
            )
            beside = (lead, other)
    facts = {
        "format": FORMAT,
        **_json.certificate(outcome),
        "holdout": None if beside is None else _json.certificate(beside[1]),
    }
    deliver(json, _json.text(facts), rendered(outcome, beside))
    return 0


def _needs(theorem: Any) -> list[str]:
    from nonvacuous.cli import _facts

    return [flag.word for flag in _facts.flags(theorem) if flag.required]


def _default(flag: Any) -> str:
    return "" if flag.required else f" By default {_said(flag.default)}."


def _said(value: Any) -> str:
    if value is None or isinstance(value, bool):  # 0 == False, 1 == True
        return {None: "nothing", True: "yes", False: "no"}[value]
    return str(value)


def _short(theorem: Any) -> list[str]:
    """The example's words; a long list of numbers stands for a file."""
    from nonvacuous.cli import _facts

    words = _facts.example_words(theorem)
    return [word if len(word) < 80 else "@numbers.txt" for word in words]
