"""Options that several commands share, and the files that they select."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from medmnist_fast.catalog import INFO, check_flag, default_root, file_name
from medmnist_fast.dataset import DATASETS


def completed_flag(incomplete: str) -> list[str]:
    """The flags that begin so, for a shell."""
    return [flag for flag in INFO if flag.startswith(incomplete)]


Flag = Annotated[
    str,
    typer.Option(help="Data set, such as breastmnist; `available` lists them.", autocompletion=completed_flag),
]
Root = Annotated[
    Path | None, typer.Option(help="Folder of the .npz files.", show_default="MEDMNIST_ROOT, else ~/.medmnist")
]
OneFlag = Annotated[
    str | None,
    typer.Option(
        "--flag", help="Data set, such as breastmnist.", show_default="all, with --all", autocompletion=completed_flag
    ),
]
OneSize = Annotated[int | None, typer.Option("--size", help="Pixels per side.", show_default="28; all, with --all")]
All = Annotated[bool, typer.Option("--all", help="All data sets, or with --flag or --size all that fit.")]


def official_files(
    root: Path | None, flag: str | None, size: int | None, *, is_all: bool
) -> Iterator[tuple[str, int, Path]]:
    """Flag, size and path of the files that ``--flag``, ``--size`` and ``--all`` stand for, whether they exist or not.

    Raises:
        ValueError: no such data set or size, or neither a flag nor all of them.
    """
    if flag is None and not is_all:
        raise ValueError("give --flag FLAG for one data set, or --all for all that are there")
    folder = root or default_root()
    flags = list(DATASETS) if flag is None else [check_flag(flag)]
    for name in flags:
        dataset = DATASETS[name]
        fitting = [one for one in dataset.available_sizes if size in {None, one}]
        chosen = fitting if is_all else [dataset.check_size(size)]
        for one in chosen:
            yield name, one, folder / file_name(name, one)


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Within it warnings are one line on standard error, without a place in the code."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_args, **_options: typer.echo(f"warning: {message}", err=True)
        yield
