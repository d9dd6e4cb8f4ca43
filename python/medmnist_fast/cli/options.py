"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Flag = Annotated[str, typer.Option(help="Data set, such as breastmnist; `available` lists them.")]
Root = Annotated[
    Path | None, typer.Option(help="Folder of the .npz files.", show_default="MEDMNIST_ROOT, else ~/.medmnist")
]
