"""``python -m benches.compat``: the data time of a script for ``medmnist``, with plain Python and under ``run``.

The script is ``examples/upstream_style_train.py``; the set has BloodMNIST's layout at 28 pixels and random content.
Runs of both kinds alternate; all that they print has to be the same, but for the times.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import medmnist
import numpy as np
from rich.console import Console

from benches.machine import describe

SCRIPT = Path(__file__).parents[1] / "examples" / "upstream_style_train.py"
RUNNERS = {"python": [], "medmnist-fast run": ["-m", "medmnist_fast", "run"]}
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}
"""Training on one thread: more of them spin while they wait for each other, on CPUs that others need."""
AIM = 50
"""Times by which the data time is to fall."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benches.compat")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each kind (default: 5)")
    options = parser.parse_args()
    console = Console(width=None if Console().is_terminal else 120, highlight=False)
    console.print(describe(), markup=False)
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), options.rounds, console)


def run(scratch: Path, rounds: int, console: Console) -> None:
    """Measure and print."""
    flag = "bloodmnist"
    _write(scratch, flag)
    for extra in ([], ["--augment"]):
        times: dict[str, list[float]] = {name: [] for name in RUNNERS}
        printed: dict[str, set[str]] = {name: set() for name in RUNNERS}
        for _ in range(rounds):
            for name, runner in RUNNERS.items():
                arguments = [*runner, str(SCRIPT), "--root", str(scratch), "--flag", flag, "--epochs", "4", *extra]
                done = subprocess.run(
                    [sys.executable, *arguments], check=True, capture_output=True, text=True, env=ENVIRONMENT
                )
                times[name] += [float(found) for found in re.findall(r"([\d.]+) s of data", done.stdout)]
                # With random transforms the draws are others, and so are losses and scores.
                numbers = r"[\d.]+ s of data" + ("|loss [\\d.]+|AUC.*" if extra else "")
                printed[name].add(re.sub(numbers, "", done.stdout))
        theirs, ours = (statistics.median(found) for found in times.values())
        kind = "random crop, flip" if extra else "ToTensor, Normalize"
        is_same = len(set.union(*printed.values())) == 1
        verdict = "met" if is_same and theirs / ours >= AIM else "MISSED"
        console.print(
            f"data time of an epoch, {kind}: {theirs:.3f} s with python, {ours:.4f} s under run, "
            f"{theirs / ours:.0f} x; target >= {AIM} x: {verdict}; {'same output' if is_same else 'OTHER OUTPUT'}",
            markup=False,
            soft_wrap=True,
        )


def _write(folder: Path, flag: str) -> None:
    """Random pixels, as many as the official file has, for ``medmnist`` insists on that."""
    rng = np.random.default_rng(0)
    members = {}
    info = medmnist.INFO[flag]
    for split, count in info["n_samples"].items():
        members[f"{split}_images"] = rng.integers(0, 256, (count, 28, 28, 3), dtype=np.uint8)
        members[f"{split}_labels"] = rng.permutation(np.arange(count) % len(info["label"])).astype(np.uint8)[:, None]
    np.savez(folder / f"{flag}.npz", **members)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
