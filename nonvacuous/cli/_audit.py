"""``nonvacuous audit``."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from nonvacuous._terminal import bar, one_sentence, show
from nonvacuous.cli._options import (
    DataDir,
    Json,
    Normalize,
    Quiet,
    Role,
    Seed,
    numbers,
    pair,
)

__all__ = ["audit"]


@one_sentence
def audit(
    model: Annotated[
        Path,
        typer.Argument(help="A .safetensors or .code file or a torch state_dict."),
    ],
    data: Annotated[
        str,
        typer.Option(
            help="digits, mnist, fashion-mnist, cifar10, or a path ending in .npz."
        ),
    ],
    data_dir: DataDir = None,
    role: Role = None,
    normalize: Normalize = None,
    delta: Annotated[
        float, typer.Option(help="Failure probability of the theorem, in (0, 1).")
    ] = 0.05,
    keep: Annotated[
        str, typer.Option(help="Budgets to sample nets at, comma-separated.")
    ] = "0.1,0.3,0.5,0.8",
    epsilon: Annotated[
        str, typer.Option(help="Errors to ask the theorem for, comma-separated.")
    ] = "0.5",
    draws: Annotated[int, typer.Option(help="Nets to sample at each.")] = 20,
    seed: Seed = 0,
    plot: Annotated[
        Optional[Path],  # noqa: UP045 typer reads it
        typer.Option(help="Draw it there: .png, .svg or .pdf."),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> int:
    """Do a theorem's parameters and assumptions hold on this net and these data?

    Example: nonvacuous audit net.safetensors --data mnist --plot audit.png
    """
    from nonvacuous._files import check_writable, write_together
    from nonvacuous._numerics import check_delta

    check_delta(delta)
    scale = None if normalize is None else pair(normalize)
    keeps, epsilons = numbers("--keep", keep), numbers("--epsilon", epsilon)
    if plot is not None and plot.suffix not in (".png", ".svg", ".pdf"):
        raise ValueError(f"--plot must end in .png, .svg or .pdf, got {plot}")
    for path in (json, plot):
        if path is not None:
            check_writable(path)

    import nonvacuous
    from nonvacuous.data import load
    from nonvacuous.nets import read

    network = read(model)
    loaded = load(data, data_dir=data_dir, role=role)
    with bar(quiet) as progress:
        result = nonvacuous.audit(
            network,
            loaded.train,
            loaded.test,
            delta=delta,
            keeps=keeps,
            epsilons=epsilons,
            draws=draws,
            seed=seed,
            normalize=scale,
            progress=progress,
        )
    from nonvacuous.report._audit import render_audit

    files = {}
    if json is not None:
        files[json] = result.to_json().encode()
    if plot is not None and result.corenet is not None:
        from nonvacuous.report._audit_plots import draw_audit

        files[plot] = draw_audit(result, plot.suffix[1:])
    write_together(files)
    show(render_audit(result))
    if plot is not None and result.corenet is None:
        typer.echo(
            f"nonvacuous: S takes too many rows, so {plot} is not drawn", err=True
        )
    return 0
