"""What a run measured, as SVG: bars beside peers and the roof, scaling, memory over an epoch.

The same run gives the same bytes. Text stays text. Ours is orange and the roof an outline everywhere; the colours are
those of Okabe and Ito, which colour-blind people tell apart, and lines have markers too.
"""

import math
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from benches.report.cells import (
    BATCH_SIZE,
    THREADS,
    Cell,
    cells,
    compared,
    is_measured,
    is_wrong,
    threads_in_words,
)
from benches.rows import OURS, ROOF, MemoryCurve, Row, Run
from benches.workloads import PIPELINES, Workload

STYLE: Any = {
    "svg.hashsalt": "medmnist_fast",
    "svg.fonttype": "none",
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.06,
    "text.parse_math": False,
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#999999",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "xtick.color": "#555555",
    "ytick.color": "#333333",
}
OURS_COLOUR, ROOF_COLOUR, PEER_COLOUR, TEXT_COLOUR = "#D55E00", "#000000", "#B8C4CC", "#333333"
LINES = {
    OURS: (OURS_COLOUR, "o"),
    ROOF: (ROOF_COLOUR, "None"),
    "stock": ("#0072B2", "s"),
    "stock_workers": ("#56B4E9", "D"),
    "ffcv": ("#009E73", "^"),
    "dali": ("#CC79A7", "v"),
    "tfdata": ("#E69F00", "P"),
    "grain": ("#7A5C00", "X"),
}
OTHER_LINE = ("#888888", ".")
INCHES = 10.0
BAR_INCHES = 0.19
PANELS_A_ROW = 3


def write_pictures(run: Run, folder: Path) -> list[Path]:
    """Those that the run has figures for; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        for name, figure in _figures(run):
            paths.append(folder / f"{name}.svg")
            figure.savefig(paths[-1], metadata={"Date": None})
    return paths


def _figures(run: Run) -> Iterator[tuple[str, Figure]]:
    measured = [cell for cell in compared(run) if cell.measured]
    for flag, group in groupby(measured, lambda cell: cell.workload.flag):
        yield f"peers_{flag}", _peers(list(group))
    every = [cell for cell in cells(run) if cell.workload.pipeline != "decode"]
    for name, label, some, axis in (
        ("threads", "threads", [c for c in every if c.workload.batch_size == BATCH_SIZE], lambda w: w.threads),
        ("batch_sizes", "batch size", [c for c in every if c.workload.threads == THREADS], lambda w: w.batch_size),
    ):
        panels = list(_panels(some, axis))
        if panels:
            yield name, _scaling(panels, label)
    curves = [curve for curve in run.memory if curve.rss_mb and _is_typical(curve.workload)]
    if curves:
        yield "memory", _memory(curves)


def _is_typical(workload: Workload) -> bool:
    """One pipeline is enough to see memory by: a panel for each workload would be yards of them."""
    return (workload.pipeline, workload.threads, workload.batch_size) == ("f32", THREADS, BATCH_SIZE)


def _peers(every: list[Cell]) -> Figure:
    """Bars of all contenders: a row of panels for each pipeline, a column for each size."""
    sizes = sorted({cell.workload.size for cell in every})
    pipelines = [name for name in PIPELINES if any(cell.workload.pipeline == name for cell in every)]
    by_place = {(cell.workload.pipeline, cell.workload.size): cell for cell in every}
    names = [_ranked([cell for cell in every if cell.workload.pipeline == pipeline]) for pipeline in pipelines]
    heights = [len(some) * BAR_INCHES + 0.35 for some in names]
    figure = Figure(figsize=(INCHES, sum(heights) + 0.9), layout="constrained")
    figure.suptitle(
        f"Images per second on {threads_in_words(THREADS)}, batch {BATCH_SIZE}: longer is better, log scale",
        fontsize=11,
    )
    grid = figure.subplots(len(pipelines), len(sizes), squeeze=False, height_ratios=heights)
    for row, pipeline, contenders in zip(grid, pipelines, names, strict=True):
        for column, (axes, size) in enumerate(zip(row, sizes, strict=True)):
            cell = by_place.get((pipeline, size))
            if cell is None:
                axes.set_visible(False)
                continue
            axes.set_title(cell.workload.title, loc="left", color=TEXT_COLOUR)
            _bars(axes, cell, contenders)
            if (pipeline, sizes[column - 1]) in by_place and column:
                axes.set_yticklabels([])
    _footnote(figure, every)
    return figure


def _ranked(every: list[Cell]) -> list[str]:
    """Contenders by the mean logarithm of their rates as shares of the best, and those that only failed."""
    shares: dict[str, list[float]] = {}
    for cell in every:
        for row in cell.measured:
            shares.setdefault(row.contender, []).append(math.log(row.rate / cell.measured[0].rate))
    ranked = sorted(shares, key=lambda name: -sum(shares[name]) / len(shares[name]))
    failed = [row.contender for cell in every for row in cell.missing if row.status == "failed"]
    ranked = list(dict.fromkeys([*ranked, *failed]))
    # The roof on top: it is what the others are measured against.
    return sorted(ranked, key=lambda name: name != ROOF)


def _bars(axes: Any, cell: Cell, contenders: list[str]) -> None:
    rates = [row.rate for row in cell.measured]
    low, high = min(rates) / 4, max(rates)
    axes.set_xscale("log")
    axes.set_xlim(low, high * (high / low) ** 0.35)
    axes.set_ylim(len(contenders) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(LogLocator(numticks=5))
    axes.xaxis.set_major_formatter(_tick)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=7, length=0)
    axes.spines["bottom"].set_visible(False)
    titles = []
    for place, name in enumerate(contenders):
        row = cell.rows.get(name)
        titles.append(row.title if row else name)
        if row is None or not is_measured(row):
            axes.text(low * 1.1, place, row.status if row else "not run", va="center", fontsize=7, color="#888888")
            continue
        colour = {OURS: OURS_COLOUR, ROOF: "white"}.get(name, PEER_COLOUR)
        edge = ROOF_COLOUR if name == ROOF else "none"
        axes.barh(place, row.rate - low, left=low, height=0.74, color=colour, edgecolor=edge, linewidth=0.8)
        axes.annotate(
            _short(row.rate) + (", WRONG answer" if is_wrong(row) else ""),
            (row.rate, place),
            (3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=TEXT_COLOUR,
            weight="bold" if name == OURS else "normal",
        )
    axes.set_yticks(range(len(contenders)), titles, fontsize=8)
    for name, label in zip(contenders, axes.get_yticklabels(), strict=True):
        label.set_weight("bold" if name == OURS else "normal")


def _footnote(figure: Figure, every: list[Cell]) -> None:
    absent = sorted({row.title for cell in every for row in cell.missing if row.status == "absent"})
    if absent:
        figure.supxlabel(f"absent: {', '.join(absent)}", fontsize=8, color=TEXT_COLOUR, x=0.01, ha="left")


def _panels(every: list[Cell], axis: Callable[[Workload], int]) -> Iterator[dict[int, Cell]]:
    """Cells of a pipeline by ``axis``, where something was measured at more than one value of it."""
    for _, group in groupby(every, lambda cell: (cell.workload.flag, cell.workload.title)):
        panel = {axis(cell.workload): cell for cell in group if cell.measured}
        if _curves(panel):
            yield panel


def _curves(panel: dict[int, Cell]) -> dict[str, dict[int, Row]]:
    """By contender, those with more than one point whose answer is right."""
    points: dict[str, dict[int, Row]] = {}
    for value, cell in panel.items():
        for row in filter(lambda row: not is_wrong(row), cell.measured):
            points.setdefault(row.contender, {})[value] = row
    return {name: rows for name, rows in points.items() if len(rows) > 1}


def _scaling(panels: list[dict[int, Cell]], label: str) -> Figure:
    """A panel for each pipeline, a line for each contender."""
    columns = 2 if len(panels) in {2, 4} else min(PANELS_A_ROW, len(panels))
    lines = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(INCHES, 2.9 * lines + 1), layout="constrained")
    figure.suptitle(f"Images per second by {label}", fontsize=11)
    handles: dict[str, Any] = {}
    grid = figure.subplots(lines, columns, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes, panel in zip(grid.flat, panels, strict=False):
        workload = next(iter(panel.values())).workload
        axes.set_title(workload.title, loc="left", color=TEXT_COLOUR)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        curves = _curves(panel)
        for name, rows in curves.items():
            colour, marker = LINES.get(name, OTHER_LINE)
            (handles[next(iter(rows.values())).title],) = axes.plot(
                list(rows),
                [row.rate for row in rows.values()],
                color=colour,
                marker=marker,
                markersize=5,
                linewidth=2.5 if name == OURS else 1.3,
                linestyle="--" if name == ROOF else "-",
                zorder=3 if name == OURS else 2,
            )
        if label == "threads" and OURS in curves:
            (first, row), last = next(iter(curves[OURS].items())), max(curves[OURS])
            perfect = axes.plot([first, last], [row.rate, row.rate * last / first], ":", color="#999999", linewidth=1.2)
            handles[f"{row.title}, if each thread added as much"] = perfect[0]
        axes.set_xticks(sorted(panel), [str(value) for value in sorted(panel)])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(_tick)
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_xlabel(label)
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _memory(curves: list[MemoryCurve]) -> Figure:
    """A panel for each workload; epochs of different lengths side by side."""
    panels: dict[Workload, list[MemoryCurve]] = {}
    for curve in sorted(curves, key=lambda curve: curve.workload.size):
        panels.setdefault(curve.workload, []).append(curve)
    figure = Figure(figsize=(INCHES, 3.3 * len(panels) + 0.4), layout="constrained")
    figure.suptitle("Memory of all processes of a contender over an epoch", fontsize=11)
    for axes, (workload, some) in zip(figure.subplots(len(panels), squeeze=False).flat, panels.items(), strict=True):
        axes.set_title(f"{workload.title}, {threads_in_words(workload.threads)}", loc="left", color=TEXT_COLOUR)
        for curve in sorted(some, key=lambda curve: max(curve.rss_mb), reverse=True):
            colour, marker = LINES.get(curve.contender, OTHER_LINE)
            seconds = curve.seconds[-1] - curve.seconds[0]
            axes.plot(
                [(second - curve.seconds[0]) / (seconds or 1) * 100 for second in curve.seconds],
                curve.rss_mb,
                color=colour,
                marker=marker,
                markevery=max(1, len(curve.rss_mb) // 8),
                markersize=5,
                linewidth=2.5 if curve.contender == OURS else 1.3,
                label=f"{curve.title}: {max(curve.rss_mb):,.0f} MB, {seconds:.2g} s",
            )
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, 100)
        axes.set_xlabel("share of the epoch, %")
        axes.set_ylabel("RSS, MB")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), title="peak, length of the epoch", fontsize=8)
    return figure


def _short(rate: float) -> str:
    """Three digits: ``1.75 M``, ``401 k``, ``548``."""
    scaled, unit = _scaled(rate)
    return f"{scaled:.{0 if scaled >= 99.95 or not unit else 1 if scaled >= 9.995 else 2}f}{unit}"


def _tick(rate: float, _: object = None) -> str:
    """No more digits than it takes: ``2 M``."""
    scaled, unit = _scaled(rate)
    return f"{scaled:g}{unit}"


def _scaled(rate: float) -> tuple[float, str]:
    # What would be rounded up to 1000 takes the next unit.
    for unit, factor in ((" M", 1e6), (" k", 1e3)):
        if rate >= factor * 0.9995:
            return rate / factor, unit
    return rate, ""
