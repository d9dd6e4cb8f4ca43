"""torchvision's v2 transforms on whole batches: one draw for all images of a batch, which is weaker augmentation."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torchvision.transforms import v2

from benches.contenders import whole_array
from benches.workloads import UnsupportedError, Workload

TITLE = "torchvision v2 on batches, one draw each"
PACKAGES = ("torch", "torchvision")


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[Any]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    floats = [v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * workload.layout.channels, [0.5])]
    steps = {
        "f32": floats,
        "crop_flip": [v2.RandomResizedCrop(workload.size), v2.RandomHorizontalFlip(), *floats],
        "trivial": [v2.TrivialAugmentWide(), *floats],
        "upscale": [v2.Resize((224, 224)), *floats],
    }
    if workload.pipeline not in steps or workload.layout.ndim == 3:
        raise UnsupportedError("torchvision has no transform for it")
    torch.set_num_threads(workload.threads)
    pixels, labels = (values[: workload.few] for values in whole_array.tensors(workload, folder))
    transform = v2.Compose(steps[workload.pipeline])
    return lambda: ((transform(images), labels[indices]) for indices, images in whole_array.batches(workload, pixels))
