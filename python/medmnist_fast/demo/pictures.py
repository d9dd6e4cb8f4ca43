"""The demo's pictures: what the network saw and said, and how it got there."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from medmnist_fast.dataset import MedMNIST
from medmnist_fast.demo.training import Epoch

RIGHT, WRONG = "#2a7f3f", "#c0392b"
SIDE = 6
"""Rows and columns of the montage."""


def save_montage(path: Path, test: MedMNIST, scores: NDArray[np.float32], *, title: str) -> None:
    """Draw test samples with the predicted class and its probability, green if right, red if wrong.

    Volumes are shown by their middle slice. A multi-label prediction is all labels above 0.5, and right if it is
    exactly those that the sample has.
    """
    figure = Figure(figsize=(11, 12.5), layout="constrained")
    figure.suptitle(f"{title}\npredicted class of test samples: green is right, red is wrong")
    names = list(test.info["label"].values())
    chosen = np.linspace(0, len(test) - 1, min(len(test), SIDE**2)).round().astype(int)
    for axes, index in zip(figure.subplots(SIDE, SIDE).flat, chosen, strict=False):
        image = test.imgs[index]
        axes.imshow(image[len(image) // 2] if test.spatial_dims == 3 else image, cmap="gray", vmin=0, vmax=255)
        caption, right = _caption(names, test.labels[index], scores[index])
        axes.set_title(caption, fontsize=8, color=RIGHT if right else WRONG)
    for axes in figure.axes:
        axes.set_axis_off()
    figure.savefig(path, dpi=120)


def _caption(names: Sequence[str], label: NDArray[np.uint8], scores: NDArray[np.float32]) -> tuple[str, bool]:
    if len(label) > 1:
        predicted = scores > 0.5
        listed = ", ".join(name for name, has in zip(names, predicted, strict=True) if has) or "none"
        return _short(listed), bool(np.array_equal(predicted, label == 1))
    winner = int(np.argmax(scores))
    return f"{_short(names[winner])} {scores[winner]:.0%}", winner == int(label[0])


def _short(name: str, length: int = 22) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}…"


def save_curves(path: Path, epochs: Sequence[Epoch], *, title: str) -> None:
    """Draw loss, validation AUC and ACC, and the loader's share of the time over the epochs."""
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    figure.suptitle(title)
    numbers = [epoch.number for epoch in epochs]
    loss, score, wait = figure.subplots(1, 3)
    loss.plot(numbers, [epoch.loss for epoch in epochs], marker=".")
    loss.set_title("training loss")
    score.plot(numbers, [epoch.val.AUC for epoch in epochs], marker=".", label="AUC")
    score.plot(numbers, [epoch.val.ACC for epoch in epochs], marker=".", label="ACC")
    score.set_title("validation")
    score.legend()
    wait.plot(numbers, [100 * epoch.wait_share for epoch in epochs], marker=".")
    wait.set_title("time spent waiting for data, %")
    wait.set_ylim(bottom=0)
    for axes in figure.axes:
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
