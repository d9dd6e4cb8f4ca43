"""``medmnist-fast save``."""

from pathlib import Path
from typing import Annotated

import typer

from medmnist_fast.catalog import SPLITS, check_flag, check_split
from medmnist_fast.cli.options import Flag, Root, plain_warnings
from medmnist_fast.cli.spelling import as_medmnist
from medmnist_fast.dataset import DATASETS


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        cls=as_medmnist("flag", "folder", "postfix", "root", "download", "size"),
        epilog="Example: medmnist-fast save --flag retinamnist --folder pictures",
    )
    def save(
        *,
        flag: Flag,
        folder: Annotated[Path, typer.Option(help="Where files go; made if it does not exist.")],
        split: Annotated[str | None, typer.Option(help="train, val or test.", show_default="all three")] = None,
        postfix: Annotated[
            str | None,
            typer.Option(help="Format: png, jpg, … of images; gif of volumes.", show_default="png; gif in 3-D"),
        ] = None,
        root: Root = None,
        size: Annotated[int | None, typer.Option(help="Pixels per side.", show_default="28")] = None,
        download: Annotated[bool, typer.Option(help="Download the file if it is missing.")] = False,
    ) -> None:
        """Write all images, or volumes, as picture files, and a table of their labels.

        FOLDER/FLAG[_SIZE]/SPLIT<i>_<label>.POSTFIX, and FOLDER/FLAG[_SIZE].csv, as Google's AutoML Vision reads it.
        Files of those names are overwritten and the splits' rows in the table replaced; everything else stays.
        """
        cls = DATASETS[check_flag(flag)]
        splits = SPLITS if split is None else (check_split(split),)
        with plain_warnings():
            for name in splits:
                dataset = cls(name, root=root, size=size, download=download)
                dataset.save(folder, postfix)
                target = folder / f"{flag}{dataset.size_flag}"
                typer.echo(f"{name}: {len(dataset)} files in {target}, labels in {target}.csv")
