"""``medmnist-fast download``."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from medmnist_fast.catalog import INFO, check_flag
from medmnist_fast.cli.options import Root, completed_flag
from medmnist_fast.cli.spelling import as_medmnist
from medmnist_fast.dataset import DATASETS
from medmnist_fast.download import Outcome, fetch_all, import_folder
from medmnist_fast.progress import show_several

_SIZES = ("28", "64", "128", "224", "all")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        cls=as_medmnist("size", "root"),
        epilog="Example: medmnist-fast download --flag pathmnist --flag dermamnist --size 64",
    )
    def download(
        *,
        flag: Annotated[
            list[str] | None,
            typer.Option(
                help="Data set; may be given several times.", show_default="all", autocompletion=completed_flag
            ),
        ] = None,
        size: Annotated[
            str | None,
            typer.Option(
                help="Pixels per side: 28, 64, 128, 224, or all.", show_default="28; all, with nothing but --from"
            ),
        ] = None,
        root: Root = None,
        url_template: Annotated[
            str | None,
            typer.Option(
                help="Mirror, such as https://example.org/medmnist/{filename}; also {flag} and {size}.",
                show_default="MEDMNIST_MIRROR, else Zenodo",
            ),
        ] = None,
        source: Annotated[
            Path | None, typer.Option("--from", help="Copy the files from this folder instead, without network.")
        ] = None,
        force: Annotated[
            bool, typer.Option("--force", help="Replace files that are there and not the official ones.")
        ] = False,
        jobs: Annotated[int, typer.Option(min=1, max=8, help="Files that are downloaded at once.")] = 3,
        as_json: Annotated[bool, typer.Option("--json", help="Print what became of each file as JSON.")] = False,
    ) -> None:
        """Download official files that are not there yet, and check their MD5.

        A download that was interrupted goes on where it was. One that fails does not keep the others back; the exit
        code is 1 then.
        """
        if source is not None and url_template is not None:
            raise ValueError("--from and --url-template exclude each other; give one of them")
        outcomes = []
        with show_several() as show:
            if source is None:
                files = _files(flag, size or "28")
                done = fetch_all(files, root, url_template=url_template, force=force, jobs=jobs, show=show)
            else:
                asked = None if flag is None and size is None else _files(flag, size or "28")
                done = import_folder(source, root, files=asked, force=force, show=show)
            for outcome in done:
                outcomes.append(outcome)
                if not as_json:
                    typer.echo(_line(outcome))
        if as_json:
            typer.echo(json.dumps([_facts(outcome) for outcome in outcomes], indent=4, ensure_ascii=False))
        else:
            counts = Counter(outcome.status for outcome in outcomes)
            typer.echo(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
        if any(outcome.error for outcome in outcomes):
            raise typer.Exit(1)


def _files(flags: list[str] | None, size: str) -> list[tuple[str, int]]:
    """Flag and size of the files that are asked for."""
    if size not in _SIZES:
        raise ValueError(f"--size {size!r}; allowed: {', '.join(_SIZES)}")
    named = list(dict.fromkeys(check_flag(flag) for flag in flags or INFO))
    if flags and size != "all":
        for flag in named:
            DATASETS[flag].check_size(int(size))
    return [
        (flag, pixels) for flag in named for pixels in DATASETS[flag].available_sizes if size in {"all", str(pixels)}
    ]


def _line(outcome: Outcome) -> str:
    if outcome.error is not None:
        return f"{outcome.file.name}: failed: {outcome.error}"
    return f"{outcome.file.name}: {outcome.status}, {outcome.file.path.stat().st_size / 1e6:,.1f} MB"


def _facts(outcome: Outcome) -> dict[str, Any]:
    file = outcome.file
    return {
        "flag": file.flag,
        "size": file.size,
        "path": str(file.path),
        "md5": file.md5,
        "status": outcome.status,
        "error": None if outcome.error is None else str(outcome.error),
    }
