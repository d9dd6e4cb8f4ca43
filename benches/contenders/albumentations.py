"""albumentations on a set in RAM, with worker processes of torch's DataLoader."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it would ask the network for its newest version

import albumentations as A  # noqa: N812 - as everybody writes it
import cv2
import torch

from benches.workloads import UnsupportedError, Workload

TITLE = "albumentations + torch DataLoader"
PACKAGES = ("albumentations", "opencv-python-headless", "torch")
FEW = 512
"""Images of an epoch that gives 224 pixels: the rate hardly depends on it, the time of a benchmark does."""


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    transform = A.Compose(_steps(workload))
    few = FEW if workload.shape[-1] == 224 else None
    loader = torch.utils.data.DataLoader(
        _InRam(workload, folder, transform, few),
        workload.batch_size,
        shuffle=True,
        num_workers=workload.threads,
        persistent_workers=True,
        drop_last=True,
        worker_init_fn=_use_one_thread,
    )
    return lambda: iter(loader)


def _steps(workload: Workload) -> list[Any]:
    if workload.layout.ndim == 3:
        if workload.pipeline not in {"u8", "f32", "flip_turn"}:
            raise UnsupportedError("it has no such operation for volumes")
        # All 48 ways to turn and mirror a cube.
        turns = [A.CubicSymmetry(p=1)] if workload.pipeline == "flip_turn" else []
        floats = [A.Normalize(mean=0.5, std=0.5)] if workload.pipeline != "u8" else []
        return [*turns, *floats, A.ToTensor3D()]
    side = (workload.size, workload.size)
    steps = {
        "u8": [],
        "f32": [],
        "crop_flip": [A.RandomResizedCrop(side), A.HorizontalFlip()],
        "upscale": [A.Resize(224, 224)],
    }
    if workload.pipeline not in steps:
        raise UnsupportedError("it has no such operation")
    floats = [] if workload.pipeline == "u8" else [A.Normalize(mean=0.5, std=0.5)]
    return [*steps[workload.pipeline], *floats, A.ToTensorV2()]


class _InRam(torch.utils.data.Dataset[tuple[Any, int]]):
    def __init__(self, workload: Workload, folder: Path, transform: Any, few: int | None) -> None:
        stored = workload.images(folder)[:few]
        self._images = stored[..., None] if workload.layout.channels == 1 else stored
        self._labels = workload.labels(folder)[:few, 0].tolist()
        self._transform = transform
        self._kind = "image" if workload.layout.ndim == 2 else "volume"

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return self._transform(**{self._kind: self._images[index]})[self._kind], self._labels[index]


def _use_one_thread(_: int) -> None:
    cv2.setNumThreads(0)
