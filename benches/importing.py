"""``python -m benches.importing``: what ``import medmnist_fast`` takes, beside ``import numpy``.

Whole processes, one after the other and in turn: what the interpreter takes to start is part of each.
"""

import argparse
import statistics
import subprocess
import sys
import time

from rich.console import Console
from rich.table import Table

from benches.machine import describe

STATEMENTS = {
    "an interpreter": "pass",
    "NumPy": "import numpy",
    "medmnist_fast": "import medmnist_fast",
    "all its names": "from medmnist_fast import *",
    "medmnist": "import medmnist",
}
AIM = 1.3
"""Times of ``import numpy`` that ``import medmnist_fast`` may take."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benches.importing")
    parser.add_argument("--rounds", type=int, default=15, help="processes of each kind (default: 15)")
    options = parser.parse_args()
    console = Console(width=None if Console().is_terminal else 120, highlight=False)
    console.print(describe(), markup=False)
    run(options.rounds, console)


def run(rounds: int, console: Console) -> None:
    """Measure and print."""
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(rounds + 1):
        for name, statement in STATEMENTS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True, capture_output=True)
            times[name].append(time.perf_counter() - start)
    # The first round warmed up: files are in memory, and compiled.
    medians = {name: statistics.median(found[1:]) for name, found in times.items()}
    table = Table(title=f"processes that import, ms; {rounds} interleaved rounds", title_justify="left")
    for column in ("what", "median", ": NumPy"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for name, median in medians.items():
        table.add_row(name, f"{1e3 * median:.1f}", f"{median / medians['NumPy']:.2f} x")
    console.print(table)
    ratio = medians["medmnist_fast"] / medians["NumPy"]
    console.print(
        f"import medmnist_fast: {ratio:.2f} x import numpy; target <= {AIM} x: {'met' if ratio <= AIM else 'MISSED'}",
        markup=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    main()
