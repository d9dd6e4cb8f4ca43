"""From a compressed official file to an array: one thread, the largest member of each file."""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benches.interleave import interleave
from medmnist_fast import phantoms
from medmnist_fast._core import Archive

MEMBER = "train_images"


def run(scratch: Path, root: Path | None, rounds: int, console: Console) -> None:
    """Measure and print."""
    phantoms.write(scratch / "phantoms", "pathmnist", size=64)
    files = [*sorted((scratch / "phantoms").glob("*.npz")), *sorted((root or scratch / "none").glob("*mnist*.npz"))]
    table = Table(title=f"file to array, {MEMBER}, one thread; {rounds} interleaved rounds", title_justify="left")
    for column in ("file", "MB", "np.load MB/s", "medmnist_fast MB/s", "ratio", "answer"):
        table.add_column(column, justify="left" if column in {"file", "answer"} else "right")
    for path in files:
        expected = by_numpy(path)
        answer = "exact" if np.array_equal(by_us(path), expected) else "WRONG"
        contenders = {"numpy": partial(by_numpy, path), "ours": partial(by_us, path)}
        timings = interleave(contenders, rounds)
        theirs, ours = timings["numpy"].median, timings["ours"].median
        megabytes = expected.nbytes / 1e6
        name = path.name if path.parent == root else f"{path.name} (generated)"
        rates = f"{megabytes / theirs:,.0f}", f"{megabytes / ours:,.0f}"
        table.add_row(name, f"{megabytes:.1f}", *rates, f"{theirs / ours:.2f} x", answer)
    console.print(table)
    if root is None:
        console.print("no official files measured: give --root or set MEDMNIST_ROOT", markup=False)


def by_numpy(path: Path) -> NDArray[np.uint8]:
    """The peer."""
    with np.load(path) as archive:
        member: NDArray[np.uint8] = archive[MEMBER]
    return member


def by_us(path: Path) -> NDArray[np.uint8]:
    """The engine."""
    return Archive(path).read(MEMBER, 1)
