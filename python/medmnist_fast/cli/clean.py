"""``medmnist-fast clean``."""

from pathlib import Path
from typing import Annotated

import typer

from medmnist_fast import checksums, store
from medmnist_fast.cli.options import OneSize, Root, completed_flag, official_files
from medmnist_fast.cli.spelling import as_medmnist
from medmnist_fast.download import partial

Flag = Annotated[
    str | None,
    typer.Option("--flag", help="Data set, such as breastmnist.", show_default="all", autocompletion=completed_flag),
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(cls=as_medmnist("root"), epilog="Example: medmnist-fast clean --flag pathmnist --size 224 --decoded")
    def clean(
        *,
        decoded: Annotated[bool, typer.Option("--decoded", help="Decoded stores only; official files stay.")] = False,
        flag: Flag = None,
        size: OneSize = None,
        root: Root = None,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ) -> None:
        """Remove official files and what was made of them: all, or those that --flag and --size stand for.

        Files are known by their exact names; others stay. They are listed, and nothing is removed before you agree.
        """
        paths = [path for _, _, path in official_files(root, flag, size, is_all=True)]
        stores = [file for path in paths for file in store.leftovers(path)]
        files = stores if decoded else [file for path in paths for file in _downloaded(path)] + stores
        if not files:
            typer.echo("no decoded stores found" if decoded else "no official files found")
            return
        for file in files:
            typer.echo(f"{file.lstat().st_size / 1e6:>12,.1f} MB  {file}")
        total = sum(file.lstat().st_size for file in files)
        if not yes and not typer.confirm(f"Remove these {len(files)} files ({total / 1e6:,.1f} MB)?"):
            typer.echo("nothing removed")
            return
        for file in files:
            file.unlink()
        for folder in {file.parent for file in stores}:
            if not any(folder.iterdir()):
                folder.rmdir()
        typer.echo(f"removed {len(files)} files")


def _downloaded(path: Path) -> list[Path]:
    """An official file, one on its way, and its stamp, as far as they are there."""
    names = [path, *(path.with_name(path.name + suffix) for suffix in partial.SUFFIXES), *checksums.stamp_places(path)]
    return [file for file in names if file.is_file() or file.is_symlink()]
