"""The answer to a question asked of a theorem, in words and as a table."""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nonvacuous.bounds._bound import plain
from nonvacuous.bounds.planning import Reached, Unreachable
from nonvacuous.bounds.planning._words import as_percent, as_value, sayer

__all__ = ["answered"]


def answered(
    result: Reached | Unreachable, table: Mapping[float, float]
) -> RenderableType:
    """The answer, what proves it, and the numbers around it."""
    if isinstance(result, Unreachable):
        return Text.assemble(("Out of reach: ", "bold"), f"{result.reason}.")
    head, *more = _sentences(result)
    parts: list[RenderableType] = [Text(head, style="bold")]
    parts += [Text(sentence) for sentence in more]
    return Group(*parts, Text(), _table(result, table))


def _sentences(result: Reached) -> Iterator[str]:
    question = result.question
    name, say = question.variable, sayer(question.theorem)
    least = "At least" if question.falls else "At most"
    value = as_value(result.value, up=question.falls)
    target = say(result.target, exact=True)
    by = f"by {question.theorem.name}"
    if name != "delta":
        by += f", except with probability {plain(result.delta)}"
    yield f"{least} {name} = {value}, for a bound of at most {target} {by}."
    errors = getattr(result.evidence, question.errors) if question.errors else None
    yield f"There it is {_met(result, result.raw)}" + (
        f", with {errors:,} {question.errors.replace('_', ' ')}."
        if errors is not None
        else "."
    )
    held = {
        f.name: getattr(result.evidence, f.name)
        for f in fields(result.evidence)
        if f.name not in (name, question.errors)
    }
    numbers = {
        k: v
        for k, v in held.items()
        if isinstance(v, int | float) and not isinstance(v, bool)
    }
    if numbers and name == "trials":
        said = ", ".join(f"{k} = {as_value(v, up=True)}" for k, v in numbers.items())
        yield f"Held fixed, however many rows there are: {said}."
    if result.until is not None and question.rate is not None:
        rate = as_percent(float(question.rate))
        yield (
            f"At a rate of {rate} % it holds for each n from there to {result.until:,}."
        )
        if not result.least:
            yield (
                "It is not the least such n: rate and target are so close that finding"
                " that would take too long."
            )
        if result.first is not None and result.first < result.value:
            yield (
                f"The first n at which it holds is {as_value(result.first, up=True)},"
                " but not each n after it will do: one more error counts at once, the"
                " rows that dilute it come later."
            )
    elif result.beyond is None:
        yield "Every possible value will do."


def _met(result: Reached, number: float) -> str:
    """The number rounded up, but the very target as it was typed."""
    say = sayer(result.question.theorem)
    return say(number, exact=number == result.target)


def _table(result: Reached, numbers: Mapping[float, float]) -> Table:
    question = result.question
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0)
    )
    table.add_column(question.variable, justify="right", no_wrap=True)
    if question.errors:
        table.add_column(question.errors, justify="right", no_wrap=True)
    table.add_column("bound", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for value, number in numbers.items():
        mark = "" if number <= result.target else "above the target"
        cells = [as_value(value, up=question.falls), _met(result, number), mark]
        if question.errors:
            errors = getattr(question.fact(value), question.errors)
            cells.insert(1, f"{errors:,}")
        table.add_row(*cells, style="bold" if value == result.value else None)
    return table
