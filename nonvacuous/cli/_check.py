"""``nonvacuous check``."""

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
