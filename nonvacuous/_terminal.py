"""What all commands share: one sentence for bad input, a bar, a console."""

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["bar", "one_sentence", "show"]

P = ParamSpec("P")

_PLAIN_WIDTH = 100  # columns where the output is no terminal


def one_sentence(command: Callable[P, int]) -> Callable[P, None]:
    """Bad input becomes one sentence on stderr and exit code 2."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except KeyboardInterrupt:
            typer.echo("nonvacuous: interrupted", err=True)
            code = 130
        except BrokenPipeError:  # nobody reads on, as in `nonvacuous bound | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1  # as rich does
        except (
            ArithmeticError,
            ValueError,
            TypeError,
            OSError,
            MemoryError,
        ) as error:
            sentence = " ".join(str(error).split()) or type(error).__name__
            typer.echo(f"nonvacuous: {sentence}", err=True)
            code = 2
        raise typer.Exit(code)

    return run


def show(*parts: "RenderableType") -> None:
    """Print on stdout, as wide as the terminal, or 100 columns without one."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=_PLAIN_WIDTH)
    console.print(*parts)


@contextmanager
def bar(quiet: bool) -> Iterator[Callable[[float, str], None]]:
    """A progress bar with the time left on stderr, if that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    with progress:
        task = progress.add_task("starting", total=1.0)
        yield lambda fraction, phrase: progress.update(
            task, completed=fraction, description=phrase
        )
