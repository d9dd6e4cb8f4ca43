"""``medmnist`` with torch's loader and torchvision's transforms, with worker processes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from benches.contenders import stock
from benches.workloads import Workload

TITLE = "medmnist + torch DataLoader, workers"
PACKAGES = stock.PACKAGES


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[Any]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    torch.set_num_threads(1)
    return stock.open_with(workload, folder, workload.threads)
