"""Our data sets in torch's own loader, which asks them for a batch at a time (``__getitems__``)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

import medmnist_fast as mf
from benches.contenders import ours
from benches.workloads import UnsupportedError, Workload
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

TITLE = "mf dataset + torch DataLoader, 0 workers"
PACKAGES = ("medmnist_fast", "torch")


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[Any]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    if workload.pipeline == "decode":
        raise UnsupportedError("it is medmnist_fast")
    if workload.pipeline == "u8":
        raise UnsupportedError("an item is a picture until ToTensor")
    cls = getattr(mf, mf.INFO[workload.flag]["python_class"])
    transform = T.Compose(ours.steps(workload))
    dataset = cls("train", root=folder, size=workload.size, transform=transform)
    loader = torch.utils.data.DataLoader(dataset, workload.batch_size, shuffle=True, drop_last=True)
    return lambda: iter(loader)
