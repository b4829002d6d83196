"""The command line: ``nonvacuous certify | compress | train | check``.

Exit codes: 0 done; 1 a check does not hold; 2 bad input, with one sentence on stderr;
130 interrupted.  Nothing heavy is imported before a command runs.
"""

import sys
from pathlib import Path
from typing import Annotated, NoReturn, Optional

import typer

from nonvacuous._terminal import bar, one_sentence, show

__all__ = ["main"]

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


def main() -> NoReturn:
    """Run the command line; always ends in SystemExit."""
    app()
    sys.exit(0)


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
@one_sentence
def certify(
    model: Annotated[
        Optional[Path],  # noqa: UP045 typer reads it
        typer.Argument(
            help="A .safetensors or .code file or a torch state_dict; without it, the"
            " bundled net on the bundled digits."
        ),
    ] = None,
    data: Annotated[
        Optional[str],  # noqa: UP045 typer reads it
        typer.Option(
            help="digits, mnist, fashion-mnist, cifar10, or a path ending in .npz."
        ),
    ] = None,
    data_dir: DataDir = None,
    role: Role = None,
    normalize: Normalize = None,
    delta: Annotated[
        float, typer.Option(help="Probability that a row is wrong, in (0, 1).")
    ] = 0.05,
    bounds: Annotated[
        Optional[str],  # noqa: UP045 typer reads it
        typer.Option(help="Names of theorems, comma-separated; all by default."),
    ] = None,
    seed: Seed = 0,
    refuse_duplicates: Annotated[
        bool,
        typer.Option(
            "--refuse-duplicates",
            help="Refuse a test row whose contents are in the training sample.",
        ),
    ] = False,
    json: Json = None,
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
    with bar(quiet) as progress:
        report = nonvacuous.certify(
            network,
            loaded.train,
            loaded.test,
            delta=delta,
            bounds=None if bounds is None else bounds.split(","),
            seed=seed,
            normalize=scale,
            refuse_duplicates=refuse_duplicates,
            progress=progress,
        )
    from nonvacuous.report import render

    show(render(report))
    if json is not None:
        write_atomically(json, report.to_json().encode())
    return 130 if report.interrupted else 0


@app.command()
@one_sentence
def compress(
    method: Annotated[
        str, typer.Option(help="The name of a method; list shows them all.")
    ],
    model: Annotated[
        Optional[Path],  # noqa: UP045 typer reads it
        typer.Argument(help="A .safetensors or .code file or a torch state_dict."),
    ] = None,
    keep: Annotated[
        Optional[float],  # noqa: UP045 typer reads it
        typer.Option(help="Share of the weights to keep, in (0, 1]."),
    ] = None,
    epsilon: Annotated[
        Optional[float],  # noqa: UP045 typer reads it
        typer.Option(help="Relative output error that a theorem is to guarantee."),
    ] = None,
    delta: Annotated[
        float, typer.Option(help="Probability that the theorem fails, in (0, 1).")
    ] = 0.05,
    data: Annotated[
        Optional[str],  # noqa: UP045 typer reads it
        typer.Option(help="digits, mnist, fashion-mnist, or a path ending in .npz."),
    ] = None,
    data_dir: DataDir = None,
    role: Role = None,
    normalize: Normalize = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045 typer reads it
        typer.Option(help="Where the .safetensors file goes, its .code beside it."),
    ] = None,
    seed: Seed = 0,
    speed: Annotated[
        bool, typer.Option("--speed", help="Measure the speed of the result too.")
    ] = False,
    json: Json = None,
    quiet: Quiet = False,
) -> int:
    """Make a net smaller, and say what was kept, what it costs and what is sure.

    Example: nonvacuous compress net.safetensors --data mnist --method corenet
    --keep 0.2 --out small.safetensors
    """
    from nonvacuous._numerics import check_delta
    from nonvacuous.compression import METHODS, find_method
    from nonvacuous.report._compression import methods_table, render_compression

    if method == "list":
        show(methods_table(METHODS))
        return 0
    chosen = find_method(method)
    chosen.check(keep, epsilon)
    check_delta(delta)
    scale = None if normalize is None else _pair(normalize)
    if model is None or out is None:
        raise ValueError("compress needs a MODEL, and --out for what becomes of it")
    if chosen.needs_rows and data is None:
        raise ValueError(f"{method} looks at rows of data: give --data")

    from nonvacuous import _compress
    from nonvacuous.data import load
    from nonvacuous.nets import read

    outputs = _compress.Outputs(net=out, json=json)
    outputs.check_input(model)
    network = read(model)
    if scale is not None:
        network = network.normalized(*scale)
    loaded = None if data is None else load(data, data_dir=data_dir, role=role)
    with bar(quiet) as progress:
        result = _compress.compress(
            network,
            chosen,
            keep=keep,
            epsilon=epsilon,
            delta=delta,
            seed=seed,
            data=loaded,
            speed=speed,
            progress=progress,
        )
    outputs.write(result)
    show(render_compression(result))
    typer.echo(f"\nWritten: {outputs.net}, and its code {outputs.code}")
    return 0


@app.command()
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


@app.command()
@one_sentence
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
    with bar(quiet) as progress:
        for done, one in enumerate(found):
            progress(done / len(found), one.__name__)
            verdicts.append((one.__module__.rpartition(".")[2], one()))
    show(ledger(verdicts))
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


if __name__ == "__main__":
    main()
