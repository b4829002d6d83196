"""``nonvacuous sample-size``: theorems asked the other way round."""

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from nonvacuous._terminal import one_sentence

__all__ = ["sample_size"]

FORMAT = "nonvacuous-plan/1"


@one_sentence
def sample_size(
    context: typer.Context,
    words: Annotated[
        Optional[list[str]],  # noqa: UP045 typer reads it
        typer.Argument(metavar="NAME FLAGS", hidden=True),
    ] = None,
) -> int:
    """How many rows, bits, nats or errors bring a bound down to a target.

    NAME is a theorem of nonvacuous bound list, holdout-binomial by default, or one of
    the sizes: corenet-draws, corenet-network-size, corenet-support-size,
    arora-projections, arora-coefficients. Its flags are the facts that it needs,
    without the one that is asked for, and

    --target T: what the bound must not exceed, 0.05 or 5%; a count for a size;

    --solve WHAT: n (the rows, by default), delta, or a field: bits, errors, kl,
    epsilon ...;

    --rate R: share of the rows that are errors, instead of --errors;

    --delta X: probability of being wrong, 0.05 by default;

    --json [FILE]: print JSON instead, or write it to FILE;

    --plot FILE: draw the bound there, .png, .svg or .pdf.

    Exit codes: 0 an answer; 1 the target is out of reach; 2 bad input.

    Example: nonvacuous sample-size --rate 3% --target 5%

    Example: nonvacuous sample-size occam-binomial --solve bits --errors 600 --trials
    60000 --target 10%
    """
    words = words or []
    if {"--help", "-h"} & {*words} or not words:
        typer.echo(context.get_help())
        return 0

    from nonvacuous.bounds import ALL
    from nonvacuous.bounds.planning import SIZES
    from nonvacuous.cli import _facts

    name, rest = _facts.named(words)
    return _answer(_facts.find(name or "holdout-binomial", [*ALL, *SIZES]), rest)


def _answer(theorem: Any, words: list[str]) -> int:
    from nonvacuous import _json
    from nonvacuous.bounds.planning import Reached, Size, around, solve
    from nonvacuous.bounds.planning._question import check_variable, error_count
    from nonvacuous.cli import _facts
    from nonvacuous.cli._output import deliver, reserve
    from nonvacuous.report._plan import answered

    options = _parser(theorem).read(words, theorem.name)
    asked, target = options.pop("solve"), options.pop("target", None)
    rate, delta = options.pop("rate", None), options.pop("delta")
    json, plot = options.pop("json"), options.pop("plot")
    if target is None and isinstance(theorem, Size):
        return _forward(theorem, options, delta, json)
    variable = _variable(theorem, asked)
    if target is None:
        raise ValueError("--target is missing: the bound that is wanted, 0.05 or 5%")
    check_variable(theorem, variable)
    if variable in options:
        flag = variable.replace("_", "-")
        raise ValueError(f"--{flag} is what is asked for, so it cannot be given")
    counted = () if rate is None else (error_count(theorem),)
    if counted and counted[0] in options:
        raise ValueError(
            f"--rate and --{counted[0].replace('_', '-')} exclude each other"
        )
    _facts.require(theorem, options, but=(variable, *counted))
    for path in (json, plot):
        reserve(path)
    if plot is not None and plot.suffix not in (".png", ".svg", ".pdf"):
        raise ValueError(f"--plot must end in .png, .svg or .pdf, got {plot}")

    result = solve(theorem, variable, target, options, delta=delta, rate=rate)
    reached = isinstance(result, Reached)
    table = around(result) if isinstance(result, Reached) else {}
    facts = {
        "format": FORMAT,
        "theorem": theorem.name,
        "source": str(theorem.source),
        "variable": variable,
        "target": target,
        "rate": None if rate is None else float(rate),
        "delta": delta,
        "reached": reached,
    }
    if isinstance(result, Reached):
        facts |= {
            "value": result.value,
            "raw": result.raw,
            "beyond": result.beyond,
            "first": result.first,
            "until": result.until,
            "least": result.least,
            "delta": result.delta,
            "evidence": _json.plain_data(result.evidence),
            "table": [{"value": v, "raw": r} for v, r in table.items()],
        }
        if plot is not None:
            from nonvacuous.cli._figure import draw

            draw(result, plot)
    else:
        facts["reason"] = result.reason
        if plot is not None:
            typer.echo(f"nonvacuous: no answer, so {plot} is not drawn", err=True)
    deliver(json, _json.text(facts), answered(result, table))
    return 0 if reached else 1


def _parser(theorem: Any) -> Any:
    from nonvacuous.cli import _facts

    parser = _facts.Parser()
    for flag in _facts.flags(theorem):
        parser.add(flag)
    parser.add_argument("--target", type=_facts.number)
    parser.add_argument("--solve", default=None)
    parser.add_argument("--rate", type=_facts.rate)
    parser.add_argument("--delta", type=_facts.number, default=0.05)
    parser.add_argument("--json", nargs="?", type=Path, const=Path("-"), default=None)
    parser.add_argument("--plot", type=Path, default=None)
    return parser


def _variable(theorem: Any, asked: str | None) -> str:
    """The field that is meant: n is the rows; the first that can be, by default."""
    from nonvacuous.bounds.planning import Size
    from nonvacuous.bounds.planning._question import solvable

    allowed = solvable(theorem)
    if asked is None:
        asked = allowed[0] if isinstance(theorem, Size) else "n"
    name = asked.replace("-", "_")
    return "trials" if name == "n" and "n" not in allowed else name


def _forward(theorem: Any, facts: Any, delta: float, json: Path | None) -> int:
    """A size as it is: no target, nothing to solve for."""
    from nonvacuous import _json
    from nonvacuous.bounds.planning._words import as_count
    from nonvacuous.cli import _facts
    from nonvacuous.cli._output import deliver, reserve

    _facts.require(theorem, facts)
    reserve(json)
    number = theorem.formula(type(theorem.example)(**facts), delta)
    said = {"format": FORMAT, "theorem": theorem.name, "source": theorem.source}
    deliver(
        json,
        _json.text({**said, "delta": delta, "evidence": facts, "value": number}),
        f"{as_count(number)} {theorem.about} ({theorem.source}).",
    )
    return 0
