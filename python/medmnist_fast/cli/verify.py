"""``medmnist-fast verify``."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from medmnist_fast.cli.options import All, OneFlag, OneSize, Root, official_files
from medmnist_fast.progress import Report, show_progress
from medmnist_fast.verification import Verification
from medmnist_fast.verification import verify as verify_file

_SHOWN = 5
"""Blank images and groups of duplicates that are listed one by one."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog="Example: medmnist-fast verify --flag retinamnist --root data")
    def verify(
        *,
        flag: OneFlag = None,
        size: OneSize = None,
        root: Root = None,
        is_all: All = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    ) -> None:
        """Check official files: MD5, CRC of each member, counts, shapes; list blank and duplicate images.

        The exit code is 1 if a file is not what it should be. Blank and duplicate images are in the official data; they
        are reported, and no error.
        """
        results = []
        for name, pixels, path in official_files(root, flag, size, is_all=is_all):
            if is_all and not path.exists():
                continue
            result = _verify(path, name, pixels, sys.stderr if as_json else sys.stdout)
            results.append((path, result))
            if not as_json:
                _print(path, result)
        if not results:
            raise FileNotFoundError(f"none of the official files asked for is in {root or 'the default folder'}")
        if as_json:
            typer.echo(json.dumps([_facts(*result) for result in results], indent=4, ensure_ascii=False))
        if any(result.problems for _, result in results):
            raise typer.Exit(1)


def _facts(path: Path, result: Verification) -> dict[str, Any]:
    return {
        "path": str(path),
        "problems": result.problems,
        "shapes": result.facts,
        "blank": result.blank,
        "identical": result.duplicates,
    }


def _verify(path: Path, flag: str, size: int, progress: TextIO) -> Verification:
    with ExitStack() as stack:

        def step(name: str) -> Report:
            stack.close()
            return stack.enter_context(show_progress(f"{path.name}: {name}", progress))

        return verify_file(path, flag, size, step)


def _print(path: Path, result: Verification) -> None:
    shapes = ", ".join(f"{split} {shape}" for split, shape in result.facts.items())
    typer.echo(f"{path}: {'DAMAGED or not official' if result.problems else 'ok'} ({shapes or 'no images'})")
    for problem in result.problems:
        typer.echo(f"  problem: {problem}")
    duplicates, across = len(result.duplicates), len(result.across_splits)
    typer.echo(f"  blank images: {len(result.blank)}; groups of identical images: {duplicates}, {across} across splits")
    for split, index in result.blank[:_SHOWN]:
        typer.echo(f"    blank: {split}[{index}]")
    for group in (result.across_splits + [group for group in result.duplicates if group not in result.across_splits])[
        :_SHOWN
    ]:
        typer.echo(f"    identical: {', '.join(f'{split}[{index}]' for split, index in group)}")
    hidden = max(0, len(result.blank) - _SHOWN) + max(0, duplicates - _SHOWN)
    if hidden:
        typer.echo(f"    and {hidden} more")
