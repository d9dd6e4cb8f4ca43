"""``python -m benches.saving [--rounds N] [--root DIR]``: saving as PNG files, and montages, beside medmnist.

All RetinaMNIST images and AdrenalMNIST3D volumes, from ``--root`` (or ``MEDMNIST_ROOT``) or generated. On a slow disk
both wait for it: ``TMPDIR`` says where files are written.
"""

import argparse
import contextlib
import io
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import medmnist
import numpy as np
from PIL import Image
from rich.console import Console

import medmnist_fast as mf
from benches.interleave import interleave
from benches.machine import describe
from medmnist_fast import phantoms
from medmnist_fast.catalog import SPLITS, file_name

AIM = 3
"""Times of medmnist's speed that saving and montages of images have to reach."""


def main() -> None:
    """Compare the answers, then the times."""
    parser = argparse.ArgumentParser(prog="python -m benches.saving")
    parser.add_argument("--root", type=Path, default=os.environ.get("MEDMNIST_ROOT"), help="folder of official files")
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds of each (default: 7)")
    options = parser.parse_args()
    console = Console(width=None if Console().is_terminal else 120, highlight=False)
    console.print(describe(), markup=False)
    with tempfile.TemporaryDirectory() as scratch:
        run(Path(scratch), options.root, options.rounds, console)


def run(scratch: Path, root: Path | None, rounds: int, console: Console) -> None:
    """Compare the answers, then the times."""
    if root is None or not all((root / file_name(flag, 28)).exists() for flag in ("retinamnist", "adrenalmnist3d")):
        console.print("saving: no official files, so phantoms of the same number and shape", markup=False)
        root = _generated(scratch / "generated")
    images, volumes = ([_both(flag, split, root) for split in SPLITS] for flag in ("RetinaMNIST", "AdrenalMNIST3D"))
    _compare_savers(images, scratch, rounds, console)
    for name, sets in (("2-D", images), ("3-D", volumes)):
        ours, theirs = _montages(sets[0])
        timings = interleave({"ours": ours, "medmnist": theirs}, rounds)
        _print(console, f"montage, {name}", timings["ours"].median, timings["medmnist"].median)


def _generated(root: Path) -> Path:
    root.mkdir()
    for flag in ("retinamnist", "adrenalmnist3d"):
        members = phantoms.generate(flag, samples=mf.INFO[flag]["n_samples"])
        np.savez(root / file_name(flag, 28), **members)  # type: ignore[arg-type]
    return root


def _both(name: str, split: str, root: Path) -> tuple[Any, Any]:
    return getattr(mf, name)(split, root=root), getattr(medmnist, name)(split, root=root)


def _compare_savers(sets: list[tuple[Any, Any]], scratch: Path, rounds: int, console: Console) -> None:
    """Save in turn, each time into a new folder: removing the last one is not part of the time."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        folders = [scratch / "ours", scratch / "theirs"]
        for which, folder in enumerate(folders):
            folder.mkdir()
            start = time.perf_counter()
            # Theirs prints a line, and draws a bar.
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                for pair in sets:
                    pair[which].save(folder)
            times[which].append(time.perf_counter() - start)
        if number == 0:
            _require_same(folders[0], folders[1], console)
        for folder in folders:
            shutil.rmtree(folder)
    # The first round warmed up.
    _print(console, "save, PNG", *(statistics.median(found[1:]) for found in times))


def _require_same(ours: Path, theirs: Path, console: Console) -> None:
    """The same names, the same table, and images that decode to the same pixels."""
    names, expected = ({path.relative_to(folder) for path in folder.rglob("*.*")} for folder in (ours, theirs))
    assert names == expected, "other files"
    images = {name for name in names if name.suffix == ".png"}
    assert all(_pixels(ours / name) == _pixels(theirs / name) for name in images), "other pixels"
    assert all((ours / name).read_bytes() == (theirs / name).read_bytes() for name in names - images), "another table"
    sizes = [sum((folder / name).stat().st_size for name in images) / 1e6 for folder in (ours, theirs)]
    console.print(
        f"{len(images):,} PNG files in {ours.parent}, identical pixels; {sizes[0]:.2f} MB, medmnist {sizes[1]:.2f} MB",
        markup=False,
        soft_wrap=True,
    )


def _montages(pair: tuple[Any, Any]) -> tuple[Callable[[], object], Callable[[], object]]:
    chosen = []
    for one in pair:
        np.random.seed(0)  # noqa: NPY002 - what theirs draws from
        chosen.append(np.asarray(one.montage()))
    assert np.array_equal(chosen[0], chosen[1]), "another montage"
    return pair[0].montage, pair[1].montage


def _pixels(path: Path) -> tuple[str, bytes]:
    with Image.open(path) as image:
        return image.mode, image.tobytes()


def _print(console: Console, name: str, ours: float, theirs: float) -> None:
    ratio = theirs / ours
    console.print(
        f"{name}: {ours * 1e3:,.1f} ms, medmnist {theirs * 1e3:,.1f} ms: {ratio:.1f} x; "
        f"target >= {AIM} x: {'met' if ratio >= AIM else 'MISSED'}",
        markup=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    main()
