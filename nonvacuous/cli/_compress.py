"""``nonvacuous compress``."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from nonvacuous._terminal import bar, one_sentence, show
from nonvacuous.cli._options import DataDir, Json, Normalize, Quiet, Role, Seed, pair

__all__ = ["compress"]


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
    scale = None if normalize is None else pair(normalize)
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
