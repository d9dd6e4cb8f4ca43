"""``python -m benches.memory [--gigabytes 3]``: peak memory and time of making and opening decoded stores."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benches.generate import write_large
from benches.machine import describe

SMALL = 0.3
"""Gigabytes of the smaller set, which must not be cheaper to open than the larger one."""
REPEATS = 7

# Each step in a process of its own, which reports its peak and what it had before the step, in bytes.
STEP = r"""
import json, re, sys, time
from pathlib import Path
# The package imports it with its first array, which would count as memory and time of that.
import numpy
from medmnist_fast import _core, store
path, step = Path(sys.argv[1]), sys.argv[2]
threads = _core.available_parallelism()


def peak():
    # Not `ru_maxrss`, which a child on Linux starts with its parent's.
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) * 1024
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = peak()
start = time.perf_counter()
if step == "open":
    images = store.open_store(path).view("train_images", False)
    held = 0
elif step == "make":
    store.open_store(path)
    held = 0
else:
    images = _core.Archive(path).read("train_images", threads)
    held = images.nbytes
seconds = time.perf_counter() - start
print(json.dumps([peak(), before, held, seconds]))
"""


def run(scratch: Path, gigabytes: float, console: Console) -> None:
    """Measure and print."""
    table = Table(title="decoded stores: peak memory (RSS), each step in a fresh process", title_justify="left")
    for column in ("set", "step", "peak MB", "of which array MB", "more than before MB", "time"):
        table.add_column(column, justify="left" if column in {"set", "step"} else "right")
    for size in (SMALL, gigabytes):
        path = scratch / f"generated_{size:g}gb.npz"
        write_large(path, size)
        for step, repeats in (("make", 1), ("open", REPEATS), ("into memory", 1)):
            results = [_step(path, step) for _ in range(repeats)]
            peak, before, held, seconds = (statistics.median(values) for values in zip(*results, strict=True))
            megabytes = [f"{value / 1e6:,.1f}" for value in (peak, held, peak - before)]
            time = f"{seconds * 1e3:.2f} ms" if seconds < 0.1 else f"{seconds:.1f} s"
            table.add_row(f"{size:g} GB", step, *megabytes, time)
        (scratch / "decoded" / path.name).unlink()
        path.unlink()
    console.print(table)


def _step(path: Path, step: str) -> list[float]:
    command = [sys.executable, "-c", STEP, str(path), step]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    numbers: list[float] = json.loads(answer.stdout)
    return numbers


def main() -> None:
    """Run it alone."""
    parser = argparse.ArgumentParser(prog="python -m benches.memory")
    parser.add_argument("--gigabytes", type=float, default=3, help="size of the larger set (default: 3)")
    parser.add_argument("--scratch", type=Path, help="folder for the generated files (default: a temporary one)")
    options = parser.parse_args()
    console = Console(width=None if Console().is_terminal else 120, highlight=False)
    console.print(describe(), markup=False)
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        run(Path(scratch), options.gigabytes, console)


if __name__ == "__main__":
    main()
