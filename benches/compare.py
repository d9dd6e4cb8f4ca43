"""``python -m benches.compare BASE``: the working tree beside another commit, both built here, in interleaved rounds.

Each version runs in a process of its own, on the same generated data, with the transforms and loader of its package.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Self

import numpy as np
from rich.console import Console
from rich.table import Table

from benches.data import write_layout
from benches.machine import describe
from benches.versions import FOLDER, ROOT, VersionError, checkout, package, working_tree
from benches.workloads import Workload

ROUND_SECONDS = 0.5
FEWEST = 6
"""Rounds that an interval can be made of: all on one side by chance in 3 % of cases."""
IMAGES = {28: 11_959, 64: 6_000, 224: 768}
"""Of the generated sets: at each size more than most caches hold."""
WORKLOADS = [
    Workload("bloodmnist", 28, "f32"),
    Workload("bloodmnist", 64, "f32"),
    Workload("bloodmnist", 224, "f32"),
    Workload("bloodmnist", 28, "crop_flip"),
    Workload("bloodmnist", 224, "crop_flip"),
    Workload("bloodmnist", 28, "trivial"),
    Workload("bloodmnist", 224, "trivial"),
    Workload("nodulemnist3d", 28, "f32"),
    Workload("nodulemnist3d", 28, "flip_turn"),
    Workload("nodulemnist3d", 64, "flip_turn"),
    Workload("bloodmnist", 64, "decode", threads=1),
    Workload("bloodmnist", 64, "decode", threads=2),
]


class Version:
    """``benches.worker`` with the package in ``folder``."""

    def __init__(self, name: str, folder: Path, scratch: Path) -> None:
        self.name = name
        self._folder, self._scratch = folder, scratch

    def __enter__(self) -> Self:
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(self._folder), str(ROOT)]),
            "PYTHONWARNINGS": "ignore",
        }
        # From a folder without a package in it: what is imported is what PYTHONPATH names.
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self._scratch,
            env=environment,
        )
        reply = self._read()
        if "failed" in reply:
            self.__exit__()
            raise VersionError(f"{self.name} cannot be imported: {reply['failed']}")
        return self

    def __exit__(self, *_: object) -> None:
        # Its input ends, and so does it.
        self._process.communicate()

    def ask(self, **request: Any) -> dict[str, Any]:
        """The worker's answer to a request."""
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            return {"failed": "its process has died"}
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        reply: dict[str, Any] = json.loads(line) if line else {"failed": "its process has died"}
        return reply


_WORKER = """
import sys
from pathlib import Path
import medmnist_fast
folder = Path(sys.argv[1]).resolve()
found = Path(medmnist_fast.__file__).resolve()
assert folder in found.parents, f"{found} is imported instead of the package in {folder}"
sys.argv[1:] = ["ours"]
from benches.worker import main
main()
"""


@dataclass
class Compared:
    """A workload's rates with both versions; ``why`` says which cannot do it and why."""

    workload: Workload
    rates: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    answer: str = ""
    why: str = ""

    @property
    def ratios(self) -> list[float]:
        """The new version's rate over the base's, of each round, in ascending order."""
        return sorted(new / base for base, new in zip(*self.rates, strict=True))

    @property
    def interval(self) -> tuple[float, float]:
        """Holds the median ratio of such rounds with a confidence of 95 % or more, whatever their distribution is."""
        ratios = self.ratios
        outside = _outside(len(ratios))
        return ratios[outside], ratios[-1 - outside]

    @property
    def verdict(self) -> str:
        """In words."""
        low, high = self.interval
        return "faster" if low > 1 else "slower" if high < 1 else "no difference seen"


def _outside(rounds: int) -> int:
    """How many of so many ratios at each end lie outside the interval.

    A round is on either side of the median like a coin: k or fewer of n are on one side as often as n coins show k
    heads or fewer.
    """
    tails = list(accumulate(math.comb(rounds, heads) / 2**rounds for heads in range(rounds)))
    return max(k for k, tail in enumerate(tails) if 2 * tail <= 0.05)


def main() -> None:
    """Build both, measure and print; exit code 2 where the base cannot be had, 1 where a workload fails."""
    parser = argparse.ArgumentParser(prog="python -m benches.compare")
    parser.add_argument("base", help="commit, branch or tag to compare the working tree with")
    parser.add_argument("--rounds", type=int, default=11, help="of each version and workload, at least 6 (default: 11)")
    options = parser.parse_args()
    if options.rounds < FEWEST:
        parser.error(f"--rounds {options.rounds}; allowed: {FEWEST} or more, for an interval of 95 %")
    try:
        compared, names = _compare(options.base, options.rounds)
    except VersionError as error:
        parser.exit(2, f"error: {error}\n")
    console = Console(width=None if Console().is_terminal else 150, highlight=False)
    console.print(describe(), markup=False)
    if not all(one.why for one in compared):
        console.print(_table(compared, names, options.rounds))
    for one in compared:
        if one.why:
            console.print(f"{one.workload.title}: {one.why}", markup=False)
    if any(one.why or one.answer == "OTHER BYTES" for one in compared):
        sys.exit(1)


def _compare(commit: str, rounds: int) -> tuple[list[Compared], tuple[str, str]]:
    with ExitStack() as stack:
        tree, short = stack.enter_context(checkout(commit))
        new = working_tree()
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        packages = [package(tree, f"base-{short}"), package(ROOT, "new")]
        for folder in packages:
            stack.callback(shutil.rmtree, folder)
        print("writing data …", file=sys.stderr, flush=True)
        for size, count in IMAGES.items():
            write_set(Workload("bloodmnist", size, "f32").path(scratch), size, count)
        for size in (28, 64):
            write_layout(scratch, "nodulemnist3d", size)
        versions = [
            stack.enter_context(Version(name, folder, scratch))
            for name, folder in zip((f"base {short}", f"new {new}"), packages, strict=True)
        ]
        compared = []
        for workload in WORKLOADS:
            print(f"{workload.title} …", file=sys.stderr, flush=True)
            compared.append(_measure(workload, versions, scratch, rounds))
        return compared, (short, new)


def _measure(workload: Workload, versions: list[Version], scratch: Path, rounds: int) -> Compared:
    result = Compared(workload)
    batches = []
    for number, version in enumerate(versions):
        path = scratch / f"batch-{number}.npz"
        for request in (
            {"do": "open", "workload": workload.as_dict(), "folder": str(scratch)},
            {"do": "check", "path": str(path)},
            # Warms up.
            {"do": "round", "seconds": ROUND_SECONDS},
        ):
            reply = version.ask(**request)
            refused = reply.get("failed") or reply.get("unsupported")
            if refused:
                result.why = f"{version.name} cannot: {refused}"
                return result
        with np.load(path) as batch:
            batches.append(batch["images"])
    # The same seed and epoch: also what is drawn should be the same, unless a change meant to draw otherwise.
    result.answer = "same bytes" if np.array_equal(*batches) else "OTHER BYTES"
    for number in range(rounds):
        # In turns also within a round: A B, B A, A B.
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            reply = versions[which].ask(do="round", seconds=ROUND_SECONDS)
            if "failed" in reply:
                result.why = f"{versions[which].name} cannot: {reply['failed']}"
                return result
            result.rates[which].append(reply["images"] / reply["seconds"])
    return result


def _table(compared: list[Compared], names: tuple[str, str], rounds: int) -> Table:
    table = Table(
        title=f"images/s of {names[1]} (the working tree) beside {names[0]}; {rounds} interleaved rounds",
        title_justify="left",
    )
    table.add_column("")
    for column in ("threads", "base", "new", "new / base", "95 %"):
        table.add_column(column, justify="right")
    for column in ("", "batch"):
        table.add_column(column)
    for one in compared:
        if one.why:
            continue
        low, high = one.interval
        medians = [f"{statistics.median(rates):,.0f}" for rates in one.rates]
        cells = (f"{statistics.median(one.ratios):.3f}", f"{low:.3f} to {high:.3f}", one.verdict, one.answer)
        table.add_row(one.workload.title, str(one.workload.threads), *medians, *cells)
    return table


def write_set(path: Path, size: int, count: int) -> None:
    """RGB images in the official layout, smooth with noise, as compressible as photographs."""
    rng = np.random.default_rng(0)
    few = min(count, max(1, (16 << 20) // (size * size * 3)))
    rows, columns = np.mgrid[:size, :size] / size
    phases = rng.uniform(0, 6, (few, 1, 1, 3))
    smooth = 128 + 60 * np.sin(3 * rows[..., None] + 4 * columns[..., None] + phases)
    pixels = np.clip(smooth + rng.normal(0, 12, smooth.shape), 0, 255).astype(np.uint8)
    images = np.tile(pixels, (-(-count // few), 1, 1, 1))[:count]
    labels = rng.integers(0, 8, (count, 1), dtype=np.uint8)
    save = np.savez_compressed if size == 64 else np.savez
    save(path, train_images=images, train_labels=labels)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    main()
