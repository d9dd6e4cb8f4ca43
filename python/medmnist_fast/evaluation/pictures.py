"""A picture of a model's scores: ROC curves and a reliability diagram."""

from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from medmnist_fast.evaluation.report import ClassScores, Report
from medmnist_fast.files import new_file

Line = tuple[ClassScores | None, NDArray[np.bool_], NDArray[np.float64]]
"""What a curve is about (``None``: all classes together), what is true, and the scores."""

BINS = 15
"""Of the reliability diagram, as of the expected calibration error."""


def save_picture(
    path: Path, task: str, labels: NDArray[np.int64], scores: NDArray[np.float64], report: Report, *, title: str
) -> None:
    """Draw ROC curves of the classes, and how often what was said with some confidence is true.

    Args:
        path: the file to write; its suffix says the format.
        task: as in ``INFO[flag]["task"]``.
        labels: (N, L).
        scores: (N, columns).
        report: of these scores.
        title: above the picture.

    Raises:
        ValueError: a format that matplotlib has not.
        FileExistsError: there is such a file; it is left alone.
    """
    figure = Figure(figsize=(13, 6.2), layout="constrained")
    figure.suptitle(title)
    roc, right = figure.subplots(1, 2)
    lines: list[Line]
    if task == "binary-class":
        lines = [(report.classes[1], labels[:, 0] == 1, scores[:, -1])]
    elif task == "multi-label, binary-class":
        lines = [(one, labels[:, label] == 1, scores[:, label]) for label, one in enumerate(report.classes)]
    else:
        lines = [(one, labels[:, 0] == index, scores[:, index]) for index, one in enumerate(report.classes)]
    _draw_roc(roc, lines)
    if task in {"multi-class", "ordinal-regression"}:
        lines = [(None, labels[:, 0] == scores.argmax(1), scores.max(1))]
    if ((scores >= 0) & (scores <= 1)).all():
        _draw_reliability(right, lines, report)
    else:
        right.set_axis_off()
        right.text(0.5, 0.5, "no reliability diagram:\nscores outside 0 to 1 are no probabilities", ha="center")
    with new_file(path) as file:
        figure.savefig(file, format=path.suffix[1:] or "png", dpi=120)


def _draw_roc(axes: Axes, lines: list[Line]) -> None:
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", linewidth=1)
    for (one, positive, score), color in zip(lines, _colors(len(lines)), strict=True):
        false_rate, true_rate = roc_curve(positive, score)
        axes.plot(false_rate, true_rate, color=color, linewidth=1.5, label=_legend(one))
    axes.set(title="ROC curves, and the area under them", xlabel="false positive rate", ylabel="true positive rate")
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize=8 if len(lines) < 9 else 6)


def _draw_reliability(axes: Axes, lines: list[Line], report: Report) -> None:
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", linewidth=1)
    everything = np.concatenate([confidence for _, _, confidence in lines])
    share, edges = np.histogram(everything, BINS, (0, 1))
    axes.bar(edges[:-1], share / len(everything), 1 / BINS, align="edge", color="0.9", label="share of scores")
    for (_, hit, confidence), color in zip(lines, _colors(len(lines)), strict=True):
        axes.plot(*reliability(hit, confidence), color=color, marker=".", linewidth=1.5)
    axes.set(
        title=f"reliability; expected calibration error {report.expected_calibration_error:.3f}",
        xlabel="confidence (mean of each bin)",
        ylabel="share that is true",
    )
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", fontsize=8)


def roc_curve(
    positive: NDArray[np.bool_], score: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False and true positive rate at every threshold, from (0, 0) to (1, 1); nothing if only one kind occurs."""
    if positive.all() or not positive.any():
        return np.empty(0), np.empty(0)
    order = np.argsort(-score, kind="stable")
    ends_ties = np.append(np.diff(score[order]) != 0, True)
    hits = np.cumsum(positive[order])[ends_ties]
    misses = np.cumsum(~positive[order])[ends_ties]
    return np.append(0, misses / misses[-1]), np.append(0, hits / hits[-1])


def reliability(
    hit: NDArray[np.bool_], confidence: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean confidence and share of hits of each bin that is not empty."""
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence)
    counts = np.bincount(bins, minlength=BINS)
    sums = [np.bincount(bins, weights=values, minlength=BINS)[counts > 0] for values in (confidence, hit)]
    return sums[0] / counts[counts > 0], sums[1] / counts[counts > 0]


def _colors(count: int) -> NDArray[np.float64]:
    palette = colormaps["tab10" if count <= 10 else "tab20"]
    return palette(np.arange(count))


def _legend(one: ClassScores | None, length: int = 36) -> str:
    if one is None:
        return "all classes"
    name = one.name if len(one.name) <= length else f"{one.name[: length - 1]}…"
    if np.isnan(one.AUC):
        return f"{name}  not defined"
    low, high = one.intervals.get("AUC", (None, None))
    return f"{name}  {one.AUC:.3f}" + ("" if low is None else f" ({low:.3f} to {high:.3f})")
