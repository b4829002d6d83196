"""``certify | compress | audit | train | check | bound | sample-size`` from a shell.

Exit codes: 0 done; 1 a check does not hold, a theorem refuses, or a target is out of
reach; 2 bad input, with one sentence on stderr; 130 interrupted.  Nothing heavy is
imported before a command runs.
"""

import sys
from typing import Annotated, NoReturn

import typer

from nonvacuous.cli._audit import audit
from nonvacuous.cli._bound import bound
from nonvacuous.cli._certify import certify
from nonvacuous.cli._check import check
from nonvacuous.cli._compress import compress
from nonvacuous.cli._sample_size import sample_size
from nonvacuous.cli._train import train

__all__ = ["main"]

app = typer.Typer(
    help="Generalization bounds for trained neural nets, proved and rounded up.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


app.command()(certify)
app.command()(compress)
app.command()(audit)
app.command()(train)
app.command()(check)
# these two make flags of what a theorem needs, and read them themselves
_WORDS = {"ignore_unknown_options": True, "help_option_names": []}
app.command(context_settings=_WORDS)(bound)
app.command(context_settings=_WORDS)(sample_size)
