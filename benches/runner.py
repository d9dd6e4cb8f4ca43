"""Every contender of a workload in its own process and environment, in turns."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benches.answers import judge
from benches.process import ContenderError, MemoryWatch, Process
from benches.rows import MemoryCurve, Row
from benches.workloads import Workload

ROUND_SECONDS = 0.25
"""Of a timed round, at least: a hiccup of the machine then weighs the same for all."""


def measure(
    contenders: Sequence[tuple[Workload, str, Path | str]], folder: Path, rounds: int
) -> tuple[list[Row], list[MemoryCurve]]:
    """Rows and memory of contenders at a workload, or at several that are compared with one another.

    Each opens the set, takes a first batch, gives a batch that is checked and runs one round to warm up, during which
    its memory is watched; then all take turns.

    Args:
        contenders: workload, contender, and its Python or a sentence that says why there is none.
        folder: with the set's file.
        rounds: of each.
    """
    runners = [_Runner(workload, folder, name, environment) for workload, name, environment in contenders]
    try:
        for prepare in ("wait", "open", "check", "warm_up"):
            for runner in runners:
                runner.attempt(prepare)
        for _ in range(rounds):
            for runner in runners:
                runner.attempt("time_round")
    finally:
        for runner in runners:
            runner.close()
    return [runner.row for runner in runners], [runner.curve for runner in runners if runner.curve is not None]


class _Runner:
    """One contender on its way through a workload; what it could not do ends it, with a reason."""

    def __init__(self, workload: Workload, folder: Path, contender: str, environment: Path | str) -> None:
        self.row = Row(workload, contender, contender)
        self.curve: MemoryCurve | None = None
        self._folder = folder
        self._process: Process | None = None
        self._cpu_seconds: list[float] = []
        if isinstance(environment, str):
            self.row = replace(self.row, status="absent", why=environment)
        else:
            self._process = Process(environment, contender)

    def attempt(self, step: str) -> None:
        """Take a step, unless an earlier one failed."""
        if self._process is None:
            return
        try:
            getattr(self, f"_{step}")(self._process)
        except ContenderError as error:
            self.row = replace(self.row, status=error.status, why=str(error))  # type: ignore[arg-type]
            self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _wait(self, process: Process) -> None:
        about = process.answer()
        self.row = replace(self.row, title=about["title"], versions=about["versions"])

    def _open(self, process: Process) -> None:
        reply = process.ask(do="open", workload=self.row.workload.as_dict(), folder=str(self._folder))
        self.row = replace(self.row, first_batch_seconds=reply["seconds"])

    def _check(self, process: Process) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "batch.npz"
            if "unchecked" in process.ask(do="check", path=str(path)):
                return
            with np.load(path) as batch:
                answer = judge(self.row.workload, self._folder, batch["images"], batch["labels"])
        self.row = replace(self.row, answer=answer)

    def _warm_up(self, process: Process) -> None:
        with MemoryWatch(process) as watch:
            process.ask(do="round", seconds=ROUND_SECONDS)
        row = self.row
        self.curve = MemoryCurve(row.workload, row.contender, row.title, watch.seconds, watch.rss_mb)
        self.row = replace(row, peak_rss_mb=max(watch.rss_mb, default=None))

    def _time_round(self, process: Process) -> None:
        before = process.cpu_seconds()
        reply = process.ask(do="round", seconds=ROUND_SECONDS)
        if "rate" in reply:
            self.row = replace(self.row, rates=[*self.row.rates, reply["rate"]])
            return
        used = process.cpu_seconds() - before
        self._cpu_seconds.append(used / reply["images"] * 1e6)
        self.row = replace(
            self.row,
            rates=[*self.row.rates, reply["images"] / reply["seconds"]],
            cpu_seconds_per_million=float(np.median(self._cpu_seconds)),
        )
