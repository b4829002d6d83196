"""Options that several commands take."""

from pathlib import Path
from typing import Annotated, Optional

import typer

__all__ = [
    "DataDir",
    "Json",
    "Normalize",
    "Quiet",
    "Role",
    "Seed",
    "numbers",
    "pair",
]

DataDir = Annotated[
    Optional[Path],  # noqa: UP045 typer reads it
    typer.Option(
        help="Folder that holds mnist/*.gz, fashion-mnist/*.gz and"
        " cifar10/cifar-10-batches-bin/*.bin."
    ),
]
Role = Annotated[
    Optional[str],  # noqa: UP045 typer reads it
    typer.Option(help="train or holdout, for an .npz file with bare x and y."),
]
Normalize = Annotated[
    Optional[str],  # noqa: UP045 typer reads it
    typer.Option(metavar="MEAN,STD", help="What the net's inputs are scaled by."),
]
Seed = Annotated[int, typer.Option(help="Of everything random.")]
Json = Annotated[
    Optional[Path],  # noqa: UP045 typer reads it
    typer.Option(help="Write the report there as JSON, atomically."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bar.")]


def pair(text: str) -> tuple[float, float]:
    """MEAN,STD as two numbers.

    Raises:
        ValueError: if it is something else.
    """
    try:
        mean, std = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"--normalize must be MEAN,STD, two numbers, got {text!r}"
        ) from None
    return mean, std


def numbers(option: str, text: str) -> tuple[float, ...]:
    """Numbers with commas between them; none for an empty text.

    Raises:
        ValueError: if it is something else.
    """
    try:
        return tuple(float(part) for part in text.split(",") if text)
    except ValueError:
        raise ValueError(
            f"{option} must be numbers with commas between them, got {text!r}"
        ) from None
