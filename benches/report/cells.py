"""The rows of a run by workload: who is compared with whom, and who beats ours."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benches.rows import OURS, ROOF, Row, Run
from benches.workloads import LAYOUTS, PIPELINES, Workload

THREADS, BATCH_SIZE = 2, 128
"""Of the workloads at which contenders are compared; others show how ours and theirs scale."""
BEATS_OURS = "†"
TIMES, NONE = "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"
"""Behind a ratio, and in place of a figure that there is not."""

Figure = Callable[[Row], float | None]
"""What is taken from a row: a rate, seconds, megabytes; None where it was not measured."""


def rate(row: Row) -> float:
    """Images per second: the one figure of which more is better."""
    return row.rate


@dataclass(frozen=True)
class Cell:
    """All contenders at one workload."""

    workload: Workload
    rows: dict[str, Row]
    """By contender."""

    @property
    def measured(self) -> list[Row]:
        """Those that have a rate, the fastest first."""
        return sorted(filter(is_measured, self.rows.values()), key=rate, reverse=True)

    @property
    def missing(self) -> list[Row]:
        """Those that have none; each says why."""
        return [row for row in self.rows.values() if not is_measured(row)]

    @property
    def best_peer(self) -> Row | None:
        """The fastest contender that is neither ours nor the roof and whose answer is not wrong."""
        return next((row for row in self.measured if is_peer(row)), None)

    def of(self, contender: str) -> Row | None:
        """A contender's row, if it was measured."""
        row = self.rows.get(contender)
        return row if row and is_measured(row) else None

    def ratio(self, row: Row, contender: str) -> float | None:
        """How many times as fast as a contender; None where that was not measured."""
        reference = self.of(contender)
        return row.rate / reference.rate if reference else None

    def beats_ours(self, row: Row, figure: Figure = rate) -> bool:
        """Whether a peer with a right answer has the better figure."""
        ours = self.of(OURS)
        if ours is None or not is_peer(row):
            return False
        theirs_figure, our_figure = figure(row), figure(ours)
        if theirs_figure is None or our_figure is None:
            return False
        return theirs_figure > our_figure if figure is rate else theirs_figure < our_figure


def cells(run: Run) -> list[Cell]:
    """Of all workloads: by set, size and pipeline, in the order in which those are declared."""
    flags, pipelines = list(LAYOUTS), list(PIPELINES)
    by_workload: dict[Workload, dict[str, Row]] = {}
    for row in run.rows:
        by_workload.setdefault(row.workload, {})[row.contender] = row
    return sorted(
        (Cell(workload, rows) for workload, rows in by_workload.items()),
        key=lambda cell: (
            flags.index(cell.workload.flag),
            cell.workload.size,
            pipelines.index(cell.workload.pipeline),
            cell.workload.threads,
            cell.workload.batch_size,
        ),
    )


def compared(run: Run) -> list[Cell]:
    """Those with the threads and the batch size at which contenders are compared, without decoding."""
    return [
        cell
        for cell in cells(run)
        if cell.workload.pipeline != "decode"
        and (cell.workload.threads, cell.workload.batch_size) == (THREADS, BATCH_SIZE)
    ]


def decoding(run: Run) -> list[Cell]:
    """Those of decoding a file."""
    return [cell for cell in cells(run) if cell.workload.pipeline == "decode"]


def is_measured(row: Row) -> bool:
    """Whether it has a rate."""
    return row.status == "ok" and bool(row.rates)


def is_wrong(row: Row) -> bool:
    """Whether its batch was not what the reference gives: its rate counts for nothing."""
    return row.answer.startswith("WRONG")


def is_peer(row: Row) -> bool:
    """Whether ours is to beat it: a rate with a right answer, and not the roof."""
    return row.contender not in {OURS, ROOF} and is_measured(row) and not is_wrong(row)


def set_title(workload: Workload) -> str:
    """Without the pipeline: ``28 RGB``."""
    return workload.title.removesuffix(f", {PIPELINES[workload.pipeline]}")


def file_name(workload: Workload) -> str:
    """Of the set: ``retinamnist.npz``."""
    return workload.path(Path()).name


def threads_in_words(count: int) -> str:
    """``1 thread``, ``2 threads``."""
    return f"{count} thread{'s' * (count > 1)}"


def megabytes_per_second(row: Row) -> float:
    """Of images as they are stored."""
    return row.rate * math.prod(row.workload.stored_shape) / 1e6


def title_of(run: Run, contender: str) -> str:
    """What a contender calls itself, or else its name."""
    return next((row.title for row in run.rows if row.contender == contender and row.title), contender)


def reason(row: Row) -> str:
    """Why a contender has no rate."""
    return f"{row.status}: {row.why or 'no reason was given'}" if row.status != "ok" else "it measured no round"


def versions_of(run: Run) -> dict[str, str]:
    """Of all packages that were measured, by name."""
    versions = dict(run.versions)
    for row in run.rows:
        versions |= row.versions
    return dict(sorted(versions.items(), key=lambda item: item[0].lower()))
