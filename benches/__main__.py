"""``python -m benches [--rounds N] [--root DIR]``: all benchmarks, one after the other."""

import argparse
import os
import tempfile
from pathlib import Path

from rich.console import Console

from benches import decoding, evaluation, kernels, loader, loading, memory, pipelines
from benches.machine import describe


def main() -> None:
    """Run the benchmarks and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m benches")
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds per contender, at least 5 (default: 7)")
    parser.add_argument("--gigabytes", type=float, default=3, help="size of the larger generated set (default: 3)")
    parser.add_argument("--root", type=Path, default=os.environ.get("MEDMNIST_ROOT"), help="folder of official files")
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error(f"--rounds {options.rounds}; allowed: 5 or more, for a median that means something")
    console = Console(width=None if Console().is_terminal else 120, highlight=False)
    console.print(describe(), markup=False)
    with tempfile.TemporaryDirectory() as scratch:
        loading.run(Path(scratch), options.rounds, console)
        kernels.run(options.rounds, console)
        with tempfile.TemporaryDirectory() as sets:
            pipelines.run(Path(sets), options.rounds, console)
            loader.run(Path(sets), options.rounds, console)
        decoding.run(Path(scratch), options.root, options.rounds, console)
        evaluation.run(options.rounds, console)
        memory.run(Path(scratch), options.gigabytes, console)


if __name__ == "__main__":
    main()
