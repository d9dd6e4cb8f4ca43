"""What a user without a loader writes: the whole array indexed by torch, one operation on a batch after the other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from benches.workloads import UnsupportedError, Workload

TITLE = "torch indexing of the whole array"
PACKAGES = ("torch",)


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[Any]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    if workload.pipeline not in {"u8", "f32"}:
        raise UnsupportedError("there is no operation of torch alone for it")
    torch.set_num_threads(workload.threads)
    pixels, labels = tensors(workload, folder)
    return lambda: (
        (images if workload.pipeline == "u8" else normalize(images), labels[indices])
        for indices, images in batches(workload, pixels)
    )


def tensors(workload: Workload, folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """All images, (N, H, W), (N, H, W, 3) or (N, D, H, W), and labels."""
    return torch.from_numpy(workload.images(folder)), torch.from_numpy(workload.labels(folder)).long()


def batches(workload: Workload, pixels: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Indices and images of shuffled batches, channels first."""
    for indices in torch.split(torch.randperm(len(pixels)), workload.batch_size):
        if len(indices) == workload.batch_size:
            images = pixels[indices]
            is_rgb = workload.layout.channels == 3
            yield indices, images.permute(0, 3, 1, 2).contiguous() if is_rgb else images[:, None]


def normalize(images: torch.Tensor) -> torch.Tensor:
    """To -1 to 1."""
    return images.float().div_(255).sub_(0.5).div_(0.5)
