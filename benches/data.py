"""The generated sets: random pixels in the official layout, which no cache of results can help with."""

from pathlib import Path

import numpy as np

from benches.generate import write_large
from benches.workloads import LAYOUTS, Workload

DEFLATED_GIGABYTES = 0.3
"""Size of the set that is deflated as official ones are, ``pathmnist`` at 224 pixels; the others are stored."""


def write_layout(folder: Path, flag: str, size: int) -> None:
    """A set in ``folder`` under its official name, unless it is there."""
    workload = Workload(flag, size, "u8")
    path = workload.path(folder)
    if path.exists():
        return
    if flag == "pathmnist":
        write_large(path, DEFLATED_GIGABYTES)
        return
    layout = LAYOUTS[flag]
    rng = np.random.default_rng(0)
    members = {}
    for split, count in {"train": layout.train[size], "val": 8, "test": 8}.items():
        members[f"{split}_images"] = rng.integers(0, 256, (count, *workload.stored_shape), dtype=np.uint8)
        members[f"{split}_labels"] = rng.integers(0, layout.classes, (count, 1), dtype=np.uint8)
    np.savez(path, **members)  # type: ignore[arg-type]
