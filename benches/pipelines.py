"""Whole pipelines through the loader, two threads, batch 128: beside stock loaders, and beside the roof."""

import statistics
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import medmnist
import numpy as np
import torch
import torchvision.transforms as tv
from rich.console import Console
from rich.table import Table

import medmnist_fast as mf
from benches.interleave import interleave
from benches.loading import BATCH_SIZE, exhaust
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

TRAIN = {28: 11_959, 64: 11_959, 224: 2_048}
"""Images of the generated sets; at 224 pixels fewer than the official one has."""
STOCK = {28: 2_560, 64: 1_280, 224: 256}
"""Images of an epoch of the stock loader, whose rate does not depend on it."""
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Pipeline:
    """What is compared: a pipeline of ours, the same of torchvision, and by how much ours is to be faster."""

    name: str
    size: int
    ours: list[T.Transform]
    theirs: list[Any]
    target: float


NORMALIZE = [0.5], [0.5]


def pipelines() -> Iterator[Pipeline]:
    """The rows of the first table."""
    for size in TRAIN:
        yield Pipeline(
            f"RandomResizedCrop + flip + normalise, {size}",
            size,
            [T.RandomResizedCrop(size), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize(*NORMALIZE)],
            [tv.RandomResizedCrop(size), tv.RandomHorizontalFlip(), tv.ToTensor(), tv.Normalize(*NORMALIZE)],
            40,
        )
    yield Pipeline(
        "TrivialAugmentWide + normalise, 28",
        28,
        [T.TrivialAugmentWide(), T.ToTensor(), T.Normalize(*NORMALIZE)],
        [tv.TrivialAugmentWide(), tv.ToTensor(), tv.Normalize(*NORMALIZE)],
        30,
    )


def run(scratch: Path, rounds: int, console: Console) -> None:
    """Measure and print."""
    torch.set_num_threads(2)
    for size, count in TRAIN.items():
        write_layout(scratch, size, count)
    beside_stock(scratch, rounds, console)
    beside_the_roof(scratch, rounds, console)
    volumes(rounds, console)


def beside_stock(scratch: Path, rounds: int, console: Console) -> None:
    """Our loader and ``medmnist`` with torch's and torchvision."""
    table = Table(
        title=f"BloodMNIST layout, random RGB images, f32, batch {BATCH_SIZE}, images/s; {rounds} interleaved rounds",
        title_justify="left",
    )
    for column in ("", "medmnist + DataLoader + torchvision", "mf.DataLoader, 2 threads", "ratio", "target"):
        table.add_column(column, justify="right" if column else "left")
    for pipeline in pipelines():
        stock = stock_loader(scratch, pipeline)
        ours = our_loader(scratch, pipeline.size, pipeline.ours)
        timings = interleave(
            {"stock": partial(exhaust, partial(iter, stock)), "ours": partial(exhaust, partial(iter, ours))}, rounds
        )
        theirs_rate = STOCK[pipeline.size] / timings["stock"].median
        our_rate = TRAIN[pipeline.size] / timings["ours"].median
        ratio = our_rate / theirs_rate
        verdict = "met" if ratio >= pipeline.target else "MISSED"
        table.add_row(
            pipeline.name,
            f"{theirs_rate:,.0f}",
            f"{our_rate:,.0f}",
            f"{ratio:,.0f} x",
            f">= {pipeline.target:.0f} x: {verdict}",
        )
    console.print(table)


def beside_the_roof(scratch: Path, rounds: int, console: Console) -> None:
    """Our loader and a bare loop that gathers, converts with one multiply-add and writes (``examples/roof.rs``)."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", "--example", "roof"], cwd=ROOT, check=True)
    plain = [T.ToTensor(), T.Normalize(*NORMALIZE)]
    rows: list[tuple[str, mf.DataLoader, list[str], float]] = [
        (f"normalise, {size}", our_loader(scratch, size, plain), [str(size), "f32"], 0.8) for size in TRAIN
    ]
    rows += [
        ("u8 as it is, 224", our_loader(scratch, 224, []), ["224", "u8"], 0.8),
        ("Resize 28 to 224 + normalise", our_loader(scratch, 28, [T.Resize((224, 224)), *plain]), ["224", "f32"], 0.5),
    ]
    table = Table(
        title=f"the same, beside the roof of two threads, images/s; {rounds} interleaved rounds", title_justify="left"
    )
    for column in ("", "roof", "mf.DataLoader, 2 threads", "of the roof", "target"):
        table.add_column(column, justify="right" if column else "left")
    for name, loader, roof, target in rows:
        epoch = partial(exhaust, partial(iter, loader))
        # Interleaved; the roof is timed in a process of its own.
        roofs, ours = [], []
        for _ in range(rounds):
            answer = subprocess.run(
                [ROOT / "target/release/examples/roof", *roof], check=True, capture_output=True, text=True
            )
            roofs.append(float(answer.stdout))
            ours.append(len(loader.dataset) / interleave({name: epoch}, 1)[name].median)
        roof_rate, our_rate = statistics.median(roofs), statistics.median(ours)
        share = our_rate / roof_rate
        verdict = "met" if share >= target else "MISSED"
        table.add_row(name, f"{roof_rate:,.0f}", f"{our_rate:,.0f}", f"{share:.2f}", f">= {target}: {verdict}")
    console.print(table)


def volumes(rounds: int, console: Console) -> None:
    """Flips, turns and conversion of 28³ volumes, and the same in NumPy, one thread each."""
    count, target = 512, 20
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 28, 28, 28), dtype=np.uint8)
    pipeline = T.Compose([T.RandomFlip(axes=(0, 1, 2)), T.RandomRotate90(), T.ToTensor()])

    def by_numpy() -> None:
        for image in images:
            volume = image
            for axis in range(3):
                if rng.random() < 0.5:
                    volume = np.flip(volume, axis)
            axes = [(0, 1), (0, 2), (1, 2)][rng.integers(3)]
            volume = np.rot90(volume, int(rng.integers(4)), axes)
            np.ascontiguousarray(volume, np.float32) / np.float32(255)

    contenders: dict[str, Callable[[], object]] = {
        "numpy": by_numpy,
        "ours": lambda: pipeline.batch(images, seed=0, spatial_dims=3),
    }
    timings = interleave(contenders, rounds)
    theirs, ours = (timings[name].median / count * 1e6 for name in contenders)
    verdict = "met" if theirs / ours >= target else "MISSED"
    console.print(
        f"volumes of 28³, flip + rotate90 + f32, per sample: NumPy {theirs:,.1f} us, ours {ours:,.1f} us, "
        f"{theirs / ours:,.1f} x; target >= {target} x: {verdict}\n",
        markup=False,
    )


def write_layout(folder: Path, size: int, count: int) -> None:
    """Random pixels in the official layout."""
    rng = np.random.default_rng(0)
    members = {}
    for split, images in {"train": count, "val": 8, "test": 8}.items():
        members[f"{split}_images"] = rng.integers(0, 256, (images, size, size, 3), dtype=np.uint8)
        members[f"{split}_labels"] = rng.integers(0, 8, (images, 1), dtype=np.uint8)
    suffix = "" if size == 28 else f"_{size}"
    np.savez(folder / f"bloodmnist{suffix}.npz", **members)  # type: ignore[arg-type]


def stock_loader(folder: Path, pipeline: Pipeline) -> Any:
    """The first images of a set through ``medmnist`` and torch's loader, in this process, as quick as it gets."""
    size = pipeline.size
    dataset = medmnist.BloodMNIST("train", root=folder, size=size, transform=tv.Compose(pipeline.theirs))
    subset = torch.utils.data.Subset(dataset, range(STOCK[size]))
    return torch.utils.data.DataLoader(subset, BATCH_SIZE, shuffle=True)


def our_loader(folder: Path, size: int, transforms: list[T.Transform]) -> mf.DataLoader:
    """All images of a set through our loader."""
    dataset = mf.BloodMNIST("train", root=folder, size=size)
    return mf.DataLoader(
        dataset, BATCH_SIZE, shuffle=True, transform=T.Compose(transforms), seed=0, num_workers=2, drop_last=True
    )
