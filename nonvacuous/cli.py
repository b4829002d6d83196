"""The command line: ``nonvacuous certify | train | check``.

Exit codes: 0 done; 1 a check does not hold; 2 bad input, with one sentence on stderr;
130 interrupted.  Nothing heavy is imported before a command runs.
"""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn, Optional, ParamSpec

import typer

__all__ = ["main"]

P = ParamSpec("P")

app = typer.Typer(
    help="Generalization bounds for trained neural nets, proved and rounded up.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DataDir = Annotated[
    Optional[Path],  # noqa: UP045 typer reads it
    typer.Option(
        help="Folder that holds mnist/*.gz, fashion-mnist/*.gz and"
        " cifar10/cifar-10-batches-bin/*.bin."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bar.")]


def main() -> NoReturn:
    """Run the command line; always ends in SystemExit."""
    app()
    sys.exit(0)


def _one_sentence(command: Callable[P, int]) -> Callable[P, None]:
    """Bad input becomes one sentence on stderr and exit code 2."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except KeyboardInterrupt:
            typer.echo("nonvacuous: interrupted", err=True)
            code = 130
        except (ValueError, TypeError, OSError, MemoryError) as error:
            sentence = " ".join(str(error).split()) or type(error).__name__
            typer.echo(f"nonvacuous: {sentence}", err=True)
            code = 2
        raise typer.Exit(code)

    return run


def _version(wanted: bool) -> None:
    if wanted:
        from nonvacuous import __version__

        typer.echo(f"nonvacuous {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Take the options that stand before the command."""


@app.command()
@_one_sentence
def certify(
    model: Annotated[
        Optional[Path],  # noqa: UP045 typer reads it
        typer.Argument(
            help="A .safetensors file or a torch state_dict; without it, the bundled"
            " net on the bundled digits."
        ),
    ] = None,
    data: Annotated[
        Optional[str],  # noqa: UP045 typer reads it
        typer.Option(
            help="digits, mnist, fashion-mnist, cifar10, or a path ending in .npz."
        ),
    ] = None,
    data_dir: DataDir = None,
    role: Annotated[
        Optional[str],  # noqa: UP045 typer reads it
        typer.Option(help="train or holdout, for an .npz file with bare x and y."),
    ] = None,
    normalize: Annotated[
        Optional[str],  # noqa: UP045 typer reads it
        typer.Option(metavar="MEAN,STD", help="What the net's inputs are scaled by."),
    ] = None,
    delta: Annotated[
        float, typer.Option(help="Probability that a row is wrong, in (0, 1).")
    ] = 0.05,
    bounds: Annotated[
        Optional[str],  # noqa: UP045 typer reads it
        typer.Option(help="Names of theorems, comma-separated; all by default."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    refuse_duplicates: Annotated[
        bool,
        typer.Option(
            "--refuse-duplicates",
            help="Refuse a test row whose contents are in the training sample.",
        ),
    ] = False,
    json: Annotated[
        Optional[Path],  # noqa: UP045 typer reads it
        typer.Option(help="Write the report there as JSON, atomically."),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Certify a trained net: every bound, beside the errors really seen.

    Example: nonvacuous certify net.safetensors --data mnist --json report.json
    """
    from nonvacuous._files import check_writable, write_atomically
    from nonvacuous._numerics import check_delta

    check_delta(delta)
    scale = None if normalize is None else _pair(normalize)
    if json is not None:
        check_writable(json)
    if model is not None and data is None:
        raise ValueError(
            "MODEL needs --data: digits, mnist, fashion-mnist, cifar10 or a .npz"
        )
    if model is None:
        if data not in (None, "digits"):
            raise ValueError(
                f"--data {data} needs a MODEL; only digits has its own net"
            )

    import nonvacuous
    from nonvacuous.data import load
    from nonvacuous.nets import bundled, read

    network = bundled() if model is None else read(model)
    loaded = load(data or "digits", data_dir=data_dir, role=role)
    with _bar(quiet) as show:
        report = nonvacuous.certify(
            network,
            loaded.train,
            loaded.test,
            delta=delta,
            bounds=None if bounds is None else bounds.split(","),
            seed=seed,
            normalize=scale,
            refuse_duplicates=refuse_duplicates,
            progress=show,
        )
    from rich.console import Console

    from nonvacuous.report import render

    console = Console()
    if not console.is_terminal:
        console = Console(width=100)
    console.print(render(report))
    if json is not None:
        write_atomically(json, report.to_json().encode())
    return 130 if report.interrupted else 0


@app.command()
@_one_sentence
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
    with _bar(quiet) as show:
        net = fine_tune(
            initial(sizes, seed),
            sample.x,
            sample.y,
            recipe,
            keep_zeros=False,
            progress=lambda fraction: show(fraction, "training"),
        )
    errors = count_errors(net, sample.x, sample.y)
    save(net, out, recipe=repr(recipe), data=f"{sample.source} {sample.digest}")
    typer.echo(
        f"{out}: net {net}, train error {100 * errors / len(sample):.2f} %"
        f" ({errors:,} of {len(sample):,})"
    )
    return 0


@app.command()
@_one_sentence
def check(
    key: Annotated[
        Optional[str],  # noqa: UP045 typer reads it
        typer.Argument(help="A paper's BibTeX key; all of them by default."),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Run the paper checks: does each formula say what its paper says?

    Example: nonvacuous check baykal2019coresets
    """
    import paper_checks
    from nonvacuous.report._ledger import ledger

    found = paper_checks.checks(key)
    verdicts = []
    with _bar(quiet) as show:
        for done, one in enumerate(found):
            show(done / len(found), one.__name__)
            verdicts.append((one.__module__.rpartition(".")[2], one()))
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 100).print(ledger(verdicts))
    return 0 if all(v.as_expected for _, v in verdicts) else 1


def _pair(text: str) -> tuple[float, float]:
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


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[float, str], None]]:
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


if __name__ == "__main__":
    main()
