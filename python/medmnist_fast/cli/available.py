"""``medmnist-fast available``."""

import json
from typing import Annotated

import typer

from medmnist_fast import HOMEPAGE, __version__
from medmnist_fast.catalog import INFO
from medmnist_fast.dataset import DATASETS


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog="Example: medmnist-fast available")
    def available(as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False) -> None:
        """List the 18 data sets and their sizes."""
        if as_json:
            sets = [
                {"flag": flag, "python_class": cls.__name__, "task": INFO[flag]["task"], "sizes": cls.available_sizes}
                for flag, cls in DATASETS.items()
            ]
            typer.echo(json.dumps(sets, indent=4))
            return
        typer.echo(f"medmnist_fast v{__version__}; data sets of MedMNIST @ {HOMEPAGE}")
        typer.echo("All available datasets:")
        for flag, cls in DATASETS.items():
            default, *larger = cls.available_sizes
            sizes = f"{default} (default), {', '.join(map(str, larger))}"
            typer.echo(f"\t{flag:<15} | {cls.__name__:<15} | Size: {sizes}.")
