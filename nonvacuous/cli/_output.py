"""Where a command's answer goes: the terminal, JSON on it, or a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nonvacuous._terminal import show

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["deliver", "reserve"]

_STDOUT = Path("-")


def reserve(path: Path | None) -> None:
    """Refuse an output file before the work."""
    from nonvacuous._files import check_writable

    if path is not None and path != _STDOUT:
        check_writable(path)


def deliver(path: Path | None, json: str, words: "RenderableType") -> None:
    """Words on the terminal, and JSON in a file; or JSON alone for the path ``-``."""
    from nonvacuous._files import write_atomically

    if path == _STDOUT:
        typer.echo(json, nl=False)
        return
    if path is not None:
        write_atomically(path, json.encode())
    show(words)
