"""``medmnist-fast prepare``."""

import sys
import time
from pathlib import Path

import typer

from medmnist_fast import store
from medmnist_fast.cli.options import All, OneFlag, OneSize, Root, official_files
from medmnist_fast.progress import show_progress


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog="Example: medmnist-fast prepare --flag pathmnist --size 224")
    def prepare(flag: OneFlag = None, size: OneSize = None, root: Root = None, is_all: All = False) -> None:
        """Decode official files once, into stores that open in milliseconds (mmap_mode="r").

        A store is an uncompressed .npz under decoded/ beside the file; `clean --decoded` removes it.
        """
        found = False
        for _, _, path in official_files(root, flag, size, is_all=is_all):
            if is_all and not path.exists():
                continue
            found = True
            _prepare(path)
        if not found:
            raise FileNotFoundError(f"none of the official files asked for is in {root or 'the default folder'}")


def _prepare(path: Path) -> None:
    existing = store.find(path)
    if existing is not None:
        typer.echo(f"{path.name}: up to date, {_megabytes(existing)} in {existing}")
        return
    start = time.perf_counter()
    with show_progress(f"decoding {path.name}", sys.stdout) as report:
        store.open_store(path, report)
    seconds = time.perf_counter() - start
    made = store.find(path)
    if made is None:
        raise OSError(f"{path.name}: its store is gone again; it or the file was changed meanwhile")
    rate = made.stat().st_size / 1e6 / seconds
    typer.echo(f"{path.name}: decoded {_megabytes(made)} in {seconds:.1f} s ({rate:,.0f} MB/s) to {made}")


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:,.1f} MB"
