"""One pass over a data set: the iterators behind a loader, each for another way in which batches come to be."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from medmnist_fast import _core
from medmnist_fast.loader.batching import Indices
from medmnist_fast.loader.collation import collate
from medmnist_fast.loader.per_sample import generators_put_back, seed_generators
from medmnist_fast.loader.resume import Position


class Pass:
    """What users iterate over: batches, counted. Several threads may share it; dropping it ends the pass.

    It begins with the first batch that is asked for. Frameworks make an iterator, then name the epoch, then ask: with
    torch's own loader too, a sampler is not asked before.

    Args:
        begin: gives the batches, and the position that moves with them.
    """

    def __init__(self, begin: Callable[[], tuple[Iterator[Any], Position]]) -> None:
        self._begin = begin
        self._running: tuple[Iterator[Any], Position] | None = None
        self._beginning = threading.Lock()
        self._count = itertools.count(1)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._running is None:
            with self._beginning:
                self._running = self._running or self._begin()
        batches, position = self._running
        try:
            batch = next(batches)
        except StopIteration:
            position.is_over = True
            raise
        position.batches = next(self._count)
        return batch


class Given:
    """Batches of the engine whose samples a sampler in Python names: it is asked only as far ahead as batches are made.

    Args:
        epoch: the engine's pass.
        batches: what the sampler names.
        ahead: batches to be made before they are asked for.
        memory: gives memory for a batch of so many samples; None where the engine has its own.
        told: called with the indices of each batch.
    """

    def __init__(
        self,
        epoch: _core.Epoch,
        batches: Iterator[Indices],
        ahead: int,
        memory: Callable[[int], tuple[Any, Any]] | None,
        told: Callable[[Indices], None],
    ) -> None:
        self._epoch, self._batches, self._ahead, self._memory, self._told = epoch, batches, ahead, memory, told
        self._failure: BaseException | None = None
        for _ in range(ahead):
            self._give()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._give()
        batch = next(self._epoch, None)
        if batch is None:
            # What a sampler raises comes after the batches that it named before.
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            raise StopIteration
        return batch

    def _give(self) -> None:
        if self._failure is not None:
            return
        try:
            indices = next(self._batches, None)
            if indices is None:
                return
            indices = indices if isinstance(indices, list) else list(indices)
            memory = None if self._memory is None else self._memory(len(indices))
            self._epoch.give(indices, memory)
            self._told(indices)
        except Exception as error:  # noqa: BLE001 - raised in its turn
            self._failure = error


class Lending:
    """Batches of the engine in memory that is lent for each: pinned memory of torch.

    Args:
        epoch: the engine's pass.
        ahead: batches to be made before they are asked for.
        memory: gives memory for a batch.
    """

    def __init__(self, epoch: _core.Epoch, ahead: int, memory: Callable[[], tuple[Any, Any]]) -> None:
        self._epoch, self._memory = epoch, memory
        for _ in range(ahead):
            epoch.lend(memory())

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._epoch.lend(self._memory())
        return next(self._epoch)


@dataclass
class Meter:
    """Sums over batches that Python has made: times in seconds."""

    samples: int = 0
    batches: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    cpu: float = 0.0

    def sums(self) -> tuple[int, int, float, float, float, int]:
        """As the engine gives them; there are no slots."""
        return self.samples, self.batches, self.seconds, self.waited, self.cpu, 0


class Fetched:
    """Batches that Python makes when they are asked for.

    Args:
        batches: which samples they hold.
        fetch: makes a batch of such samples.
        meter: what times are added to.
        told: called with the indices of each batch.
    """

    def __init__(
        self, batches: Iterator[Any], fetch: Callable[[Any], Any], meter: Meter, told: Callable[[Indices], None]
    ) -> None:
        self._batches, self._fetch, self._meter, self._told = batches, fetch, meter, told
        self._mark: float | None = None

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        asked, cpu = time.perf_counter(), time.thread_time()
        indices = next(self._batches)
        # First: a batch that fails is passed over when the iterator is asked again, as torch's loader does.
        self._told(indices)
        batch = self._fetch(indices)
        now, meter = time.perf_counter(), self._meter
        meter.samples += len(indices)
        meter.batches += 1
        meter.waited += now - asked
        meter.seconds += now - (asked if self._mark is None else self._mark)
        meter.cpu += time.thread_time() - cpu
        self._mark = now
        return batch


class Finished:
    """Batches of the engine that functions in Python finish: of each label, and of the list of items.

    As where items are fetched one by one, the global generators are seeded for each call and put back after the batch.

    Args:
        batches: images and labels.
        indices: of their samples, a batch at a time.
        target_transform: called with the label of each sample; None leaves it.
        collate_fn: called with the items of a batch; None stacks the labels again.
        names: seed and epoch, for what is random.
        output: ``"torch"`` or ``"numpy"``.
    """

    def __init__(
        self,
        batches: Iterator[Any],
        indices: deque[Indices],
        *,
        target_transform: Callable[[Any], Any] | None,
        collate_fn: Callable[[list[Any]], Any] | None,
        names: tuple[int, int],
        output: str,
    ) -> None:
        self._batches, self._indices, self._names, self._output = batches, indices, names, output
        self._target_transform, self._collate_fn = target_transform, collate_fn

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        images, labels = next(self._batches)
        indices = [int(index) for index in self._indices.popleft()]
        # Items have NumPy's labels; those of a resident set may be on a device.
        targets: Any = labels if isinstance(labels, np.ndarray) else labels.cpu().numpy()
        with generators_put_back():
            if (transform := self._target_transform) is not None:
                targets = [self._target(transform, *pair) for pair in zip(indices, targets, strict=True)]
            if self._collate_fn is None:
                return images, collate(targets, self._output)
            seed_generators(*self._names, *indices, "collate_fn")
            return self._collate_fn(list(zip(images, targets, strict=True)))

    def _target(self, transform: Callable[[Any], Any], index: int, label: Any) -> Any:
        seed_generators(*self._names, index, "target_transform")
        try:
            return transform(label)
        except Exception as error:
            error.add_note(f"target_transform of sample {index} of the data set, epoch {self._names[1]}")
            raise
