"""``medmnist-fast clean``."""

from typing import Annotated

import typer

from medmnist_fast import store
from medmnist_fast.cli.options import OneFlag, OneSize, Root, official_files


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog="Example: medmnist-fast clean --decoded --flag pathmnist")
    def clean(
        *,
        decoded: Annotated[bool, typer.Option("--decoded", help="Remove decoded stores; official files stay.")] = False,
        flag: OneFlag = None,
        size: OneSize = None,
        root: Root = None,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ) -> None:
        """Remove what was decoded: of all data sets, or of those that --flag and --size stand for."""
        if not decoded:
            raise ValueError("nothing to clean was named; give --decoded (official files are never removed)")
        paths = [path for _, _, path in official_files(root, flag, size, is_all=True)]
        files = [file for path in paths for file in store.leftovers(path)]
        if not files:
            typer.echo("no decoded stores found")
            return
        for file in files:
            typer.echo(f"{file.stat().st_size / 1e6:>12,.1f} MB  {file}")
        if not yes and not typer.confirm(f"Remove these {len(files)} files?"):
            typer.echo("nothing removed")
            return
        for file in files:
            file.unlink()
        for folder in {file.parent for file in files}:
            if not any(folder.iterdir()):
                folder.rmdir()
        typer.echo(f"removed {len(files)} files")
