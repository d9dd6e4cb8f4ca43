"""``medmnist-fast available``."""

import typer

from medmnist_fast import HOMEPAGE, __version__
from medmnist_fast.dataset import DATASETS


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog="Example: medmnist-fast available")
    def available() -> None:
        """List the 18 data sets and their sizes."""
        typer.echo(f"medmnist_fast v{__version__}; data sets of MedMNIST @ {HOMEPAGE}")
        typer.echo("All available datasets:")
        for flag, cls in DATASETS.items():
            default, *larger = cls.available_sizes
            sizes = f"{default} (default), {', '.join(map(str, larger))}"
            typer.echo(f"\t{flag:<15} | {cls.__name__:<15} | Size: {sizes}.")
