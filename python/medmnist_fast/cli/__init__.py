"""The command line ``medmnist-fast``: one file per command."""

import sys
from typing import Annotated

import typer

from medmnist_fast import __version__
from medmnist_fast.cli import (
    available,
    bench,
    clean,
    demo,
    download,
    evaluate,
    info,
    montage,
    prepare,
    run,
    save,
    verify,
)

app = typer.Typer(
    help="MedMNIST at the speed of memory.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={
        "help_option_names": ["-h", "--help"],
        # --url_template too, as users of medmnist are used to.
        "token_normalize_func": lambda token: token.replace("_", "-"),
    },
)
for module in (available, info, download, verify, prepare, save, montage, clean, evaluate, bench, demo, run):
    module.register(app)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    *, _: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_print_version)] = False
) -> None:
    pass


def main() -> None:
    """Run the command line; bad input ends in one sentence on standard error and exit code 2."""
    try:
        app()
    except (OSError, ValueError, ImportError, MemoryError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
