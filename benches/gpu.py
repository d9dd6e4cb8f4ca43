"""``python -m benches.gpu``: whether the loader keeps a GPU busy, and whether its memory is reused too soon.

Four measurements: a training step fed by the loader beside the same step on batches that are on the device; copies from
pinned memory beside the link; crop and flip on one and on eight threads; and batches of known content, compared on the
device while their memory is used again. ``--device cpu`` runs a tiny version, to see that it runs.
"""

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
import torchvision

import medmnist_fast as mf
from benches.interleave import interleave
from benches.machine import commit, describe
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast._core import available_parallelism
from medmnist_fast.devices import pinned_like, split, to_device

CLASSES = 8
Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        batch_size: images of a batch.
        steps: training steps of a run, by the size of the images.
        rounds: timed rounds per contender.
        copies: batches of a run of copies.
        threads: to compare with one thread.
        checked: batches that are compared.
    """

    batch_size: int
    steps: dict[int, int]
    rounds: int
    copies: int
    threads: int
    checked: int


FULL = Scale(batch_size=128, steps={28: 200, 224: 40}, rounds=5, copies=200, threads=8, checked=10_000)
TINY = Scale(batch_size=4, steps={28: 2, 32: 1}, rounds=2, copies=2, threads=2, checked=20)


def training(device: torch.device, scale: Scale, size: int) -> None:
    """A ResNet-18 step on batches of the loader, and on batches that lie on the device."""
    steps = scale.steps[size]
    model = torchvision.models.resnet18(num_classes=CLASSES).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    pipeline = [T.RandomResizedCrop(size), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])]
    loader = new_loader(random_images(steps * scale.batch_size, size), device, scale, pipeline)

    def train(batches: Callable[[], Batches]) -> None:
        for images, labels in batches():
            loss = torch.nn.functional.cross_entropy(model(images), labels % CLASSES)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        synchronize(device)

    there = [(images.clone(), labels.clone()) for images, labels in itertools.islice(loader, 4)]
    as_bytes = [(torch.zeros_like(images, dtype=torch.uint8), labels) for images, labels in there]
    _, normalization = split(T.Compose(pipeline))
    assert normalization is not None

    def normalized() -> Batches:
        for images, labels in itertools.islice(itertools.cycle(as_bytes), steps):
            yield normalization.apply(images), labels

    waited: list[float] = []

    def fed() -> Batches:
        start = time.perf_counter()
        batches = iter(loader)
        first = next(batches)
        waited.append(time.perf_counter() - start)
        return itertools.chain([first], batches)

    contenders: dict[str, Callable[[], Batches]] = {
        "resident": lambda: itertools.islice(itertools.cycle(there), steps),
        "normalized": normalized,
        "fed": fed,
    }
    timings = interleave({name: partial(train, batches) for name, batches in contenders.items()}, scale.rounds)
    of_step = {name: timing.median / steps * 1e3 for name, timing in timings.items()}
    verdict(
        f"ResNet-18 step, {size} pixels: {of_step['resident']:.2f} ms on the device, {of_step['fed']:.2f} ms fed",
        of_step["fed"] / of_step["resident"],
        most=1.03,
    )
    print(
        f"  of that: normalised on the device {of_step['normalized'] - of_step['resident']:.2f} ms, "
        f"the wait for the first of {steps} batches {statistics.median(waited) / steps * 1e3:.2f} ms"
    )


def copies(device: torch.device, scale: Scale) -> None:
    """Batches of 224-pixel images from pinned memory, beside one large block of it."""
    memory = pinned_like if device.type == "cuda" else (lambda shape, _dtype: torch.zeros(shape, dtype=torch.uint8))
    batches = [(memory((scale.batch_size, 3, 224, 224), "uint8"), torch.zeros(1)) for _ in range(4)]
    block = memory((scale.copies * batches[0][0].nbytes // 4,), "uint8")
    target = torch.empty_like(block, device=device, pin_memory=False)

    def link() -> None:
        for _ in range(4):
            target.copy_(block, non_blocking=True)
        synchronize(device)

    def ours() -> None:
        for _ in to_device(itertools.islice(itertools.cycle(batches), scale.copies), device, pinned=True):
            pass
        synchronize(device)

    timings = interleave({"link": link, "ours": ours}, scale.rounds)
    total = scale.copies * batches[0][0].nbytes / 1e9
    roof, rate = total / timings["link"].median, total / timings["ours"].median
    verdict(f"pinned uint8 batches: {rate:.1f} GB/s, link {roof:.1f} GB/s", rate / roof, least=0.8)


def threads(scale: Scale) -> None:
    """Crop and flip at 224 pixels on one thread and on several, on the host alone."""
    if available_parallelism() < scale.threads:
        print(f"{scale.threads} threads: not measured, there are {available_parallelism()} CPUs")
        return
    images = random_images(16 * scale.batch_size, 224)
    steps = [T.RandomResizedCrop(224), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])]
    dataset = mf.ArrayDataset(images, np.arange(len(images)), T.Compose(steps))

    def epoch(loader: mf.DataLoader) -> None:
        for _ in loader:
            pass

    contenders = {
        str(count): partial(epoch, mf.DataLoader(dataset, scale.batch_size, shuffle=True, seed=0, num_workers=count))
        for count in (1, scale.threads)
    }
    one, many = (len(images) / timing.median for timing in interleave(contenders, scale.rounds).values())
    what = f"crop + flip at 224: {one:,.0f} images/s on 1 thread, {many:,.0f} on {scale.threads}"
    verdict(what, many / one, least=0.75 * scale.threads)


def corruption(device: torch.device, scale: Scale) -> bool:
    """Every batch against the same images on the device, while the memory of those before is used again."""
    images = random_images(64 * scale.batch_size, 28)
    known = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(device)
    by_loader = new_loader(images, device, scale, [])
    by_user = new_loader(images, None, scale, [])
    ballast = torch.ones(2048 if device.type == "cuda" else 8, device=device).diag()

    def copied() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        # As loops do that copy themselves; the host's tensors are gone before their copies are done.
        for images, labels in by_user:
            yield images.to(device, non_blocking=True), labels.to(device, non_blocking=True)

    clean = True
    sources: dict[str, Callable[[], Batches]] = {"loader's copies": lambda: by_loader, "user's copies": copied}
    for name, source in sources.items():
        wrong = torch.zeros((), dtype=torch.int64, device=device)
        kept: list[tuple[torch.Tensor, torch.Tensor]] = []
        epochs = itertools.chain.from_iterable(source() for _ in itertools.count())
        for number, (batch, indices) in enumerate(itertools.islice(epochs, scale.checked)):
            # The device falls behind now and then, so that copies wait and the host runs ahead.
            for _ in range(20 if number % 50 < 5 else 0):
                ballast @ ballast
            wrong += (batch != known[indices]).any()
            if number % 97 == 0:
                kept.append((batch, indices))
        wrong += sum((batch != known[indices]).any() for batch, indices in kept)
        found = int(wrong)
        clean &= not found
        print(f"{scale.checked:,} batches by the {name}: {found or 'none'} with other bytes than the set's")
    return clean


def new_loader(
    images: np.ndarray[Any, Any], device: torch.device | None, scale: Scale, steps: list[T.Transform]
) -> mf.DataLoader:
    """Bytes to the device, and normalised there; the label of an image is its index."""
    dataset = mf.ArrayDataset(images, np.arange(len(images)), T.Compose(steps) if steps else None)
    options: dict[str, Any] = {} if device is None else {"device": device, "dtype": "uint8"}
    return mf.DataLoader(
        dataset,
        scale.batch_size,
        shuffle=True,
        seed=0,
        drop_last=True,
        pin_memory=torch.cuda.is_available(),
        **options,
    )


def random_images(count: int, size: int) -> np.ndarray[Any, Any]:
    """RGB, (N, size, size, 3)."""
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def synchronize(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def verdict(what: str, ratio: float, *, least: float = 0.0, most: float = float("inf")) -> None:
    """Print a ratio and whether it is what was aimed at."""
    aim = f">= {least}" if least else f"<= {most}"
    print(f"{what}: {ratio:.3f}; aim {aim}: {'met' if least <= ratio <= most else 'MISSED'}", flush=True)


def main() -> None:
    """Measure on a GPU, if there is one."""
    parser = argparse.ArgumentParser(prog="python -m benches.gpu")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda", help="cpu: a tiny version, to see it run")
    device = torch.device(parser.parse_args().device)
    if device.type == "cuda" and not torch.cuda.is_available():
        print("no GPU: nothing measured")
        return
    print(f"commit {commit()}\n{describe()}")
    scale = FULL if device.type == "cuda" else TINY
    if device.type == "cuda":
        print(torch.cuda.get_device_name(device))
        torch.backends.cudnn.benchmark = True
    for size in scale.steps:
        training(device, scale, size)
    copies(device, scale)
    threads(scale)
    if not corruption(device, scale):
        sys.exit("memory was used again too soon")


if __name__ == "__main__":
    main()
