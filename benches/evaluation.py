"""``python -m benches.evaluation [--rounds N]``: AUC and ACC beside scikit-learn, and what a bootstrap takes."""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import accuracy_score, roc_auc_score

from benches.interleave import interleave
from benches.machine import describe
from medmnist_fast import Evaluator

SAMPLES, LABELS = 22_433, 14
"""Of ChestMNIST's test split."""
RESAMPLES = 1000
TOLERANCE = 1e-12
AIM = 10
"""Times of scikit-learn's speed that ``Evaluator.evaluate`` has to reach."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benches.evaluation")
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds per contender, at least 5 (default: 7)")
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error(f"--rounds {options.rounds}; allowed: 5 or more, for a median that means something")
    console = Console(width=None if Console().is_terminal else 120, highlight=False)
    console.print(describe(), markup=False)
    run(options.rounds, console)


def run(rounds: int, console: Console) -> None:
    """Measure and print."""
    rng = np.random.default_rng(0)
    # About as many findings as there are; scores that tell something, rounded so that some are equal.
    labels = (rng.random((SAMPLES, LABELS)) < 0.05).astype(np.uint8)
    scores = (0.7 * rng.random((SAMPLES, LABELS)) + 0.3 * labels).round(6)
    with tempfile.TemporaryDirectory() as scratch:
        np.savez(Path(scratch) / "chestmnist.npz", test_labels=labels)
        evaluator = Evaluator("chestmnist", "test", root=scratch)
    ours, theirs = evaluator.evaluate(scores), by_scikit_learn(labels, scores)
    exact = max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) < TOLERANCE
    timings = interleave(
        {
            "scikit-learn": lambda: by_scikit_learn(labels, scores),
            "Evaluator.evaluate": lambda: evaluator.evaluate(scores),
            "Evaluator.report": lambda: evaluator.report(scores),
        },
        rounds,
    )
    title = f"{SAMPLES:,} x {LABELS} scores, ms; {rounds} interleaved rounds"
    table = Table(title=title, title_justify="left")
    for column in ("contender", "median", "spread", ": scikit-learn", "answer"):
        table.add_column(column, justify="left" if column in {"contender", "answer"} else "right")
    reference = timings["scikit-learn"].median
    for name, timing in timings.items():
        answer = "" if name == "scikit-learn" else "within 1e-12" if exact else "WRONG"
        ratio = f"{reference / timing.median:.1f} x"
        table.add_row(name, f"{1e3 * timing.median:.1f}", f"{timing.spread:.0%}", ratio, answer)
    console.print(table)
    times = reference / timings["Evaluator.evaluate"].median
    console.print(
        f"Evaluator.evaluate: {times:.1f} x scikit-learn; target >= {AIM} x: {'met' if times >= AIM else 'MISSED'}",
        markup=False,
        soft_wrap=True,
    )
    start = time.perf_counter()
    interval = evaluator.report(scores, bootstrap=RESAMPLES).intervals["AUC"]
    seconds = time.perf_counter() - start
    console.print(
        f"report with {RESAMPLES:,} resamples: {seconds:.1f} s; AUC {interval.low:.4f} to {interval.high:.4f}"
    )


def by_scikit_learn(labels: NDArray[np.uint8], scores: NDArray[np.float64]) -> tuple[float, float]:
    """As ``medmnist`` does it."""
    columns = [(labels[:, label], scores[:, label]) for label in range(LABELS)]
    auc = sum(float(roc_auc_score(*column)) for column in columns) / LABELS
    acc = sum(float(accuracy_score(truth, score > 0.5)) for truth, score in columns) / LABELS
    return auc, acc


if __name__ == "__main__":
    main()
