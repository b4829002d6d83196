"""``nonvacuous train``."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from nonvacuous._terminal import bar, one_sentence
from nonvacuous.cli._options import DataDir, Quiet

__all__ = ["train"]


@one_sentence
def train(
    data: Annotated[
        str,
        typer.Option(
            help="digits, mnist, fashion-mnist, cifar10, or a path ending in .npz."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Where the .safetensors file goes.")],
    layers: Annotated[
        str, typer.Option(help="Hidden units, comma-separated.")
    ] = "300,100",
    epochs: Annotated[int, typer.Option(help="Passes over the sample.")] = 10,
    rate: Annotated[float, typer.Option(help="Adam's first learning rate.")] = 1e-3,
    batch: Annotated[int, typer.Option(help="Rows in a batch.")] = 128,
    seed: Annotated[int, typer.Option(help="Of the start and the batches.")] = 0,
    data_dir: DataDir = None,
    role: Annotated[
        Optional[str],  # noqa: UP045 typer reads it
        typer.Option(help="train, for an .npz file with bare x and y."),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Train a net to play with, on the training rows alone.

    Example: nonvacuous train --data mnist --layers 300,100 --out net.safetensors
    """
    from nonvacuous._files import check_writable

    hidden = _widths(layers)
    check_writable(out)
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    if out.suffix != ".safetensors":
        raise ValueError(f"out must end in .safetensors, got {out}")

    import math

    from nonvacuous._counting import count_errors
    from nonvacuous.data import load
    from nonvacuous.nets import save
    from nonvacuous.training import Recipe, fine_tune, initial

    loaded = load(data, data_dir=data_dir, role=role)
    sample = loaded.train
    if sample is None:
        raise ValueError(f"{data} has no training rows")
    steps = epochs * math.ceil(len(sample) / batch) if batch > 0 else 0
    recipe = Recipe(steps=steps, rate=rate, batch=batch, seed=seed)
    sizes = (math.prod(sample.x.shape[1:]), *hidden, loaded.classes)
    with bar(quiet) as progress:
        net = fine_tune(
            initial(sizes, seed),
            sample.x,
            sample.y,
            recipe,
            keep_zeros=False,
            progress=lambda fraction: progress(fraction, "training"),
        )
    errors = count_errors(net, sample.x, sample.y)
    save(net, out, recipe=repr(recipe), data=f"{sample.source} {sample.digest}")
    typer.echo(
        f"{out}: net {net}, train error {100 * errors / len(sample):.2f} %"
        f" ({errors:,} of {len(sample):,})"
    )
    return 0


def _widths(text: str) -> tuple[int, ...]:
    """Comma-separated hidden widths.

    Raises:
        ValueError: if it is something else.
    """
    try:
        widths = tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        widths = (0,)
    if any(width < 1 for width in widths):
        raise ValueError(f"--layers must be whole numbers above 0, got {text!r}")
    return widths
