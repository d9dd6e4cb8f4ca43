"""``np.load``: what ``medmnist`` decodes with."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benches.contenders import zip_member
from benches.workloads import UnsupportedError, Workload

TITLE = "np.load"
PACKAGES = ("numpy",)


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    if workload.pipeline != "decode":
        raise UnsupportedError("it only decodes")
    zip_member.refuse_threads(workload)

    def epoch() -> Iterator[tuple[Any, Any]]:
        images = workload.images(folder)
        yield images, np.zeros(len(images))

    return epoch
