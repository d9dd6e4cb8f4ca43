"""One epoch of training batches: 28-pixel RGB, ToTensor + Normalize, f32, batch 128, shuffled."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import medmnist
import numpy as np
import torch
import torchvision.transforms as tv
from rich.console import Console
from rich.table import Table

import medmnist_fast as mf
from benches.interleave import interleave
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

BATCH_SIZE = 128
TARGET = 50
STOCK, OURS = "medmnist + torch DataLoader, 0 workers", "mf.DataLoader, 2 threads"

Batches = Iterator[tuple[torch.Tensor, torch.Tensor]]


def run(scratch: Path, rounds: int, console: Console) -> None:
    """Measure and print."""
    write_bloodmnist_layout(scratch)
    stock = medmnist.BloodMNIST(
        "train", root=scratch, transform=tv.Compose([tv.ToTensor(), tv.Normalize([0.5], [0.5])])
    )
    ours = mf.BloodMNIST("train", root=scratch, transform=T.Compose([T.ToTensor(), T.Normalize([0.5], [0.5])]))
    # A sample's label is its index, so that shuffled batches can be checked.
    stock.labels = ours.labels = np.arange(len(ours))[:, np.newaxis]

    torch.set_num_threads(2)
    slow = {
        workers: torch.utils.data.DataLoader(stock, BATCH_SIZE, shuffle=True, num_workers=workers) for workers in (0, 2)
    }
    fast = {threads: mf.DataLoader(ours, BATCH_SIZE, shuffle=True, seed=0, num_workers=threads) for threads in (1, 2)}
    contenders: dict[str, Callable[[], Batches]] = {
        STOCK: lambda: iter(slow[0]),
        "medmnist + torch DataLoader, 2 workers": lambda: iter(slow[2]),
        "torch indexing of the whole array": lambda: index_whole_array(ours, torch.randperm(len(ours))),
        "mf.DataLoader, 1 thread": lambda: iter(fast[1]),
        OURS: lambda: iter(fast[2]),
    }
    reference = torch.stack([image for image, _ in stock])
    answers = {name: answer(batches(), reference) for name, batches in contenders.items()}
    timings = interleave({name: partial(exhaust, batches) for name, batches in contenders.items()}, rounds)
    table = Table(
        title=f"BloodMNIST layout ({len(ours):,} random 28x28 RGB images), ToTensor + Normalize to f32,\n"
        f"batch {BATCH_SIZE}, shuffled; {rounds} interleaved rounds",
        title_justify="left",
    )
    for column in ("", "images/s", "spread", "CPU-s per million", "ratio to the first", "answer"):
        table.add_column(column, justify="left" if column in {"", "answer"} else "right")
    for name, timing in timings.items():
        # CPU time of worker processes is not this process's.
        cpu = "-" if "2 workers" in name else f"{timing.cpu_median / len(ours) * 1e6:,.1f}"
        rate, ratio = len(ours) / timing.median, timings[STOCK].median / timing.median
        table.add_row(name, f"{rate:,.0f}", f"±{timing.spread:.0%}", cpu, f"{ratio:,.1f} x", answers[name])
    console.print(table)
    ratio = timings[STOCK].median / timings[OURS].median
    verdict = "met" if ratio >= TARGET and answers[OURS] == "exact" else "MISSED"
    console.print(f"loading: {ratio:,.0f} x {STOCK}; target >= {TARGET} x: {verdict}\n", markup=False)


def write_bloodmnist_layout(folder: Path) -> None:
    """Random pixels in the official layout, sample counts and all, so that both packages open it."""
    rng = np.random.default_rng(0)
    members = {}
    for split, count in mf.INFO["bloodmnist"]["n_samples"].items():
        members[f"{split}_images"] = rng.integers(0, 256, (count, 28, 28, 3), dtype=np.uint8)
        members[f"{split}_labels"] = rng.integers(0, 8, (count, 1), dtype=np.uint8)
    np.savez_compressed(folder / "bloodmnist.npz", **members)  # type: ignore[arg-type]


def index_whole_array(dataset: mf.MedMNIST, order: torch.Tensor) -> Batches:
    """What a user without a loader writes: whole-batch operations, one after the other."""
    pixels, labels = torch.from_numpy(dataset.imgs), torch.from_numpy(dataset.labels.astype(np.int64))
    for indices in torch.split(order, BATCH_SIZE):
        images = pixels[indices].permute(0, 3, 1, 2).contiguous().float().div_(255).sub_(0.5).div_(0.5)
        yield images, labels[indices]


def answer(batches: Batches, reference: torch.Tensor) -> str:
    """Whether an epoch's batches hold every sample once, bit for bit; in words for the table."""
    seen = []
    for images, labels in batches:
        indices = labels[:, 0]
        if images.dtype != reference.dtype or not torch.equal(images, reference[indices]):
            return "WRONG pixels"
        seen.append(indices.clone())
    every = torch.arange(len(reference))
    return "exact" if torch.equal(torch.cat(seen).sort().values, every) else "WRONG samples"


def exhaust(batches: Callable[[], Batches]) -> None:
    """Take every batch, as a training loop that does nothing with them."""
    for _ in batches():
        pass
