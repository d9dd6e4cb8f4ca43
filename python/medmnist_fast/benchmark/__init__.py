"""How fast batches come on this machine: our loader, torch's, and the roof, in interleaved rounds.

Needs NumPy only; torch, torchvision and ``medmnist`` are measured where they are installed.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from medmnist_fast.benchmark.limits import what_limits
from medmnist_fast.benchmark.passes import Passes
from medmnist_fast.benchmark.stock import Stock
from medmnist_fast.benchmark.task import TITLES, TRANSFORMS, Task

__all__ = [
    "ROUNDS",
    "TITLES",
    "TRANSFORMS",
    "Benchmark",
    "Measured",
    "Stock",
    "Task",
    "check",
    "measure",
    "what_limits",
]

ROUNDS = 5


@dataclass(frozen=True)
class Measured:
    """One contender; ``why`` says what is missing if it has no rates."""

    name: str
    title: str
    rates: list[float] = field(default_factory=list)
    """Images per second of each round."""
    cpu_seconds_per_million: float | None = None
    """Of all threads and processes, per million images; None where the system does not say."""
    why: str = ""

    @property
    def rate(self) -> float:
        """Median images per second."""
        return statistics.median(self.rates)

    @property
    def spread(self) -> float:
        """Half the interquartile range as a share of the median."""
        first, _, third = statistics.quantiles(self.rates, n=4, method="inclusive")
        return (third - first) / 2 / self.rate

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        facts: dict[str, Any] = {"name": self.name, "title": self.title}
        if self.why:
            return facts | {"why": self.why}
        return facts | {
            "rate": self.rate,
            "spread": self.spread,
            "rates": self.rates,
            "cpu_seconds_per_million": self.cpu_seconds_per_million,
        }


@dataclass(frozen=True)
class Benchmark:
    """What was measured.

    Attributes:
        contenders: ``ours``, ``ours_1_thread`` (with more than one), ``stock``, ``stock_workers``, ``roof``.
        answer: what comparing one of our batches with the reference gave: ``exact``; ``alike`` (shape, type and range
            are right, values are drawn); or ``WRONG``.
        wait_share: part of the time in which our consumer waited for a batch.
        limits: a sentence.
        items: what torch's loader made batches of.
    """

    contenders: dict[str, Measured]
    answer: str
    wait_share: float
    limits: str
    items: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "contenders": [one.as_dict() for one in self.contenders.values()],
            "answer": self.answer,
            "wait_share": self.wait_share,
            "limits": self.limits,
            "items": self.items,
        }


def measure(task: Task, stock: "Stock", seconds: float, on_round: Callable[[int, int], None]) -> Benchmark:
    """Measure all contenders in ``ROUNDS`` interleaved rounds, after a warm-up of each.

    Args:
        task: what is done.
        stock: what torch's loader loads.
        seconds: a round takes so long about, more where a few batches take longer.
        on_round: called with the rounds done and the rounds to do.

    Raises:
        RuntimeError: what a contender raises.
    """
    total, batch, threads = len(task.images), task.batch_size, task.threads
    runs: dict[str, Passes] = {}
    measured: dict[str, Measured] = {}
    # Worker processes are forked first: before there are threads.
    for name, workers in (("stock_workers", max(1, threads)), ("stock", 0)):
        title = f"torch DataLoader, {_plural(workers, 'worker')}"
        measured[name] = Measured(name, title, why=stock.why)
        if not stock.why:
            few = 2 * batch * max(1, workers)
            runs[name] = Passes(partial(stock.loader, task, workers), total, few, seconds)
    for name, number in {"ours_1_thread": 1, "ours": threads}.items():
        if name == "ours" or threads > 1:
            measured[name] = Measured(name, f"medmnist_fast, {_plural(number, 'thread')}")
            few = 4 * batch * max(1, number)
            runs[name] = Passes(partial(task.loader, number), total, few, seconds)
    answer = check(task, stock)
    before = runs["ours"].loader.stats()
    roofs = []
    for number in range(ROUNDS):
        on_round(number, ROUNDS)
        for run in runs.values():
            run.round()
        roofs.append(task.roof())
    after = runs["ours"].loader.stats()
    for name, run in runs.items():
        one = measured[name]
        measured[name] = Measured(name, one.title, run.rates, run.cpu_seconds_per_million)
    measured["roof"] = Measured("roof", f"roof, {_plural(max(1, threads), 'thread')}", roofs)
    waited = after.wait_share * after.seconds - before.wait_share * before.seconds
    wait_share = waited / (after.seconds - before.seconds)
    ours = measured["ours"]
    return Benchmark(
        {
            name: measured[name]
            for name in ("ours", "ours_1_thread", "stock", "stock_workers", "roof")
            if name in measured
        },
        answer,
        wait_share,
        what_limits(
            rate=ours.rate,
            busy=None if ours.cpu_seconds_per_million is None else ours.cpu_seconds_per_million * ours.rate / 1e6,
            one=measured["ours_1_thread"].rate if threads > 1 else None,
            roof=measured["roof"].rate,
            threads=threads,
            wait_share=wait_share,
        ),
        stock.title,
    )


def check(task: Task, stock: "Stock") -> str:
    """One batch of the loader that is measured beside the reference; see :class:`Benchmark`."""
    images, labels = next(iter(task.loader(task.threads, len(task.images))))
    found, indices = np.asarray(images), np.asarray(labels).ravel()
    spatial = (task.size,) * task.spatial_dims
    if found.dtype != task.dtype or found.shape != (len(indices), task.channels, *spatial):
        return "WRONG"
    if task.is_random:
        return "alike" if found.min() >= -1 and found.max() <= 1 else "WRONG"
    expected = np.stack([stock.reference(task, int(index)) for index in indices])
    return "exact" if np.array_equal(found, expected) else "WRONG"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
