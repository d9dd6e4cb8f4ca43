"""What a run measured, as tables on the terminal."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benches.report.cells import (
    BATCH_SIZE,
    BEATS_OURS,
    NONE,
    THREADS,
    TIMES,
    Cell,
    Figure,
    cells,
    compared,
    decoding,
    file_name,
    is_measured,
    is_wrong,
    megabytes_per_second,
    rate,
    reason,
    set_title,
    threads_in_words,
)
from benches.report.targets import Verdict, judge
from benches.rows import OURS, ROOF, STOCK, Row, Run
from benches.workloads import PIPELINES, Workload

PIPE_WIDTH = 120
NAME_WIDTH = 38
"""Of a column of names, so that most take one line."""
STYLES = {"met": "green", "MISSED": "bold red", "not measured": "dim"}


def _cpu(row: Row) -> float | None:
    return row.cpu_seconds_per_million


def _rss(row: Row) -> float | None:
    return row.peak_rss_mb


def _first_batch(row: Row) -> float | None:
    """Milliseconds."""
    return None if row.first_batch_seconds is None else row.first_batch_seconds * 1e3


FIGURES: tuple[Figure, ...] = (_cpu, _rss, _first_batch)


def report_console() -> Console:
    """As wide as the terminal; in a pipe always the same width, so that two runs can be compared."""
    is_terminal = Console().is_terminal
    return Console(width=None if is_terminal else PIPE_WIDTH, highlight=False)


def print_run(run: Run, console: Console) -> None:
    """Everything, the verdicts last."""
    console.print(f"{run.date}, commit {run.commit}; medians of {run.rounds} interleaved rounds", markup=False)
    console.print(run.machine, markup=False)
    console.print(", ".join(f"{name} {number}" for name, number in run.versions.items()), markup=False)
    verdicts = judge(run)
    for table in (
        *_comparisons(run),
        *_scaling(run),
        *_decoded(run),
        *_openings(run),
        _contenders(run),
        *_missing(run),
    ):
        console.print()
        console.print(table)
    console.print()
    console.print(_targets(verdicts))
    counts: Counter[str] = Counter(verdict.verdict for verdict in verdicts)
    console.print(", ".join(f"{counts[word]} {word}" for word in STYLES), markup=False)


def _comparisons(run: Run) -> Iterator[Table]:
    """A table for each set and size, a section for each pipeline."""
    for (title, _), group in groupby(compared(run), lambda cell: (set_title(cell.workload), cell.workload.flag)):
        table = _table(
            f"{title}: {threads_in_words(THREADS)}, batch {BATCH_SIZE}",
            *(
                "images/s",
                "spread",
                f"{TIMES} stock",
                "of the\nroof",
                "CPU-s per\nmillion",
                "peak RSS\nMB",
                "first\nbatch ms",
            ),
            last="answer",
        )
        for cell in group:
            _section(table, PIPELINES[cell.workload.pipeline])
            for row in cell.measured:
                _add(
                    table,
                    row,
                    row.title,
                    _mark(f"{row.rate:,.0f}", cell, row),
                    _spread(row),
                    _number(cell.ratio(row, STOCK)),
                    _number(cell.ratio(row, ROOF)) if row.contender != ROOF else "",
                    *(_mark(_number(figure(row)), cell, row, figure) for figure in FIGURES),
                    row.answer or NONE,
                )
            if cell.missing:
                _caption(table, f"{PIPELINES[cell.workload.pipeline]}, without: {_names(cell)}")
        yield table


def _scaling(run: Run) -> Iterator[Table]:
    """Rates by number of threads, and by batch size."""
    every = [cell for cell in cells(run) if cell.workload.pipeline != "decode"]
    yield from _grid(
        f"By number of threads, batch {BATCH_SIZE}, images/s",
        [cell for cell in every if cell.workload.batch_size == BATCH_SIZE],
        lambda workload: workload.threads,
        threads_in_words,
        last="most : fewest",
    )
    yield from _grid(
        f"By batch size, {threads_in_words(THREADS)}, images/s",
        [cell for cell in every if cell.workload.threads == THREADS],
        lambda workload: workload.batch_size,
        str,
        last=None,
    )


def _grid(
    title: str,
    every: list[Cell],
    axis: Callable[[Workload], int],
    header: Callable[[int], str],
    last: str | None,
) -> Iterator[Table]:
    """A section for each pipeline that has more than one value of ``axis``, a column for each of those."""
    groups = [
        {axis(cell.workload): cell for cell in group}
        for _, group in groupby(every, lambda cell: (cell.workload.flag, cell.workload.title))
    ]
    groups = [group for group in groups if len(group) > 1]
    values = sorted(set().union(*groups))
    if not groups:
        return
    table = _table(title, *map(header, values), *([last] if last else []))
    for group in groups:
        _section(table, next(iter(group.values())).workload.title)
        # In the order of the rates in the last column, those that were not measured there last.
        ranked = dict.fromkeys(row.contender for value in reversed(group) for row in group[value].measured)
        for contender in ranked:
            rows = {value: cell.rows[contender] for value, cell in group.items() if contender in cell.rows}
            if len(rows) == 1:
                continue
            rates = [row.rate for row in rows.values() if is_measured(row) and not is_wrong(row)]
            _add(
                table,
                next(iter(rows.values())),
                next(iter(rows.values())).title,
                *(_rate(group[value], rows[value]) if value in rows else NONE for value in values),
                *([_number(rates[-1] / rates[0]) if len(rates) > 1 else NONE] if last else []),
            )
    yield table


def _decoded(run: Run) -> Iterator[Table]:
    """A section for each file, a row for each contender and number of threads."""
    every = decoding(run)
    if not every:
        return
    table = _table(
        "From file to array: all training images",
        *("MB/s", "spread", f"{TIMES} np.load,\n1 thread", f"{TIMES} spdl,\n1 thread", "peak RSS\nMB"),
        last="answer",
    )
    for name, group in groupby(every, lambda cell: file_name(cell.workload)):
        file = {cell.workload.threads: cell for cell in group}
        _section(table, name)
        measured = [(cell, row) for cell in file.values() for row in cell.measured]
        for cell, row in sorted(measured, key=lambda pair: pair[1].rate, reverse=True):
            _add(
                table,
                row,
                f"{row.title}, {threads_in_words(cell.workload.threads)}",
                _mark(f"{megabytes_per_second(row):,.0f}", cell, row),
                _spread(row),
                *(_number(file[1].ratio(row, name) if 1 in file else None) for name in ("numpy_load", "spdl")),
                _mark(_number(_rss(row)), cell, row, _rss),
                row.answer or NONE,
            )
        for threads, cell in file.items():
            if cell.missing:
                _caption(table, f"{name}, {threads_in_words(threads)}, without: {_names(cell)}")
    yield table


def _openings(run: Run) -> Iterator[Table]:
    if not run.openings:
        return
    table = _table(
        "Opening a set, in a fresh process that has imported what it needs",
        *("set", "decoded\nMB", "open\nms", "first\nbatch ms", "peak RSS\nabove, MB"),
    )
    for opening in run.openings:
        table.add_row(
            Text(opening.title),
            f"{opening.flag} {opening.size}",
            *map(
                _number,
                (
                    opening.megabytes,
                    opening.open_seconds * 1e3,
                    opening.first_batch_seconds * 1e3,
                    opening.peak_rss_mb,
                ),
            ),
        )
    yield table


def _contenders(run: Run) -> Table:
    """Versions of those that could be installed."""
    table = Table(title="Contenders", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("")
    table.add_column("versions")
    versions: dict[str, dict[str, str]] = {}
    for row in run.rows:
        versions.setdefault(row.title, {}).update(row.versions)
    for title, packages in versions.items():
        table.add_row(Text(title), Text(", ".join(f"{name} {number}" for name, number in packages.items()) or NONE))
    return table


def _missing(run: Run) -> Iterator[Table]:
    """Each reason once, with where it holds."""
    places: dict[tuple[str, str], list[Workload]] = {}
    for row in sorted(run.rows, key=lambda row: row.title):
        if not is_measured(row):
            places.setdefault((row.title, reason(row)), []).append(row.workload)
    if not places:
        return
    table = Table(
        title="Not measured, and why", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False
    )
    for column in ("", "reason", "at"):
        table.add_column(column)
    for (title, why), workloads in places.items():
        tried = [row.workload for row in run.rows if row.title == title]
        table.add_row(Text(title), Text(why), Text(_where(workloads, tried)))
    yield table


def _where(workloads: list[Workload], tried: list[Workload]) -> str:
    """By pipeline; with threads or sets where it is not all that were tried: ``f32; u8 (224 RGB)``."""
    if len(workloads) == len(tried):
        return "every workload"
    places = []
    for pipeline, title in PIPELINES.items():
        here, all_ = ([w for w in some if w.pipeline == pipeline] for some in (workloads, tried))
        threads = {workload.threads for workload in here}
        if not here:
            continue
        if len(here) == len(all_):
            places.append(title)
        elif len(here) == sum(workload.threads in threads for workload in all_):
            places.append(f"{title} ({', '.join(map(threads_in_words, sorted(threads)))})")
        else:
            places.append(f"{title} ({', '.join(dict.fromkeys(map(set_title, here)))})")
    return "; ".join(places)


def _targets(verdicts: list[Verdict]) -> Table:
    table = Table(title="Targets", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("")
    table.add_column("aim", justify="right", no_wrap=True)
    table.add_column("found", justify="right", no_wrap=True)
    table.add_column("verdict")
    for verdict in verdicts:
        table.add_row(Text(verdict.title), verdict.aim, verdict.found, Text(verdict.sentence, STYLES[verdict.verdict]))
    return table


def _table(title: str, *figures: str, last: str | None = None) -> Table:
    """A column of names, columns of figures, and perhaps one of words."""
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, padding=0, show_edge=False, caption_justify="left"
    )
    table.add_column("", min_width=NAME_WIDTH)
    for figure in figures:
        table.add_column(figure, justify="right", no_wrap=True)
    if last:
        table.add_column(last)
    return table


def _section(table: Table, title: str) -> None:
    if table.row_count:
        table.add_section()
    table.add_row(Text(title, "italic underline"))


def _add(table: Table, row: Row, *columns: str) -> None:
    """A row in its style; the first mark brings the footnote."""
    style = "bold" if row.contender == OURS else "red" if is_wrong(row) else "" if is_measured(row) else "dim"
    table.add_row(*(Text(column) for column in columns), style=style)
    if any(column.startswith(BEATS_OURS) for column in columns):
        _caption(table, f"{BEATS_OURS} beats ours: DESIGN.md says why")


def _caption(table: Table, line: str) -> None:
    """One more line below a table, unless it is there."""
    lines = str(table.caption or "").splitlines()
    if line not in lines:
        table.caption = Text("\n".join([*lines, line]))


def _names(cell: Cell) -> str:
    """Who is missing, by status: ``SPDL, FFCV (unsupported); Grain (absent)``."""
    by_status: dict[str, list[str]] = {}
    for row in cell.missing:
        by_status.setdefault(row.status, []).append(row.title)
    return "; ".join(f"{', '.join(titles)} ({status})" for status, titles in by_status.items())


def _rate(cell: Cell, row: Row) -> str:
    if is_wrong(row):
        return "WRONG"
    return _mark(f"{row.rate:,.0f}", cell, row) if is_measured(row) else row.status


def _mark(text: str, cell: Cell, row: Row, figure: Figure = rate) -> str:
    return f"{BEATS_OURS} {text}" if cell.beats_ours(row, figure) else text


def _spread(row: Row) -> str:
    return f"±{row.spread:.0%}" if len(row.rates) > 1 else NONE


def _number(figure: float | None) -> str:
    """About three digits."""
    if figure is None:
        return NONE
    return f"{figure:,.{2 if figure < 10 else 1 if figure < 100 else 0}f}"
