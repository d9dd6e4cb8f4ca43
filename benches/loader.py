"""The loader's own cost: overhead per batch, the first batch, a second thread, CPU time beside a stock loader."""

import itertools
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median

import medmnist
import numpy as np
import torch
import torchvision.transforms as tv
from rich.console import Console

import medmnist_fast as mf
from benches.data import write_layout
from benches.interleave import interleave
from medmnist_fast import _core
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

BATCH_SIZE = 128
TO_FLOAT = T.Compose([T.ToTensor(), T.Normalize([0.5], [0.5])])


def run(scratch: Path, rounds: int, console: Console) -> None:
    """Measure and print."""
    for size in (28, 224):
        write_layout(scratch, "bloodmnist", size)
    overhead(rounds, console)
    first_batch(scratch, rounds, console)
    second_thread(scratch, rounds, console)
    cpu_time(scratch, rounds, console)
    console.print()


def overhead(rounds: int, console: Console) -> None:
    """Shuffled batches of images of one pixel, normalised: nearly all of it is the loader."""
    count = 128 * BATCH_SIZE
    images = np.random.default_rng(0).integers(0, 256, (count, 1, 1), dtype=np.uint8)
    dataset = mf.ArrayDataset(images, np.zeros((count, 1), np.uint8), TO_FLOAT)
    loaders = {
        threads: mf.DataLoader(dataset, BATCH_SIZE, shuffle=True, seed=0, num_workers=threads) for threads in (0, 1, 2)
    }
    timings = interleave({str(threads): partial(exhaust, loader) for threads, loader in loaders.items()}, rounds)
    times = {threads: timings[str(threads)].median / len(loader) * 1e6 for threads, loader in loaders.items()}
    answer = (
        "exact" if torch.equal(*(torch.cat([batch for batch, _ in _epoch(loaders[n])]) for n in (0, 2))) else "WRONG"
    )
    found = ", ".join(f"{time:.1f} us on {threads} threads" for threads, time in times.items())
    verdict = "met" if max(times.values()) <= 20 else "MISSED"
    console.print(
        f"a batch of {BATCH_SIZE} images of one pixel: {found}; target <= 20 us: {verdict}; {answer}", markup=False
    )


def _epoch(loader: mf.DataLoader) -> mf.DataLoader:
    loader.set_epoch(0)
    return loader


def first_batch(scratch: Path, rounds: int, console: Console) -> None:
    """From opening a decoded set of 224 pixels that is in the page cache to a batch of floats in hand."""
    mf.BloodMNIST("train", root=scratch, size=224, mmap_mode="r")
    times = []
    for _ in range(2 * rounds + 1):
        start = time.perf_counter()
        dataset = mf.BloodMNIST("train", root=scratch, size=224, mmap_mode="r", transform=TO_FLOAT)
        batches = iter(mf.DataLoader(dataset, BATCH_SIZE, shuffle=True, seed=0, num_workers=2))
        images, _ = next(batches)
        times.append((time.perf_counter() - start) * 1e3)
        is_exact = np.array_equal(images, TO_FLOAT.batch(dataset.imgs[_order(dataset)]))
        del images, batches
    found = median(times[1:])
    verdict = "met" if found <= 20 else "MISSED"
    console.print(
        f"first batch of a warm store, 224 pixels, f32: {found:.1f} ms; target <= 20 ms: {verdict}; "
        f"{'exact' if is_exact else 'WRONG'}",
        markup=False,
    )


def _order(dataset: mf.MedMNIST) -> list[int]:
    return list(itertools.islice(mf.samplers.RandomSampler(dataset, seed=0), BATCH_SIZE))


def second_thread(scratch: Path, rounds: int, console: Console) -> None:
    """RandomResizedCrop + flip at 224 on one thread and on two: to floats, and to a quarter of their bytes.

    Two threads that write floats may meet at the memory: a bare loop in Rust says how far they come there that do
    nothing else. Normalised on a GPU, batches cross it as uint8.
    """
    crops = [T.RandomResizedCrop(224), T.RandomHorizontalFlip()]
    pipelines = {"f32": T.Compose([*crops, *TO_FLOAT.transforms]), "u8": T.Compose(crops)}
    loaders = {
        (title, threads): mf.DataLoader(
            mf.BloodMNIST("train", root=scratch, size=224, transform=steps),
            BATCH_SIZE,
            shuffle=True,
            seed=0,
            num_workers=threads,
        )
        for title, steps in pipelines.items()
        for threads in (1, 2)
    }
    pixels = {key: torch.cat([images[:, 0, 0, 0] for images, _ in _epoch(loader)]) for key, loader in loaders.items()}
    dtypes = {"f32": "float32", "u8": "uint8"}
    bare: dict[tuple[str, int], list[float]] = {key: [] for key in loaders}

    def loop(title: str, threads: int) -> None:
        bare[title, threads].append(_core.roof(2_048, 224 * 224, 3, dtypes[title], threads))

    runs: dict[str, Callable[[], object]] = {str(key): partial(exhaust, loader) for key, loader in loaders.items()}
    timings = interleave(runs | {f"bare {key}": partial(loop, *key) for key in loaders}, rounds)
    for title in pipelines:
        one, two = (title, 1), (title, 2)
        ratio = timings[str(one)].median / timings[str(two)].median
        bare_ratio = median(bare[two]) / median(bare[one])
        verdict = "met" if ratio >= 1.8 else "MISSED"
        console.print(
            f"crop + flip at 224, {title}, 1 to 2 threads: {ratio:.2f} x (a bare loop: {bare_ratio:.2f} x); "
            f"target >= 1.8 x: {verdict}; "
            f"{'same bytes' if torch.equal(pixels[one], pixels[two]) else 'WRONG'}",
            markup=False,
        )


def cpu_time(scratch: Path, rounds: int, console: Console) -> None:
    """CPU time of a million plain samples of 28 pixels, all threads, and of a stock loader in this process."""
    steps = tv.Compose([tv.ToTensor(), tv.Normalize([0.5], [0.5])])
    stock = torch.utils.data.DataLoader(
        medmnist.BloodMNIST("train", root=scratch, transform=steps), BATCH_SIZE, shuffle=True
    )
    dataset = mf.BloodMNIST("train", root=scratch, transform=TO_FLOAT)
    ours = mf.DataLoader(dataset, BATCH_SIZE, shuffle=True, seed=0, num_workers=2)
    timings = interleave({"stock": partial(exhaust, stock), "ours": partial(exhaust, ours)}, rounds)
    theirs, mine = (timings[name].cpu_median / len(dataset) * 1e6 for name in ("stock", "ours"))
    verdict = "met" if theirs / mine >= 50 else "MISSED"
    console.print(
        f"CPU-seconds per million, 28 pixels, f32: stock {theirs:.1f}, ours {mine:.2f}, 1/{theirs / mine:.0f}; "
        f"target <= 1/50: {verdict}",
        markup=False,
    )


def exhaust(loader: Iterable[object]) -> None:
    """Take every batch, as a training loop that does nothing with them."""
    for _ in loader:
        pass
