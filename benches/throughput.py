"""Rates of contenders, each workload in one interleaved run."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benches import runner
from benches.data import write_layout
from benches.environments import for_workload
from benches.rows import Run
from benches.workloads import GENERATED, OFFICIAL, Workload

RATED = (
    *(Workload("bloodmnist", size, pipeline) for size in (28, 64, 224) for pipeline in ("f32", "crop_flip")),
    Workload("bloodmnist", 224, "u8"),
    Workload("bloodmnist", 28, "trivial"),
    Workload("bloodmnist", 28, "upscale"),
    Workload("nodulemnist3d", 28, "flip_turn"),
)
"""What there is always time for."""
REST = (
    *(Workload("bloodmnist", size, "u8") for size in (28, 64)),
    *(Workload("bloodmnist", size, "trivial") for size in (64, 224)),
    *(
        Workload("pneumoniamnist", size, pipeline)
        for size in (28, 64, 224)
        for pipeline in ("u8", "f32", "crop_flip", "trivial")
    ),
    *(Workload("nodulemnist3d", 28, pipeline) for pipeline in ("u8", "f32")),
    *(Workload("nodulemnist3d", 64, pipeline) for pipeline in ("u8", "f32", "flip_turn")),
    *(Workload(flag, 28, pipeline) for flag in ("retinamnist", "breastmnist") for pipeline in ("f32", "crop_flip")),
    Workload("adrenalmnist3d", 28, "flip_turn"),
)
"""The rest of the matrix: grey images, more volumes, official files."""
DEFLATED = (("retinamnist", 28), ("breastmnist", 28), ("breastmnist", 64), ("adrenalmnist3d", 28))
DECODED = tuple(
    Workload(flag, size, "decode", threads) for flag, size in (*DEFLATED, ("pathmnist", 224)) for threads in (1, 2)
)
"""Files that are deflated; the last one is generated."""
VARIED = (Workload("bloodmnist", 28, "f32"), Workload("bloodmnist", 224, "crop_flip"))
"""Measured with other numbers of threads, and in other batch sizes, too."""
BATCH_SIZES = (1, 8, 32, 512, 1024)


def threads_measured() -> list[int]:
    """Powers of two up to the machine's CPUs, but the two that everything is measured with."""
    cpus = os.cpu_count() or 1
    return [count for count in (1, 4, 8, 16, 32, 64) if count <= cpus]


def varied() -> Iterator[Workload]:
    """``VARIED`` at each number of threads and each batch size."""
    for workload in VARIED:
        for threads in threads_measured():
            yield replace(workload, threads=threads)
        for batch_size in BATCH_SIZES:
            yield replace(workload, batch_size=batch_size)


def measure(
    workloads: Sequence[Workload],
    folders: "Folders",
    contenders: runner.Environments,
    run: Run,
    tell: Callable[[str], None],
) -> None:
    """Add rows and memory to ``run``, workload by workload; ``tell`` is given a line before each."""
    for number, workload in enumerate(workloads, 1):
        if not folders.has(workload):
            tell(f"{number} of {len(workloads)}: {workload.title}: no official file; give --root or set MEDMNIST_ROOT")
            continue
        folder = folders.of(workload)
        tell(f"{number} of {len(workloads)}: {workload.title}, {workload.threads} threads")
        rows, curves = runner.measure(workload, folder, for_workload(contenders, workload), run.rounds)
        run.rows.extend(rows)
        run.memory.extend(curves)


class Folders:
    """Where the files of workloads are: generated ones in a folder of our own, made when first asked for."""

    def __init__(self, generated: Path, official: Path | None) -> None:
        self._generated = generated
        self._official = official

    def has(self, workload: Workload) -> bool:
        """Whether there is a file, or can be."""
        if workload.flag in GENERATED:
            return True
        assert workload.flag in OFFICIAL
        return self._official is not None and workload.path(self._official).exists()

    def of(self, workload: Workload) -> Path:
        """The folder with the workload's file."""
        if self._official is not None and workload.flag in OFFICIAL:
            return self._official
        write_layout(self._generated, workload.flag, workload.size)
        return self._generated
