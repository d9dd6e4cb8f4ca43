"""``python -m benches.soak [--minutes 5]``: epoch after epoch, until memory grows or a byte differs.

Each epoch is loaded by 1, 2 and 4 threads in turn. Before one of these passes an iterator is dropped half-way, and
another pass has a second one beside it. It ends with 1 if the checksums of an epoch differ, or if memory has grown.
"""

import argparse
import itertools
import os
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

SIZE, BATCH_SIZE = 64, 128
THREADS = (1, 2, 4)
WARM_UP = 3
"""Epochs after which memory may no longer grow: every loader has met every disturbance."""
MOST_GROWTH = 64.0
"""Megabytes."""


def soak(seconds: float, images: int) -> str | None:
    """Load for so long, a line per epoch; what went wrong, in a sentence."""
    pixels = np.random.default_rng(0).integers(0, 256, (images, SIZE, SIZE, 3), dtype=np.uint8)
    steps = [T.RandomResizedCrop(SIZE), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])]
    options: dict[str, Any] = {"shuffle": True, "transform": T.Compose(steps), "seed": 0, "output": "numpy"}
    dataset = mf.ArrayDataset(pixels, np.arange(images))
    loaders = [mf.DataLoader(dataset, BATCH_SIZE, num_workers=threads, **options) for threads in THREADS]
    start, batches, before = time.monotonic(), 0, 0.0
    for epoch in itertools.count():
        expected: int | None = None
        for turn, loader in enumerate(loaders):
            disturbance = (epoch + turn) % 3
            if disturbance == 1:
                batches += sum(1 for _ in itertools.islice(begun(loader, epoch + 1), len(loader) // 2))
            passes = [begun(loader, epoch) for _ in range(2 if disturbance == 2 else 1)]
            checksums = [0] * len(passes)
            for together in zip(*passes, strict=True):
                checksums = [checksum(batch, so_far) for batch, so_far in zip(together, checksums, strict=True)]
                batches += len(together)
            expected = checksums[0] if expected is None else expected
            if set(checksums) != {expected}:
                found = " and ".join(f"{value:08x}" for value in checksums)
                return f"epoch {epoch} is {expected:08x} on 1 thread and {found} on {THREADS[turn]}"
        memory, elapsed = resident_megabytes(), time.monotonic() - start
        print(f"{elapsed:7.1f} s  {memory:7.1f} MB  {batches:10,} batches  epoch {epoch:5}: {expected:08x}", flush=True)
        if epoch + 1 == WARM_UP:
            before = memory
        elif epoch >= WARM_UP and memory - before > MOST_GROWTH:
            return f"memory grew by {memory - before:.0f} MB after {WARM_UP} epochs; allowed: {MOST_GROWTH:.0f} MB"
        if elapsed > seconds and epoch >= WARM_UP:
            return None
    raise AssertionError


def begun(loader: mf.DataLoader, epoch: int) -> Iterator[Any]:
    """A pass over an epoch whose first batch is there, so that the next pass may be given another epoch."""
    loader.set_epoch(epoch)
    batches = iter(loader)
    return itertools.chain([next(batches)], batches)


def checksum(batch: tuple[Any, Any], so_far: int) -> int:
    """CRC-32 of the bytes of a batch, behind that of those before."""
    for array in batch:
        so_far = zlib.crc32(array, so_far)
    return so_far


def resident_megabytes() -> float:
    """Memory of this process that is in use; its peak where the system does not say."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def main() -> None:
    """Soak and say how it ended."""
    parser = argparse.ArgumentParser(prog="python -m benches.soak")
    parser.add_argument("--minutes", type=float, default=5, help="how long, at least a few epochs (default: 5)")
    parser.add_argument("--images", type=int, default=16_384, help="of an epoch (default: 16384)")
    options = parser.parse_args()
    wrong = soak(60 * options.minutes, options.images)
    if wrong is not None:
        sys.exit(wrong)
    print("clean: no byte differed and memory did not grow")


if __name__ == "__main__":
    main()
