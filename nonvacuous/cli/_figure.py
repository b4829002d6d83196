"""A picture of a bound against one variable, with its target and the answer."""

import io
import math
from pathlib import Path

import numpy as np

from nonvacuous._files import write_atomically
from nonvacuous.bounds import Bound, Loss
from nonvacuous.bounds.planning import Reached
from nonvacuous.bounds.planning._words import as_value, sayer

__all__ = ["draw"]

POINTS = 200
SPAN = 20.0  # how far to either side of the answer, as a factor


def draw(reached: Reached, path: Path) -> None:
    """Draw the bound around the answer into a .png, .svg or .pdf file."""
    from matplotlib.figure import Figure

    question, answer = reached.question, float(reached.value)
    theorem = question.theorem
    risk = isinstance(theorem, Bound)
    errors = isinstance(theorem, Bound) and theorem.loss is not Loss.UNIT
    scale = 100.0 if errors else 1.0
    values = _values(reached)
    numbers = np.array([question.try_number(v) or np.nan for v in values])
    seen = np.isfinite(numbers)
    x, y = np.array(values, dtype=float)[seen], scale * numbers[seen]

    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(x, y, color="tab:blue", label=theorem.name)
    say = sayer(theorem)
    axes.axhline(
        scale * reached.target,
        color="tab:gray",
        linestyle="--",
        label=f"target {say(reached.target, exact=True)}",
    )
    shown = as_value(reached.value, up=question.falls)
    axes.plot(
        [answer],
        [scale * reached.raw],
        "o",
        color="tab:red",
        label=f"{question.variable} = {shown}",
    )
    if x.size and x.min() > 0 and x.max() > 10 * x.min():
        axes.set_xscale("log")
    if risk:
        top = max(float(y.max(initial=0)), scale * reached.target)
        axes.set_ylim(0, min(1.05 * scale, 1.05 * top))
    elif y.size and y.min() > 0:
        axes.set_yscale("log")
    axes.set_xlabel(question.variable)
    said = "bound on the risk, %" if errors else "bound on the loss"
    axes.set_ylabel(said if risk else "size")
    axes.grid(alpha=0.3)
    axes.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix[1:], dpi=150)
    write_atomically(path, buffer.getvalue())


def _values(reached: Reached) -> list[int] | list[float]:
    """Values from a twentieth of the answer to twenty times of it, the answer too."""
    answer = float(reached.value)
    if answer == 0 or not np.isfinite(answer):
        high = 20.0 if answer == 0 else 1e6
        spread = np.linspace(0.0, high, POINTS)
    else:
        spread = answer * SPAN ** np.linspace(-1.0, 1.0, POINTS)
    question = reached.question
    if question.rate and question.errors:  # both ends of the teeth
        counts = {question.count(max(1, int(v))) for v in spread}
        tops = {math.floor((k - 1) / question.rate) + 1 for k in counts}
        ends = {math.floor(k / question.rate) for k in counts}
        ends |= tops | {int(v) for v in spread}
        low, high = spread[0], spread[-1]
        return sorted({v for v in ends if low <= v <= high} | {int(answer)})
    if question.whole:
        return sorted({int(v) for v in spread} | {int(answer)})
    return sorted({*map(float, spread), answer})
