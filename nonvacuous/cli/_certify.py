"""``nonvacuous certify``."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from nonvacuous._terminal import bar, one_sentence, show
from nonvacuous.cli._options import DataDir, Json, Normalize, Quiet, Role, Seed, pair

__all__ = ["certify"]


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
    scale = None if normalize is None else pair(normalize)
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
