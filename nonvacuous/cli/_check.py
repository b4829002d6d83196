"""``nonvacuous check``."""

import os
from pathlib import Path
from typing import Annotated, Optional

import typer

from nonvacuous._terminal import bar, one_sentence, show
from nonvacuous.cli._options import Quiet

__all__ = ["check"]


@one_sentence
def check(
    key: Annotated[
        Optional[str],  # noqa: UP045 typer reads it
        typer.Argument(help="A paper's BibTeX key; all of them by default."),
    ] = None,
    markdown: Annotated[
        Optional[Path],  # noqa: UP045 typer reads it
        typer.Option(help="Write the ledger of all papers there, atomically."),
    ] = None,
    workers: Annotated[
        Optional[int],  # noqa: UP045 typer reads it
        typer.Option(min=1, help="Processes; one for each core by default."),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Run the paper checks: does each formula say what its paper says?

    Example: nonvacuous check baykal2019coresets
    """
    import paper_checks
    from nonvacuous._files import check_writable, write_atomically
    from nonvacuous.report._ledger import ledger
    from nonvacuous.report._ledger_page import ledger_page

    if markdown is not None:
        if key is not None:
            raise ValueError("--markdown is the ledger of all papers: give no KEY")
        check_writable(markdown)
    found = paper_checks.checks(key)
    workers = min(workers or os.cpu_count() or 1, len(found))
    done = []
    with bar(quiet) as progress:
        for one in paper_checks.run(found, workers=workers):
            done.append(one)
            progress(len(done) / len(found), f"{one.key}: {one.name}")
    if markdown is not None:
        write_atomically(markdown, ledger_page(done).encode())
    show(ledger(done))
    return 0 if all(one.verdict.as_expected for one in done) else 1
