"""FFCV: raw pages of a file of its own, its own operations, compiled beforehand.

Its batches of images are channels first in shape and channels last in memory, as its users train with; to reorder them
would cost it two copies.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ffcv.fields import IntField, NDArrayField, RGBImageField
from ffcv.fields.decoders import IntDecoder, NDArrayDecoder, RandomResizedCropRGBImageDecoder, SimpleRGBImageDecoder
from ffcv.loader import Loader, OrderOption
from ffcv.transforms import ModuleWrapper, NormalizeImage, RandomHorizontalFlip, ToTensor, ToTorchImage
from ffcv.writer import DatasetWriter

from benches.workloads import GENERATED, UnsupportedError, Workload

TITLE = "FFCV"
PACKAGES = ("ffcv", "numba", "torch")
SCRATCH = tempfile.TemporaryDirectory()
"""For sets whose folder is the user's."""


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    is_rgb = workload.layout.channels == 3
    images = _rgb(workload) if is_rgb else _grey(workload)
    torch.set_num_threads(workload.threads)
    loader = Loader(
        str(_written(workload, folder)),
        batch_size=workload.batch_size,
        num_workers=workload.threads,
        os_cache=True,
        order=OrderOption.RANDOM,
        drop_last=True,
        pipelines={"image": images, "label": [IntDecoder(), ToTensor()]},
    )
    return lambda: iter(loader)


def _rgb(workload: Workload) -> list[Any]:
    floats = NormalizeImage(np.full(3, 127.5), np.full(3, 127.5), np.float32)
    steps: dict[str, list[Any]] = {
        "u8": [SimpleRGBImageDecoder()],
        "f32": [SimpleRGBImageDecoder(), floats],
        "crop_flip": [RandomResizedCropRGBImageDecoder((workload.size, workload.size)), RandomHorizontalFlip(), floats],
    }
    if workload.pipeline not in steps:
        raise UnsupportedError("it resizes by area" if workload.pipeline == "upscale" else "it has no such operation")
    return [*steps[workload.pipeline], ToTensor(), ToTorchImage()]


def _grey(workload: Workload) -> list[Any]:
    """Of arrays, as its images are RGB."""
    match workload.pipeline:
        case "u8":
            return [NDArrayDecoder(), ToTensor()]
        case "f32":
            return [NDArrayDecoder(), ToTensor(), ModuleWrapper(_Normalize())]
        case _:
            raise UnsupportedError("its image operations are for RGB")


class _Normalize(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.float().mul_(2 / 255).sub_(1)


def _written(workload: Workload, folder: Path) -> Path:
    """The set in FFCV's format, written the first time: a generated one beside its file, an official one in scratch."""
    source = workload.path(folder)
    path = (folder if workload.flag in GENERATED else Path(SCRATCH.name)) / "ffcv" / f"{source.stem}.beton"
    if path.exists() and path.stat().st_mtime >= source.stat().st_mtime:
        return path
    path.parent.mkdir(exist_ok=True)
    images, labels = workload.images(folder), workload.labels(folder)
    if workload.layout.channels == 3:
        field = RGBImageField(write_mode="raw")
    else:
        images = images[:, None]
        field = NDArrayField(images.dtype, images.shape[1:])
    unfinished = path.with_suffix(f".{os.getpid()}")
    writer = DatasetWriter(str(unfinished), {"image": field, "label": IntField()}, num_workers=1)
    writer.from_indexed_dataset(_Pairs(images, labels))
    return unfinished.replace(path)


class _Pairs:
    """What its writer reads."""

    def __init__(self, images: Any, labels: Any) -> None:
        self._images = images
        self._labels = labels

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return self._images[index], int(self._labels[index, 0])
