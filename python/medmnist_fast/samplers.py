"""Which samples come when: torch's samplers by their names, made by the engine, and shared out over ranks.

An order depends on the sampler's arguments, its seed and the epoch alone. Each class can be the ``sampler`` of
:class:`~medmnist_fast.DataLoader` and of torch's own ``DataLoader``, and shares its order out over ranks by the rules
of ``torch.utils.data.DistributedSampler``, which is then not needed.
"""

import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sized
from typing import Any, Literal, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.checks import whole_number
from medmnist_fast.transforms.kinds import seed_or_random

__all__ = [
    "ClassBalancedSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "SubsetSequentialSampler",
    "WeightedRandomSampler",
    "this_rank",
]

LARGEST = 2**32 - 1
"""Of indices, sample counts and epochs: they are 32 bits in what names a random draw."""


def this_rank() -> tuple[int, int]:
    """Return this process's rank and the number of ranks: of ``torch.distributed`` if initialised, else 0 of 1."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()


class Options(TypedDict, total=False):
    """Keyword arguments of every sampler; :class:`Sampler` says what they mean."""

    seed: int | None
    rank: int | None
    world_size: int | None
    remainder: Literal["pad", "drop", "keep"]


class Sampler(ABC):
    """Base of all samplers. Iterating yields this rank's indices of one epoch; the next iteration is the next epoch.

    Args:
        seed: names the orders, below 2⁶⁴. By default one is drawn from torch's global generator if torch is loaded,
            else from NumPy's; with several ranks, which have to agree, it is 0.
        rank: which share of each epoch this process gets, below ``world_size``.
        world_size: number of shares. By default both are those of ``torch.distributed`` when they are needed, and 0 of
            1 where it is not initialised.
        remainder: what becomes of samples that do not divide by ``world_size``. ``"pad"`` repeats some from the
            epoch's beginning and ``"drop"`` leaves out the last, so that all ranks get as many, as
            ``DistributedSampler`` does with ``drop_last=False`` and ``True``. ``"keep"`` gives every sample once, for
            evaluation: some ranks get one more.

    Attributes:
        epoch: number of the next epoch, from 0.
        remainder: as given.
        num_items: length of the data set that the indices are of; None for subsets, which do not know it.
        core: the engine's sampler.

    Raises:
        TypeError: a number that is no whole number.
        ValueError: a number outside its range, or ``rank`` or ``world_size`` without the other.
    """

    core: _core.Sampler
    num_items: int | None

    def __init__(
        self,
        *,
        seed: int | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        remainder: Literal["pad", "drop", "keep"] = "pad",
    ) -> None:
        if remainder not in ("pad", "drop", "keep"):
            raise ValueError(f"remainder {remainder!r}; allowed: 'pad', 'drop' or 'keep'")
        self._rank: tuple[int, int] | None = None
        if rank is not None and world_size is not None:
            world_size = whole_number("world_size", world_size, 1, LARGEST)
            self._rank = whole_number("rank", rank, 0, world_size - 1), world_size
        elif rank is not None or world_size is not None:
            raise ValueError(f"rank = {rank} and world_size = {world_size}; allowed: both or neither")
        self.remainder = remainder
        self.epoch = 0
        self._has_own_seed = seed is not None
        self._seed = seed_or_random(seed)
        self.core = self._make()

    @abstractmethod
    def _make(self) -> _core.Sampler:
        """The engine's sampler, of the arguments."""

    @abstractmethod
    def describe(self) -> str:
        """The order but for seed and epoch, in a few words, which differ where the order does: for saved states."""

    @property
    def rank(self) -> int:
        """Which share of each epoch this process gets."""
        return (self._rank or this_rank())[0]

    @property
    def world_size(self) -> int:
        """Number of shares."""
        return (self._rank or this_rank())[1]

    @property
    def seed(self) -> int:
        """What names the orders, the same on every rank."""
        # Asked for when it is needed: torch.distributed may have been initialised after this was made.
        return self._seed if self._has_own_seed or self.world_size == 1 else 0

    @property
    def largest(self) -> int | None:
        """The largest index that an epoch may contain; None if there is none."""
        return self.core.largest

    def set_epoch(self, epoch: int) -> None:
        """Name the next epoch, from 0; without it each iteration is the epoch after the one before."""
        self.epoch = whole_number("epoch", epoch, 0, LARGEST)

    def __len__(self) -> int:
        """This rank's samples per epoch."""
        return self.core.shard_len(self.rank, self.world_size, self.remainder, 0)

    def __iter__(self) -> Iterator[int]:
        epoch = whole_number("epoch", self.epoch, 0, LARGEST)
        indices = self.core.indices(self.seed, epoch, self.rank, self.world_size, self.remainder)
        self.epoch = epoch + 1
        return iter(indices.tolist())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.describe()}>"

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "core"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.core = self._make()


class SequentialSampler(Sampler):
    """All samples in the data set's order.

    Args:
        data_source: the data set, or anything else of its length.
        **options: see :class:`Sampler`.

    Raises:
        TypeError: ``data_source`` has no length.
    """

    num_items: int

    def __init__(self, data_source: Sized, **options: Unpack[Options]) -> None:
        self.data_source = data_source
        self.num_items = _length(data_source)
        super().__init__(**options)

    def _make(self) -> _core.Sampler:
        return _core.Sampler.sequential(self.num_items)

    def describe(self) -> str:
        """E.g. ``"sequence of 1080"``."""
        return f"sequence of {self.num_items}"


class RandomSampler(Sampler):
    """Samples in random order.

    Args:
        data_source: the data set, or anything else of its length.
        replacement: draw each sample from all, instead of all once.
        num_samples: samples per epoch on all ranks together; by default as many as there are. Without replacement, more
            than there are come from several random orders of all, one after the other.
        **options: see :class:`Sampler`.

    Raises:
        TypeError: ``data_source`` has no length, ``num_samples`` is no whole number, or ``replacement`` no bool.
        ValueError: ``data_source`` is empty, or ``num_samples`` is not in 1 to 2³² - 1.
    """

    num_items: int

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.data_source = data_source
        self.num_items = _length(data_source)
        if not self.num_items:
            raise ValueError("data_source is empty; allowed: 1 sample or more")
        self.replacement = _flag("replacement", replacement)
        self.num_samples = _num_samples(num_samples, self.num_items)
        super().__init__(**options)

    def _make(self) -> _core.Sampler:
        if self.replacement:
            return _core.Sampler.weighted(np.ones(self.num_items), self.num_samples, replacement=True)
        return _core.Sampler.shuffled(self.num_items, self.num_samples)

    def describe(self) -> str:
        """E.g. ``"shuffle of 1080"``, ``"shuffle, 500 of 1080"`` or ``"uniform, 500 of 1080 with replacement"``."""
        if self.replacement:
            return f"uniform, {self.num_samples} of {self.num_items} with replacement"
        if self.num_samples == self.num_items:
            return f"shuffle of {self.num_items}"
        return f"shuffle, {self.num_samples} of {self.num_items}"


class WeightedRandomSampler(Sampler):
    """Samples drawn with probabilities in proportion to their weights; those of weight 0 never.

    Args:
        weights: of each sample of the data set, (N,) or (N, 1); finite and at least 0, some above 0.
        num_samples: samples per epoch on all ranks together; by default as many as weights.
        replacement: whether a sample can be drawn again in the same epoch.
        **options: see :class:`Sampler`.

    Attributes:
        weights: a copy, float64 (N,).

    Raises:
        TypeError: weights that are no numbers, ``num_samples`` no whole number, or ``replacement`` no bool.
        ValueError: weights of another shape or outside their range, or ``num_samples`` not in 1 to 2³² - 1; without
            replacement, more than there are weights above 0.
    """

    num_items: int

    def __init__(
        self,
        weights: Any,
        num_samples: int | None = None,
        replacement: bool = True,
        **options: Unpack[Options],
    ) -> None:
        self.weights = _copy(_column("weights", weights, "biuf"), np.float64)
        self.num_items = len(self.weights)
        self.replacement = _flag("replacement", replacement)
        self.num_samples = _num_samples(num_samples, self.num_items)
        super().__init__(**options)

    def _make(self) -> _core.Sampler:
        return _core.Sampler.weighted(self.weights, self.num_samples, self.replacement)

    def describe(self) -> str:
        """E.g. ``"weighted (crc32 9f3a0c51), 500 of 1080 with replacement"``."""
        how = "with" if self.replacement else "without"
        return f"weighted {_checksum(self.weights)}, {self.num_samples} of {self.num_items} {how} replacement"


class ClassBalancedSampler(Sampler):
    """As many samples of each class, in random order, however many a class has.

    Each class that is present gets the same number per epoch; of a remainder, classes that are drawn anew each epoch
    get one more. The samples of a class come in random orders of all of them, one after the other, so that their counts
    differ by at most one.

    Args:
        labels: the class of each sample of the data set, whole numbers (N,) or (N, 1).
        num_samples: samples per epoch on all ranks together; by default as many as labels.
        **options: see :class:`Sampler`.

    Attributes:
        labels: a copy, int64 (N,).

    Raises:
        TypeError: labels or ``num_samples`` that are no whole numbers.
        ValueError: labels of another shape, such as those of multi-label sets, or none; ``num_samples`` not in 1 to
            2³² - 1.
    """

    num_items: int

    def __init__(self, labels: Any, num_samples: int | None = None, **options: Unpack[Options]) -> None:
        self.labels = _copy(_column("labels", labels, "biu"), np.int64)
        self.num_items = len(self.labels)
        if not self.num_items:
            raise ValueError("labels are empty; allowed: 1 or more")
        self.num_samples = _num_samples(num_samples, self.num_items)
        super().__init__(**options)

    def _make(self) -> _core.Sampler:
        return _core.Sampler.balanced(self.labels, self.num_samples)

    def describe(self) -> str:
        """E.g. ``"class-balanced (crc32 9f3a0c51), 500 of 1080"``."""
        return f"class-balanced {_checksum(self.labels)}, {self.num_samples} of {self.num_items}"


class _SubsetSampler(Sampler):
    num_items: None

    def __init__(self, indices: Any, **options: Unpack[Options]) -> None:
        column = _column("indices", indices, "iu")
        if len(wrong := np.flatnonzero((column < 0) | (column > LARGEST))):
            raise ValueError(f"indices[{wrong[0]}] = {column[wrong[0]]}; allowed: 0 to {LARGEST}")
        self.indices = _copy(column, np.uint32)
        self.num_items = None
        super().__init__(**options)


class SubsetSequentialSampler(_SubsetSampler):
    """The samples at given indices, in their order.

    Args:
        indices: of samples of the data set, (N,) or (N, 1); 0 to 2³² - 1.
        **options: see :class:`Sampler`.

    Attributes:
        indices: a copy, uint32 (N,).

    Raises:
        TypeError: indices that are no whole numbers.
        ValueError: indices of another shape or outside their range.
    """

    def _make(self) -> _core.Sampler:
        return _core.Sampler.sequential(len(self.indices)).subset(self.indices)

    def describe(self) -> str:
        """E.g. ``"sequence of 300 indices (crc32 9f3a0c51)"``."""
        return f"sequence of {len(self.indices)} indices {_checksum(self.indices)}"


class SubsetRandomSampler(_SubsetSampler):
    """The samples at given indices, in random order.

    Args:
        indices: of samples of the data set, (N,) or (N, 1); 0 to 2³² - 1.
        **options: see :class:`Sampler`.

    Attributes:
        indices: a copy, uint32 (N,).

    Raises:
        TypeError: indices that are no whole numbers.
        ValueError: indices of another shape or outside their range.
    """

    def _make(self) -> _core.Sampler:
        return _core.Sampler.shuffled(len(self.indices)).subset(self.indices)

    def describe(self) -> str:
        """E.g. ``"shuffle of 300 indices (crc32 9f3a0c51)"``."""
        return f"shuffle of {len(self.indices)} indices {_checksum(self.indices)}"


def _length(data_source: Sized) -> int:
    try:
        return len(data_source)
    except TypeError:
        name = type(data_source).__qualname__
        raise TypeError(f"data_source of {name} has no length; allowed: a data set, or anything with len()") from None


def _num_samples(num_samples: int | None, default: int) -> int:
    return default if num_samples is None else whole_number("num_samples", num_samples, 1, LARGEST)


def _flag(name: str, value: bool) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} = {value!r}; allowed: True or False")
    return value


def _column(name: str, values: Any, kinds: str) -> NDArray[Any]:
    """Numbers (N,) or (N, 1), whose kind of dtype is one of ``kinds``, as (N,)."""
    allowed = f"{'numbers' if 'f' in kinds else 'whole numbers'} (N,) or (N, 1)"
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} are rows of different lengths; allowed: {allowed}") from None
    found = f"{name} are {array.dtype} of shape {array.shape}; allowed: {allowed}"
    # Of nothing, such as an empty list, NumPy makes floats.
    if array.dtype.kind not in kinds and array.size:
        raise TypeError(found)
    if array.ndim != 1 and (array.ndim != 2 or array.shape[1] != 1):
        raise ValueError(found)
    return array.ravel()


def _copy(column: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    """Nobody can change what the engine's sampler was made of, which a pickled one is made of again."""
    copy = np.array(column, dtype)
    copy.flags.writeable = False
    return copy


def _checksum(array: NDArray[Any]) -> str:
    return f"(crc32 {zlib.crc32(array.data):08x})"
