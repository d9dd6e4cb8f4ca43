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
from PIL import Image
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


@dataclass(frozen=True)
class Limited:
    """What is compared with the roof: a pipeline of ours, the same of torchvision, and the roof's arguments."""

    name: str
    size: int
    ours: list[T.Transform]
    theirs: list[Any]
    roof: list[str]
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
    volumes(scratch, rounds, console)


def beside_stock(scratch: Path, rounds: int, console: Console) -> None:
    """Our loader and ``medmnist`` with torch's and torchvision."""
    table = Table(
        title=f"BloodMNIST layout, random RGB images, f32, batch {BATCH_SIZE}, images/s; {rounds} interleaved rounds",
        title_justify="left",
    )
    for column in ("", "medmnist + DataLoader + torchvision", "mf.DataLoader, 2 threads", "ratio", "target", "answer"):
        table.add_column(column, justify="left" if column in {"", "answer"} else "right")
    for pipeline in pipelines():
        stock = stock_loader(scratch, pipeline)
        ours = our_loader(scratch, pipeline.size, pipeline.ours)
        # The draws differ, so bytes cannot be compared here; the tests do that.
        (images, _), (expected, _) = next(iter(ours)), next(iter(stock))
        is_same_kind = images.shape == expected.shape and images.dtype == expected.dtype
        timings = interleave(
            {"stock": partial(exhaust, partial(iter, stock)), "ours": partial(exhaust, partial(iter, ours))}, rounds
        )
        theirs_rate = STOCK[pipeline.size] / timings["stock"].median
        our_rate = len(ours) * BATCH_SIZE / timings["ours"].median
        ratio = our_rate / theirs_rate
        verdict = "met" if ratio >= pipeline.target else "MISSED"
        table.add_row(
            pipeline.name,
            f"{theirs_rate:,.0f}",
            f"{our_rate:,.0f}",
            f"{ratio:,.0f} x",
            f">= {pipeline.target:.0f} x: {verdict}",
            "same shape and type" if is_same_kind else "WRONG",
        )
    console.print(table)


def beside_the_roof(scratch: Path, rounds: int, console: Console) -> None:
    """Our loader and a bare loop that gathers, converts with one multiply-add and writes (``examples/roof.rs``)."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", "--example", "roof"], cwd=ROOT, check=True)
    ours, theirs = [T.ToTensor(), T.Normalize(*NORMALIZE)], [tv.ToTensor(), tv.Normalize(*NORMALIZE)]
    upscaled = [T.Resize((224, 224)), *ours], [tv.Resize((224, 224)), *theirs]
    rows: list[Limited] = [Limited(f"normalise, {size}", size, ours, theirs, [str(size), "f32"], 0.8) for size in TRAIN]
    rows += [
        Limited("u8 as it is, 224", 224, [], [tv.PILToTensor()], ["224", "u8"], 0.8),
        Limited("Resize 28 to 224 + normalise", 28, *upscaled, ["224", "f32"], 0.5),
    ]
    table = Table(
        title=f"the same, beside the roof of two threads, images/s; {rounds} interleaved rounds", title_justify="left"
    )
    for column in ("", "roof", "mf.DataLoader, 2 threads", "of the roof", "target", "answer"):
        table.add_column(column, justify="left" if column in {"", "answer"} else "right")
    for row in rows:
        loader = our_loader(scratch, row.size, row.ours)
        epoch = partial(exhaust, partial(iter, loader))
        # Interleaved; the roof is timed in a process of its own.
        roofs, rates = [], []
        for _ in range(rounds):
            bare = subprocess.run(
                [ROOT / "target/release/examples/roof", *row.roof], check=True, capture_output=True, text=True
            )
            roofs.append(float(bare.stdout))
            rates.append(len(loader) * BATCH_SIZE / interleave({row.name: epoch}, 1)[row.name].median)
        roof, rate = statistics.median(roofs), statistics.median(rates)
        verdict = "met" if rate / roof >= row.target else "MISSED"
        cells = (f"{roof:,.0f}", f"{rate:,.0f}", f"{rate / roof:.2f}", f">= {row.target}: {verdict}")
        table.add_row(row.name, *cells, answer(scratch, row))
    console.print(table)


def answer(scratch: Path, row: Limited) -> str:
    """Whether the loader's first images are torchvision's, bit for bit; in words for the table."""
    loader = our_loader(scratch, row.size, row.ours, shuffle=False)
    reference = tv.Compose(row.theirs)
    expected = torch.stack([reference(Image.fromarray(image)) for image in loader.dataset.imgs[:BATCH_SIZE]])
    images, _ = next(iter(loader))
    return "exact" if images.dtype == expected.dtype and torch.equal(images, expected) else "WRONG"


def volumes(scratch: Path, rounds: int, console: Console) -> None:
    """Flips, quarter turns and conversion of 28³ volumes, by our loader and one by one in NumPy."""
    count, target = 512, 20
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 28, 28, 28), dtype=np.uint8)
    members = {f"{split}_images": images for split in ("train", "val", "test")}
    labels = {f"{split}_labels": np.zeros((count, 1), np.uint8) for split in ("train", "val", "test")}
    np.savez(scratch / "nodulemnist3d.npz", **members, **labels)  # type: ignore[arg-type]
    steps = T.Compose([T.RandomFlip(axes=(0, 1, 2)), T.RandomRotate90(), T.ToTensor()])
    dataset = mf.NoduleMNIST3D("train", root=scratch)
    loader = mf.DataLoader(dataset, BATCH_SIZE, shuffle=True, transform=steps, seed=0, num_workers=2)
    flipped, _ = next(iter(mf.DataLoader(dataset, 8, transform=T.RandomFlip(1, axes=(0, 1, 2)), output="numpy")))
    is_exact = np.array_equal(flipped[:, 0], np.flip(images[:8], (1, 2, 3)) / np.float32(255))

    def by_numpy() -> None:
        for image in images:
            volume = image
            for axis in range(3):
                if rng.random() < 0.5:
                    volume = np.flip(volume, axis)
            axes = [(0, 1), (0, 2), (1, 2)][rng.integers(3)]
            volume = np.rot90(volume, int(rng.integers(4)), axes)
            np.divide(volume, np.float32(255), dtype=np.float32, order="C")

    contenders: dict[str, Callable[[], object]] = {
        "numpy": by_numpy,
        "ours": partial(exhaust, partial(iter, loader)),
    }
    timings = interleave(contenders, rounds)
    theirs, ours = (timings[name].median / count * 1e6 for name in contenders)
    verdict = "met" if theirs / ours >= target else "MISSED"
    console.print(
        f"volumes of 28³, flip + rotate90 + f32, per sample: NumPy {theirs:,.1f} us, mf.DataLoader, 2 threads "
        f"{ours:,.1f} us, {theirs / ours:,.1f} x; target >= {target} x: {verdict}; "
        f"flips {'exact' if is_exact else 'WRONG'}\n",
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


def our_loader(folder: Path, size: int, transforms: list[T.Transform], *, shuffle: bool = True) -> mf.DataLoader:
    """All images of a set through our loader."""
    dataset = mf.BloodMNIST("train", root=folder, size=size)
    return mf.DataLoader(
        dataset, BATCH_SIZE, shuffle, transform=T.Compose(transforms), seed=0, num_workers=2, drop_last=True
    )
