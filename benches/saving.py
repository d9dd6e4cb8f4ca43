"""Saving a data set as PNG files, and montages, beside medmnist: ``python -m benches.saving``.

All RetinaMNIST images and AdrenalMNIST3D volumes, from ``--root`` (or ``MEDMNIST_ROOT``) or generated. On a slow disk
both wait for it: ``TMPDIR`` says where files are written.
"""

import argparse
import contextlib
import io
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

import medmnist_fast as mf
from benches import machine
from benches.interleave import interleave
from medmnist_fast import phantoms
from medmnist_fast.catalog import SPLITS, file_name


def main() -> None:
    """Compare the answers, then the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, help="folder of the official files; by default MEDMNIST_ROOT")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine.describe())
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        root = options.root or mf.default_root()
        if not all((root / file_name(flag, 28)).exists() for flag in ("retinamnist", "adrenalmnist3d")):
            print("no official files: phantoms of the same number and shape")
            root = _generated(scratch / "generated")
        images, volumes = ([_both(flag, split, root) for split in SPLITS] for flag in ("RetinaMNIST", "AdrenalMNIST3D"))
        _compare_savers(images, scratch, options.rounds)
        _compare("montage, 2-D", *_montages(images[0]), options.rounds)
        _compare("montage, 3-D", *_montages(volumes[0]), options.rounds)


def _generated(root: Path) -> Path:
    root.mkdir()
    for flag in ("retinamnist", "adrenalmnist3d"):
        members = phantoms.generate(flag, samples=mf.INFO[flag]["n_samples"])
        np.savez(root / file_name(flag, 28), **members)  # type: ignore[arg-type]
    return root


def _both(name: str, split: str, root: Path) -> tuple[Any, Any]:
    return getattr(mf, name)(split, root=root), getattr(medmnist, name)(split, root=root)


def _compare_savers(sets: list[tuple[Any, Any]], scratch: Path, rounds: int) -> None:
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
            _require_same(*folders)
        for folder in folders:
            shutil.rmtree(folder)
    # The first round warmed up.
    _print("save, PNG", *(statistics.median(found[1:]) for found in times))


def _require_same(ours: Path, theirs: Path) -> None:
    """The same names, the same table, and images that decode to the same pixels."""
    names, expected = ({path.relative_to(folder) for path in folder.rglob("*.*")} for folder in (ours, theirs))
    assert names == expected, "other files"
    images = {name for name in names if name.suffix == ".png"}
    assert all(_pixels(ours / name) == _pixels(theirs / name) for name in images), "other pixels"
    assert all((ours / name).read_bytes() == (theirs / name).read_bytes() for name in names - images), "another table"
    sizes = [sum((folder / name).stat().st_size for name in images) / 1e6 for folder in (ours, theirs)]
    print(
        f"{len(images):,} PNG files in {ours.parent}, identical pixels; {sizes[0]:.2f} MB, medmnist {sizes[1]:.2f} MB"
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


def _compare(name: str, ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> None:
    timings = interleave({"ours": ours, "medmnist": theirs}, rounds)
    _print(name, timings["ours"].median, timings["medmnist"].median)


def _print(name: str, ours: float, theirs: float) -> None:
    print(f"{name}: {ours * 1e3:,.1f} ms, medmnist {theirs * 1e3:,.1f} ms: {theirs / ours:.1f} x")


if __name__ == "__main__":
    main()
