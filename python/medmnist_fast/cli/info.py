"""``medmnist-fast info``."""

import json

import typer

from medmnist_fast.catalog import INFO, check_flag
from medmnist_fast.cli.options import Flag


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog="Example: medmnist-fast info --flag pathmnist")
    def info(flag: Flag) -> None:
        """Print what is known of a data set, as JSON."""
        typer.echo(json.dumps(INFO[check_flag(flag)], indent=4, ensure_ascii=False))
