"""From a compressed file to an array: the training images of each file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import spdl.io
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benches.generate import write_large
from benches.interleave import interleave
from medmnist_fast import npz

MEMBER = "train_images"
GENERATED = 0.3
"""Gigabytes of the generated set."""

Contender = Callable[[Path], NDArray[np.uint8]]


def run(scratch: Path, root: Path | None, rounds: int, console: Console) -> None:
    """Measure and print."""
    generated = scratch / "generated_224.npz"
    write_large(generated, GENERATED)
    files = [*sorted((root or scratch / "none").glob("*mnist*.npz")), generated]
    table = Table(title=f"file to array, {MEMBER}, MB/s and ratios; {rounds} interleaved rounds", title_justify="left")
    for column in ("file", "MB", *CONTENDERS, "1 : np.load", "2 : np.load", "1 : spdl", "2 : spdl", "answer"):
        table.add_column(column, justify="left" if column in {"file", "answer"} else "right")
    for path in files:
        with np.load(path) as archive:
            expected = archive[MEMBER]
        wrong = [name for name, decode in CONTENDERS.items() if not np.array_equal(decode(path), expected)]
        timings = interleave({name: partial(decode, path) for name, decode in CONTENDERS.items()}, rounds)
        theirs, spdl_seconds, one, two = (timings[name].median for name in CONTENDERS)
        megabytes = expected.nbytes / 1e6
        rates = [f"{megabytes / timings[name].median:,.0f}" for name in CONTENDERS]
        ratios = [f"{ratio:.2f} x" for ratio in (theirs / one, theirs / two, spdl_seconds / one, spdl_seconds / two)]
        table.add_row(path.name, f"{megabytes:.1f}", *rates, *ratios, f"WRONG: {wrong}" if wrong else "exact")
    console.print(table)
    if root is None:
        console.print("no official files measured: give --root or set MEDMNIST_ROOT", markup=False)


def by_numpy(path: Path) -> NDArray[np.uint8]:
    """The reference."""
    with np.load(path) as archive:
        member: NDArray[np.uint8] = archive[MEMBER]
    return member


def by_spdl(path: Path) -> NDArray[np.uint8]:
    """The peer."""
    member: NDArray[np.uint8] = spdl.io.load_npz(path.read_bytes())[MEMBER]
    return member


def by_us(path: Path, num_threads: int) -> NDArray[np.uint8]:
    """The engine."""
    with npz.open(path, num_threads=num_threads) as archive:
        return archive[MEMBER]


CONTENDERS: dict[str, Contender] = {
    "np.load": by_numpy,
    "spdl": by_spdl,
    "1 thread": partial(by_us, num_threads=1),
    "2 threads": partial(by_us, num_threads=2),
}
