"""``medmnist`` with torch's loader and torchvision's transforms, in one process: what its users run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import medmnist
import numpy as np
import torch
from torchvision import transforms

from benches.workloads import UnsupportedError, Workload

TITLE = "medmnist + torch DataLoader, 0 workers"
PACKAGES = ("medmnist", "torch", "torchvision")


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[Any]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    return open_with(workload, folder, 0)


def open_with(workload: Workload, folder: Path, workers: int) -> Callable[[], Iterator[Any]]:
    """With so many worker processes, which live on from epoch to epoch."""
    dataset = stock_dataset(workload, folder)
    subset = torch.utils.data.Subset(dataset, range(min(workload.few, len(dataset.imgs))))
    loader = torch.utils.data.DataLoader(
        subset, workload.batch_size, shuffle=True, num_workers=workers, persistent_workers=workers > 0, drop_last=True
    )
    return lambda: iter(loader)


def stock_dataset(workload: Workload, folder: Path) -> Any:
    """The set of ``medmnist`` with torchvision's transforms."""
    if workload.pipeline == "decode":
        raise UnsupportedError("it is np.load")
    cls = getattr(medmnist, medmnist.INFO[workload.flag]["python_class"])
    return cls("train", root=folder, size=workload.size, transform=transform(workload))


def transform(workload: Workload) -> Any:
    """What is done with an item of ``medmnist``."""
    floats = [transforms.ToTensor(), transforms.Normalize([0.5], [0.5])]
    if workload.layout.ndim == 2:
        return transforms.Compose(
            {
                "u8": [transforms.PILToTensor()],
                "f32": floats,
                "crop_flip": [transforms.RandomResizedCrop(workload.size), transforms.RandomHorizontalFlip(), *floats],
                "trivial": [transforms.TrivialAugmentWide(), *floats],
                "upscale": [transforms.Resize((224, 224)), *floats],
            }[workload.pipeline]
        )
    # An item of a 3-D set is an array of float64 in 0 to 1.
    match workload.pipeline:
        case "f32":
            return lambda volume: (torch.from_numpy(volume).float() - 0.5) / 0.5
        case "flip_turn":
            return _flip_turn
        case pipeline:
            raise UnsupportedError(f"its volumes are float64, not for {pipeline}")


def _flip_turn(volume: Any) -> torch.Tensor:
    for axis in (1, 2, 3):
        if torch.rand(()) < 0.5:
            volume = np.flip(volume, axis)
    axes = [(1, 2), (1, 3), (2, 3)][int(torch.randint(3, ()))]
    volume = np.rot90(volume, int(torch.randint(4, ())), axes)
    return (torch.from_numpy(np.ascontiguousarray(volume)).float() - 0.5) / 0.5
