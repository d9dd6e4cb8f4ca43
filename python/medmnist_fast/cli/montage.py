"""``medmnist-fast montage``."""

from pathlib import Path
from typing import Annotated

import typer

from medmnist_fast.catalog import check_flag
from medmnist_fast.cli.options import Flag, Root, plain_warnings
from medmnist_fast.dataset import DATASETS
from medmnist_fast.montage import montage_path


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog="Example: medmnist-fast montage --flag retinamnist --split val --length 10 --seed 0")
    def montage(
        *,
        flag: Flag,
        split: Annotated[str, typer.Option(help="train, val or test.")] = "train",
        folder: Annotated[Path, typer.Option(help="Where the file goes; made if it does not exist.")] = Path(),
        length: Annotated[int, typer.Option(min=1, help="Images or volumes per side.")] = 20,
        replace: Annotated[bool, typer.Option("--replace", help="One may come several times.")] = False,
        seed: Annotated[
            int | None, typer.Option(min=0, help="Names the choice.", show_default="another each time")
        ] = None,
        root: Root = None,
        size: Annotated[int | None, typer.Option(help="Pixels per side.", show_default="28")] = None,
    ) -> None:
        """Draw samples chosen at random side by side, into FLAG[_SIZE]_SPLIT_montage.jpg, or .gif in 3-D."""
        with plain_warnings():
            dataset = DATASETS[check_flag(flag)](split, root=root, size=size)
            dataset.montage(length, replace, folder, seed=seed)
        typer.echo(montage_path(dataset, folder))
