"""Rates of contenders, each workload in one interleaved run."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benches import runner
from benches.data import write_layout
from benches.environments import for_workload
from benches.rows import ROOF, Run
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
DECODED = (*(Workload(flag, size, "decode") for flag, size in DEFLATED), Workload("pathmnist", 224, "decode"))
"""Files that are deflated; the last one is generated."""
VARIED = (Workload("bloodmnist", 28, "f32"), Workload("bloodmnist", 224, "crop_flip"))
"""Measured with other numbers of threads, and in other batch sizes, too."""
BATCH_SIZES = (1, 8, 32, 512, 1024)
VARYING = {"ours", "stock", "stock_workers", "ffcv", "dali"}
"""Contenders at other batch sizes."""
SCALING = VARYING | {ROOF}
"""Contenders on other numbers of threads."""

Contenders = Mapping[str, Path | str]
"""The Python of each, or why there is none."""
Group = list[tuple[Workload, str, Path | str]]
"""What is measured in turns."""


def groups(parts: Collection[str], contenders: Contenders) -> Iterator[Group]:
    """What the ``parts`` of a run measure: ``rates``, ``rest``, ``varied``, ``decoding``."""
    if "rates" in parts:
        for workload in RATED:
            if not ("varied" in parts and workload in VARIED):
                yield at(workload, contenders)
    if "rest" in parts:
        yield from (at(workload, contenders) for workload in REST)
    if "varied" in parts:
        varying, scaling = (
            {name: python for name, python in contenders.items() if name in chosen} for chosen in (VARYING, SCALING)
        )
        for workload in VARIED:
            other_threads = (replace(workload, threads=threads) for threads in threads_measured())
            # In one run, since what counts is the ratio of one number of threads to another.
            yield at(workload, contenders) + [turn for other in other_threads for turn in at(other, scaling)]
            yield from (at(replace(workload, batch_size=batch_size), varying) for batch_size in BATCH_SIZES)
    if "decoding" in parts:
        for workload in DECODED:
            yield at(replace(workload, threads=1), contenders) + at(workload, contenders)


def at(workload: Workload, contenders: Contenders) -> Group:
    """All contenders at a workload."""
    return [(workload, name, python) for name, python in for_workload(contenders, workload).items()]


def threads_measured() -> list[int]:
    """Powers of two up to the machine's CPUs, but the two that everything is measured with."""
    cpus = os.cpu_count() or 1
    return [count for count in (1, 4, 8, 16, 32, 64) if count <= cpus]


def measure(
    groups: Sequence[Group], folders: "Folders", run: Run, tell: Callable[[str], None], keep: Callable[[], None]
) -> None:
    """Add rows and memory to ``run``; ``tell`` is given a line before each group, ``keep`` is called after it."""
    for number, group in enumerate(groups, 1):
        workload = group[0][0]
        threads = " and ".join(str(count) for count in sorted({turn.threads for turn, _, _ in group}))
        line = f"{number} of {len(groups)}: {workload.title}, batch {workload.batch_size}, {threads} threads"
        if not folders.has(workload):
            tell(f"{line}: no official file; give --root or set MEDMNIST_ROOT")
            continue
        tell(line)
        rows, curves = runner.measure(group, folders.of(workload), run.rounds)
        run.rows.extend(rows)
        run.memory.extend(curves)
        keep()


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
