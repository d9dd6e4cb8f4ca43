"""``medmnist-fast evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from medmnist_fast.cli.options import Root
from medmnist_fast.evaluator import Evaluator


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog="Example: medmnist-fast evaluate --path 'breastmnist_test_[AUC]0.901_[ACC]0.863@run1.csv'")
    def evaluate(
        path: Annotated[Path, typer.Option(help="Result file: lines of sample index and scores.")], root: Root = None
    ) -> None:
        """Score a standard result file, named FLAG[_SIZE]_SPLIT….csv; nothing is written."""
        metrics = Evaluator.parse_and_evaluate(path, root=root)
        typer.echo(f"AUC {metrics.AUC:.3f} ACC {metrics.ACC:.3f}")
