"""``medmnist-fast info``."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from medmnist_fast.catalog import INFO, check_flag, size_flag
from medmnist_fast.cli.options import Flag
from medmnist_fast.cli.spelling import as_medmnist
from medmnist_fast.dataset import DATASETS

_OTHER_ORGANS = "OrganMNIST3D has the same organs in another order of labels."
NOTES = {
    "breastmnist": "Label 0 is malignant.",
    "tissuemnist": "Its source images have 32 x 32 pixels: those of 64 and more are upsampled.",
    "organamnist": _OTHER_ORGANS,
    "organcmnist": _OTHER_ORGANS,
    "organsmnist": _OTHER_ORGANS,
    "organmnist3d": "OrganAMNIST, OrganCMNIST and OrganSMNIST have the same organs in another order of labels.",
    "nodulemnist3d": "Its volumes of 64³ are upsampled from those of 28³.",
}
"""What is easily overlooked."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(cls=as_medmnist("flag"), epilog="Example: medmnist-fast info --flag pathmnist")
    def info(
        flag: Flag,
        as_json: Annotated[bool, typer.Option("--json", help="Print medmnist's INFO of the set as JSON.")] = False,
    ) -> None:
        """Say what is known of a data set: task, classes, numbers of samples, files, licence."""
        facts = INFO[check_flag(flag)]
        if as_json:
            typer.echo(json.dumps(facts, indent=4, ensure_ascii=False))
            return
        table = Table.grid("key", "value", padding=(0, 2))
        # Text: what is in brackets is no markup.
        for key, value in _rows(flag).items():
            table.add_row(Text(key, style="bold"), Text(value, overflow="fold"))
        Console().print(table)


def _rows(flag: str) -> dict[str, str]:
    facts = INFO[flag]
    sizes = DATASETS[flag].available_sizes
    rows = {
        "name": f"{facts['python_class']} ({flag})",
        "task": facts["task"],
        "classes": "\n".join(f"{index} {name}" for index, name in facts["label"].items()),
        "samples": ", ".join(f"{count:,} {split}" for split, count in facts["n_samples"].items()),
        "channels": str(facts["n_channels"]),
        "sizes": ", ".join(map(str, sizes)),
        "files": "\n".join(facts[f"url{size_flag(size)}"] for size in sizes),
        "MD5": "\n".join(facts[f"MD5{size_flag(size)}"] for size in sizes),
        "license": facts["license"],
        "description": facts["description"],
    }
    return rows | ({"note": NOTES[flag]} if flag in NOTES else {})
