"""This package."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import medmnist_fast as mf
from benches.workloads import Workload
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

TITLE = "medmnist_fast"
PACKAGES = ("medmnist_fast", "torch")


def prepare(workload: Workload) -> None:
    """Import what batches are made of; arrays need NumPy alone."""
    if workload.pipeline != "decode":
        importlib.import_module("torch")


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[Any]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    if workload.pipeline == "decode":
        return lambda: _decode(workload, folder)
    cls = getattr(mf, mf.INFO[workload.flag]["python_class"])
    dataset = cls("train", root=folder, size=workload.size)
    loader = mf.DataLoader(
        dataset,
        workload.batch_size,
        shuffle=True,
        transform=T.Compose(steps(workload)),
        seed=0,
        num_workers=workload.threads,
        drop_last=True,
        dtype="uint8" if workload.pipeline == "u8" else None,
    )
    return lambda: iter(loader)


def steps(workload: Workload) -> list[T.Transform]:
    """The workload as our transforms."""
    floats = [T.ToTensor(), T.Normalize([0.5], [0.5])]
    return {
        "u8": [],
        "f32": floats,
        "crop_flip": [T.RandomResizedCrop(workload.size), T.RandomHorizontalFlip(), *floats],
        "trivial": [T.TrivialAugmentWide(), *floats],
        "upscale": [T.Resize((224, 224)), *floats],
        "flip_turn": [T.RandomFlip(axes=(0, 1, 2)), T.RandomRotate90(), *floats],
    }[workload.pipeline]


def _decode(workload: Workload, folder: Path) -> Iterator[Any]:
    with mf.npz.open(workload.path(folder), num_threads=workload.threads) as archive:
        images = archive["train_images"]
    yield images, np.zeros(len(images))
