"""Which samples each batch of an epoch holds: by a sampler of ours, any other sampler, or a sampler of batches."""

import itertools
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medmnist_fast.loader.resume import EvenSizes, Sizes
from medmnist_fast.loader.sources import Source
from medmnist_fast.samplers import (
    ClassBalancedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    WeightedRandomSampler,
)

Indices = Sequence[int] | NDArray[np.int64]


class Batching(ABC):
    """How an epoch is cut into batches."""

    @abstractmethod
    def batches(self, epoch: int, start: int) -> Iterator[Indices]:
        """The indices of each batch, where ``start`` samples of the epoch have been yielded before."""

    @abstractmethod
    def __len__(self) -> int:
        """Batches of an epoch."""

    @abstractmethod
    def describe(self) -> str:
        """What a saved state is compared with."""

    def sizes(self, start: int) -> Sizes:  # noqa: ARG002 - others need it
        """What counts the samples of a pass from ``start`` on."""
        return Sizes()

    def set_epoch(self, epoch: int) -> None:  # noqa: B027 - most have nothing to do
        """Tell a sampler that wants to know."""


class InOrder(Batching):
    """By a sampler of ours, which knows an epoch's order as a whole."""

    def __init__(self, sampler: Sampler, batch_size: int, *, drop_last: bool) -> None:
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def batches(self, epoch: int, start: int) -> Iterator[Indices]:
        """See :class:`Batching`."""
        sampler = self.sampler
        indices = sampler.core.indices(sampler.seed, epoch, sampler.rank, sampler.world_size, sampler.remainder, start)
        last = len(indices) - len(indices) % self.batch_size if self.drop_last else len(indices)
        return (indices[first : first + self.batch_size] for first in range(0, last, self.batch_size))

    def __len__(self) -> int:
        samples = len(self.sampler)
        return samples // self.batch_size if self.drop_last else -(-samples // self.batch_size)

    def describe(self) -> str:
        """See :class:`Batching`."""
        return self.sampler.describe()

    def sizes(self, start: int) -> Sizes:
        """See :class:`Batching`."""
        sampler, total = self.sampler, len(self.sampler.core)
        # Of the rank that gets most: with "keep" another one may be through while there is a batch left for this one.
        most = sampler.core.shard_len(0, sampler.world_size, sampler.remainder, min(start, total))
        return EvenSizes(batch_size=self.batch_size, samples=most, world_size=sampler.world_size, total=total)

    def set_epoch(self, epoch: int) -> None:
        """See :class:`Batching`."""
        self.sampler.set_epoch(epoch)


class Sampled(Batching):
    """By any iterable of indices."""

    def __init__(self, sampler: Iterable[int], batch_size: int, *, drop_last: bool) -> None:
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def batches(self, epoch: int, start: int) -> Iterator[Indices]:  # noqa: ARG002 - the sampler keeps count itself
        """See :class:`Batching`."""
        return _cut(itertools.islice(self.sampler, start, None), self.batch_size, drop_last=self.drop_last)

    def __len__(self) -> int:
        samples = _length(self.sampler)
        return samples // self.batch_size if self.drop_last else -(-samples // self.batch_size)

    def describe(self) -> str:
        """See :class:`Batching`."""
        return type(self.sampler).__qualname__

    def set_epoch(self, epoch: int) -> None:
        """See :class:`Batching`; as ``DistributedSampler`` has it."""
        _set_epoch(self.sampler, epoch)


class Batched(Batching):
    """By any iterable of lists of indices."""

    def __init__(self, batch_sampler: Iterable[Indices]) -> None:
        self.batch_sampler = batch_sampler

    def batches(self, epoch: int, start: int) -> Iterator[Indices]:  # noqa: ARG002 - the sampler keeps count itself
        """See :class:`Batching`.

        Raises:
            ValueError: a batch holds samples on both sides of ``start``.
        """
        for batch in self.batch_sampler:
            if start <= 0:
                yield batch
                continue
            start -= len(batch)
            if start < 0:
                raise ValueError(
                    f"a state {-start} samples before the end of a batch of the batch_sampler; allowed: where one ends"
                )

    def __len__(self) -> int:
        return _length(self.batch_sampler)

    def describe(self) -> str:
        """See :class:`Batching`."""
        return type(self.batch_sampler).__qualname__

    def set_epoch(self, epoch: int) -> None:
        """See :class:`Batching`; of the sampler of batches, and of the one inside."""
        _set_epoch(self.batch_sampler, epoch)
        _set_epoch(getattr(self.batch_sampler, "sampler", None), epoch)


class Streamed(Batching):
    """Of a data set that is iterated over: nobody names samples."""

    def __init__(self, dataset: Any, batch_size: int, *, drop_last: bool) -> None:
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last

    def batches(self, epoch: int, start: int) -> Iterator[Any]:  # noqa: ARG002 - the data set has none
        """The items of each batch; there are no indices."""
        return _cut(itertools.islice(self.dataset, start, None), self.batch_size, drop_last=self.drop_last)

    def __len__(self) -> int:
        samples = len(self.dataset)
        return samples // self.batch_size if self.drop_last else -(-samples // self.batch_size)

    def describe(self) -> str:
        """See :class:`Batching`."""
        return "as it comes"


def is_iterable(dataset: Any) -> bool:
    """Whether a data set is iterated over instead of indexed, as torch's ``IterableDataset``."""
    torch = sys.modules.get("torch.utils.data")
    if torch is not None and isinstance(dataset, torch.IterableDataset):
        return True
    return not hasattr(dataset, "__getitem__") and hasattr(dataset, "__iter__")


def _cut(elements: Iterator[Any], batch_size: int, *, drop_last: bool) -> Iterator[list[Any]]:
    """Lists of so many elements, as they come; the last may be smaller."""
    while batch := list(itertools.islice(elements, batch_size)):
        if len(batch) == batch_size or not drop_last:
            yield batch


def _length(sampler: Any) -> int:
    """TypeError if it has none, as of torch's loader."""
    return len(sampler)


def _set_epoch(sampler: Any, epoch: int) -> None:
    set_epoch = getattr(sampler, "set_epoch", None)
    if callable(set_epoch):
        set_epoch(epoch)


def choose(
    dataset: Any,
    source: Source | None,
    *,
    batch_size: int | None,
    shuffle: bool | None,
    sampler: Iterable[int] | None,
    batch_sampler: Iterable[Indices] | None,
    drop_last: bool,
    weights: ArrayLike | Literal["balanced"] | None,
    **sharding: Any,
) -> Batching:
    """What a loader's arguments ask for.

    Args:
        dataset: the data set.
        source: what the engine reads of it, None if it cannot.
        batch_size: of the loader, as all others here.
        shuffle: likewise.
        sampler: likewise.
        batch_sampler: likewise.
        drop_last: likewise.
        weights: likewise.
        sharding: ``seed``, ``rank``, ``world_size`` and ``remainder`` of a sampler.

    Raises:
        TypeError: an argument of another kind.
        ValueError: arguments that exclude each other.
    """
    given = {
        "batch_sampler": batch_sampler is not None,
        "sampler": sampler is not None,
        "shuffle": bool(shuffle),
        "weights": weights is not None,
    }
    names = [name for name, is_given in given.items() if is_given]
    _require_agreement(names, batch_size, drop_last=drop_last, is_streamed=is_iterable(dataset))
    if is_iterable(dataset):
        return Streamed(dataset, batch_size or 1, drop_last=drop_last)
    if batch_sampler is not None:
        _require_iterable("batch_sampler", batch_sampler)
        _require_no_shards("batch_sampler", sharding)
        return Batched(batch_sampler)
    size = 1 if batch_size is None else batch_size
    if sampler is not None:
        _require_iterable("sampler", sampler)
        _require_no_shards("sampler", sharding)
        if not isinstance(sampler, Sampler):
            return Sampled(sampler, size, drop_last=drop_last)
        if sharding["seed"] not in {None, sampler.seed}:
            raise ValueError(
                f"seed = {sharding['seed']} and a sampler whose seed is {sampler.seed}; allowed: one of them"
            )
        return InOrder(sampler, size, drop_last=drop_last)
    if weights is not None:
        return InOrder(_weighted(dataset, source, weights, sharding), size, drop_last=drop_last)
    kind = RandomSampler if shuffle else SequentialSampler
    return InOrder(kind(dataset, **sharding), size, drop_last=drop_last)


def _require_agreement(names: list[str], batch_size: int | None, *, drop_last: bool, is_streamed: bool) -> None:
    if len(names) > 1 and names != ["shuffle", "weights"]:
        raise ValueError(f"{' and '.join(names)}; allowed: one of them, or shuffle and weights")
    if "batch_sampler" in names and (batch_size != 1 or drop_last):
        raise ValueError("batch_sampler with batch_size or drop_last; allowed: the sampler says both")
    if batch_size is None and drop_last:
        raise ValueError("drop_last = True with batch_size None; allowed: batches to be dropped")
    if is_streamed and names:
        raise ValueError(f"{names[0]} with a data set that is iterated over; allowed: one with indices")


def _weighted(dataset: Any, source: Source | None, weights: Any, sharding: dict[str, Any]) -> Sampler:
    if isinstance(weights, str):
        if weights != "balanced":
            raise ValueError(f"weights {weights!r}; allowed: one number per sample, or 'balanced'")
        if source is None:
            raise ValueError(
                "weights 'balanced' of a data set whose labels the engine cannot read; allowed: one number per sample"
            )
        labels = source.labels if source.selection is None else source.labels[source.selection]
        return ClassBalancedSampler(labels, **sharding)
    sampler = WeightedRandomSampler(weights, **sharding)
    if sampler.num_items != len(dataset):
        raise ValueError(f"{sampler.num_items} weights for {len(dataset)} samples; allowed: as many of each")
    return sampler


def _require_iterable(name: str, value: Any) -> None:
    if not hasattr(value, "__iter__"):
        raise TypeError(f"{name} of {type(value).__qualname__}; allowed: an iterable")


def _require_no_shards(name: str, sharding: dict[str, Any]) -> None:
    if sharding["rank"] is not None or sharding["world_size"] is not None or sharding["remainder"] != "pad":
        raise ValueError(f"rank, world_size or remainder with a {name}; allowed: the sampler knows its part")
