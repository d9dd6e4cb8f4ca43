"""The targets, and whether a run meets them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from benches.report.cells import (
    THREADS,
    TIMES,
    decoding,
    file_name,
    is_measured,
    is_wrong,
    reason,
    threads_in_words,
    title_of,
)
from benches.rows import OURS, ROOF, STOCK, Row, Run
from benches.workloads import PIPELINES, Pipeline, Workload

_Rows = dict[tuple[str, Workload], Row]

REOPENED = "decoded store, opened again"
"""Title of the :class:`~benches.rows.Opening` that the targets of opening are about."""
TOUCHED = "no set: a batch's memory, written to"
"""Title of the one that is as quick as a first batch can be."""

RGB = "bloodmnist"
VOLUMES = "nodulemnist3d"


class _NotMeasuredError(Exception):
    """A figure is missing; the message says why."""


@dataclass(frozen=True)
class Target:
    """How many times as good as a contender, at a workload, ours is to be."""

    workload: Workload
    against: str
    at_least: float
    figure: Literal["rate", "cpu"] = "rate"
    against_threads: int | None = None
    """Threads of the other row, where they are not the workload's."""

    @property
    def against_workload(self) -> Workload:
        """What the other row measures."""
        return replace(self.workload, threads=self.against_threads or self.workload.threads)


@dataclass(frozen=True)
class OpeningTarget:
    """How long a way to open a set may take, at any size."""

    title: str
    field: Literal["open_seconds", "first_batch_seconds"]
    at_most: float
    """Seconds."""


def _ratios(
    pipeline: Pipeline, sizes: tuple[int, ...], against: str, at_least: float, flag: str = RGB
) -> Iterator[Target]:
    return (Target(Workload(flag, size, pipeline), against, at_least) for size in sizes)


TARGETS = (
    *_ratios("f32", (28, 64, 224), ROOF, 0.8),
    *_ratios("u8", (224,), ROOF, 0.8),
    *_ratios("upscale", (28,), ROOF, 0.5),
    *_ratios("crop_flip", (28, 64, 224), "ffcv", 3),
    *_ratios("crop_flip", (28,), STOCK, 200),
    *_ratios("crop_flip", (64, 224), STOCK, 40),
    *_ratios("trivial", (28,), STOCK, 30),
    *_ratios("flip_turn", (28,), "numpy_volumes", 20, VOLUMES),
    Target(Workload(RGB, 28, "f32"), STOCK, 50, figure="cpu"),
    Target(Workload(RGB, 224, "crop_flip"), OURS, 1.8, against_threads=1),
)
DECODING = (
    (1, "numpy_load", 2.0),
    (2, "numpy_load", 3.5),
    (1, "spdl", 1.5),
    (2, "spdl", 1.5),
)
"""For each file: our threads, the contender on one thread, and how many times as fast ours is to be."""
OPENINGS = (
    OpeningTarget("opening a decoded set again", "open_seconds", 0.005),
    OpeningTarget("first batch from a warm store", "first_batch_seconds", 0.020),
)


@dataclass(frozen=True)
class Verdict:
    """A target and what a run found of it."""

    title: str
    aim: str
    found: str
    """Empty where it was not measured."""
    verdict: Literal["met", "MISSED", "not measured"]
    why: str = ""
    """Why it was not measured or counts for nothing; where it was missed, what the roof would be."""
    workload: Workload | None = None

    @property
    def sentence(self) -> str:
        """The verdict, with its reason in brackets."""
        return f"{self.verdict} ({self.why})" if self.why else self.verdict


def judge(run: Run) -> list[Verdict]:
    """All targets, in a fixed order."""
    rows = {(row.contender, row.workload): row for row in run.rows}
    return [
        *(_compare(run, rows, target) for target in TARGETS),
        *_decoding(run, rows),
        *(_opening(run, target) for target in OPENINGS),
    ]


def _decoding(run: Run, rows: _Rows) -> Iterator[Verdict]:
    files = list(dict.fromkeys(replace(cell.workload, threads=1) for cell in decoding(run)))
    for threads, against, at_least in DECODING:
        for workload in files:
            target = Target(replace(workload, threads=threads), against, at_least, against_threads=1)
            yield _compare(run, rows, target)
        if not files:
            title = f"{PIPELINES['decode']}, {threads_in_words(threads)}, beside {title_of(run, against)}"
            yield Verdict(title, f"≥ {at_least:g} {TIMES}", "", "not measured", "no file was decoded")


def _compare(run: Run, rows: _Rows, target: Target) -> Verdict:
    aim = f"≤ 1/{target.at_least:g}" if target.figure == "cpu" else f"≥ {target.at_least:g} {TIMES}"
    verdict = partial(Verdict, _title(run, target), aim, workload=target.workload)
    try:
        ours = _row(run, rows, OURS, target.workload)
        theirs = _row(run, rows, target.against, target.against_workload)
        ratio = _cpu_ratio(ours, theirs) if target.figure == "cpu" else ours.rate / theirs.rate
    except _NotMeasuredError as error:
        return verdict("", "not measured", str(error))
    found = f"1/{ratio:,.1f}" if target.figure == "cpu" else f"{_plain(ratio)} {TIMES}"
    if is_wrong(ours):
        return verdict(found, "MISSED", f"our answer: {ours.answer}")
    if is_wrong(theirs):
        return verdict(found, "not measured", f"answer of {theirs.title}: {theirs.answer}")
    return verdict(found, "met") if ratio >= target.at_least else verdict(found, "MISSED", _limit(rows, target, theirs))


def _limit(rows: _Rows, target: Target, theirs: Row) -> str:
    """What is possible at all, where a rate of images missed its aim."""
    roof = rows.get((ROOF, target.workload))
    beside = rows.get((ROOF, target.against_workload)) if target.against == OURS else theirs
    if target.against == ROOF or target.figure == "cpu":
        return ""
    if not (roof and beside and is_measured(roof) and is_measured(beside)):
        return ""
    return f"the roof: {_plain(roof.rate / beside.rate)} {TIMES}"


def _title(run: Run, target: Target) -> str:
    workload = target.workload
    title = file_name(workload) if workload.pipeline == "decode" else workload.title
    if target.against == OURS:
        return f"{title}, {target.against_workload.threads} → {threads_in_words(workload.threads)}"
    if workload.pipeline == "decode":
        title += f", {threads_in_words(workload.threads)}"
    if target.figure == "cpu":
        title += ", CPU-seconds"
    return f"{title}, beside {title_of(run, target.against)}"


def _row(run: Run, rows: _Rows, contender: str, workload: Workload) -> Row:
    row = rows.get((contender, workload))
    if row is None:
        where = "" if workload.threads == THREADS else f" on {threads_in_words(workload.threads)}"
        raise _NotMeasuredError(f"{title_of(run, contender)} was not run{where}")
    if not is_measured(row):
        raise _NotMeasuredError(f"{row.title} {reason(row)}")
    return row


def _cpu_ratio(ours: Row, theirs: Row) -> float:
    if not ours.cpu_seconds_per_million or not theirs.cpu_seconds_per_million:
        raise _NotMeasuredError(f"no CPU time of {(theirs if ours.cpu_seconds_per_million else ours).title}")
    return theirs.cpu_seconds_per_million / ours.cpu_seconds_per_million


def _opening(run: Run, target: OpeningTarget) -> Verdict:
    verdict = partial(Verdict, target.title, f"≤ {target.at_most * 1e3:g} ms")
    seconds = [getattr(opening, target.field) for opening in run.openings if opening.title == REOPENED]
    if not seconds:
        return verdict("", "not measured", "no decoded set was opened")
    found = f"{_plain(max(seconds) * 1e3)} ms"
    if max(seconds) <= target.at_most:
        return verdict(found, "met")
    least = [getattr(opening, target.field) for opening in run.openings if opening.title == TOUCHED]
    return verdict(found, "MISSED", f"its memory alone: {_plain(max(least) * 1e3)} ms" if least else "")


def _plain(figure: float) -> str:
    """With enough digits to tell it from an aim that it just misses."""
    return f"{figure:,.3f}" if figure < 10 else f"{figure:,.1f}"
