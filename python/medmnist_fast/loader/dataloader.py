"""The loader: a data set's samples, in order or shuffled, transformed, in batches, on threads."""

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.util import find_spec
from typing import Any, Literal

from numpy.typing import ArrayLike

from medmnist_fast import _core, devices
from medmnist_fast.checks import whole_number
from medmnist_fast.loader import batching
from medmnist_fast.loader.batching import Indices, InOrder, is_iterable
from medmnist_fast.loader.fetchers import Engine, Fetcher, Items, OnDevice, Options, Samples
from medmnist_fast.loader.passes import Finished, Pass
from medmnist_fast.loader.resume import VERSION, Position, checked
from medmnist_fast.loader.sources import Source, resolve, with_transform
from medmnist_fast.samplers import Sampler, SequentialSampler
from medmnist_fast.transforms.kinds import seed_or_random
from medmnist_fast.transforms.values import dtype_name

LARGEST_EPOCH = 2**32 - 1
LONGEST = 1e9
"""Seconds of a timeout: more than thirty years."""


@dataclass(frozen=True)
class Statistics:
    """What a loader has done since it was made.

    Attributes:
        samples: samples yielded.
        batches: batches yielded.
        seconds: wall-clock time from the first request of each pass to its last batch.
        images_per_second: samples over seconds.
        wait_share: part of that time in which the consumer waited for a batch, 0 to 1. Near 0 the loader keeps up.
        cpu_seconds_per_million: CPU time of making a million samples, all threads together.
        slots_in_use: batches whose memory is in use: in the making, made ahead, or still referred to.
    """

    samples: int
    batches: int
    seconds: float
    images_per_second: float
    wait_share: float
    cpu_seconds_per_million: float
    slots_in_use: int


class DataLoader:
    """Batches of a data set: the place of ``torch.utils.data.DataLoader``, made by threads outside Python's lock.

    Iterating yields ``(images, labels)``: images (N, C, H, W), or (N, C, D, H, W) for volumes, and labels as the data
    set has them, int64 (N, L) for MedMNIST. Images are ``uint8`` as in the file, or ``float32`` after a ``ToTensor``;
    volumes are scaled to ``float32`` unless ``dtype`` is ``uint8``.

    What a sample's bytes are depends on the seed, the epoch and its index in the data set alone: not on the number of
    threads, the batch size, the rank, or where a run was interrupted.

    The memory of a batch is used again once nothing refers to it any more; who keeps batches keeps them unharmed.
    The images of the data set are read in place: do not write into them while you iterate.

    The engine reads the 18 data sets, :class:`~medmnist_fast.ArrayDataset`, and ``Subset`` and ``ConcatDataset`` of
    them. Samples of any other data set, of one with a transform that is neither ours nor can be translated, or for a
    ``collate_fn`` of images that are no tensors, are fetched one by one in Python, in order, by the thread that asks;
    one warning says why. Then Python's, NumPy's and torch's global generators are seeded for each sample.

    Args:
        dataset: what to load. Images and labels are taken as they are now.
        batch_size: samples per batch, at least 1; ``None`` yields samples without an axis of batches.
        shuffle: a new random order each epoch instead of the data set's.
        sampler: of :mod:`medmnist_fast.samplers`, or any iterable of indices, asked anew each epoch.
        batch_sampler: any iterable of lists of indices; instead of ``batch_size``, ``shuffle``, ``sampler`` and
            ``drop_last``.
        num_workers: threads, at most 1,024; 0 makes batches in the thread that asks for them. By default one per
            available CPU. Where batches take less than a millisecond each, the asking thread helps instead of waiting,
            and of the threads at most one fewer than there are CPUs are at work (but one).
        collate_fn: makes a batch of a list of items ``(image, label)``; by default they are stacked.
        pin_memory: batches in page-locked memory, from which a GPU copies at full speed. Without a GPU a warning says
            so. drop_last: leave out a last batch that is smaller than the others. timeout: seconds a batch may take,
            0 for ever; RuntimeError after that. worker_init_fn: accepted, and never called: the threads run no
            Python. multiprocessing_context: accepted for torch's values; there are no processes. generator: a
            ``torch.Generator`` that the seed is drawn from. prefetch_factor: batches that each thread makes ahead, at
            least 1; 2 by default. persistent_workers: accepted: threads always stay until the loader is gone.
            pin_memory_device: accepted; memory is pinned for all devices. in_order: accepted: batches always come in
            order. transform: of :mod:`medmnist_fast.transforms`, or of torchvision, which is translated as by
            :func:`~medmnist_fast.transforms.from_torchvision`; by default the data set's own.
        seed: names the order and the random transforms, below 2⁶⁴. By default one is drawn from ``generator``, else
            from torch's global generator if torch is loaded, else from NumPy's; and it is 0 with several ranks, which
            must agree.
        output: ``"torch"`` or ``"numpy"``; by default torch tensors where torch is installed.
        dtype: of the images, as a name or torch's or NumPy's dtype: ``float32``, ``float16`` or ``bfloat16`` (torch
            only) of float samples, rounded to nearest, ties to even. By default what the transform gives. With
            ``uint8`` and a ``device``, images travel as they are in the file, and the ``ToTensor`` and ``Normalize``
            at the end of the transform are done there, with the same answer.
        channels_last: images (N, H, W, C), or (N, D, H, W, C), instead of the channels first.
        device: batches arrive there, on CUDA one copied ahead from pinned memory while you work on another.
        resident: the whole data set stays on the ``device`` (``None``: the CPU), which gathers batches from it. The
            transform may have ``ToTensor`` and ``Normalize`` only.
        weights: of the samples, drawn with replacement in proportion to them, as many as there are; or ``"balanced"``:
            every class as often as any other.
        rank: which part of each epoch is this process's; with ``world_size``. By default both are those of
            ``torch.distributed`` if it is initialised, else 0 of 1.
        world_size: number of ranks.
        remainder: what becomes of samples that cannot be dealt out evenly, as in ``DistributedSampler``: ``"pad"``
            repeats the first ones, ``"drop"`` leaves them out; with ``"keep"`` some ranks get one more, and no sample
            comes twice.

    Raises:
        TypeError: an argument of another kind.
        ValueError: a number outside its range, arguments that exclude each other, an empty data set, labels that are no
            numbers, or a transform that does not fit the data.
        ImportError: ``output="torch"`` without torch.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Indices] | None = None,
        num_workers: int | None = None,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
        transform: Any = None,
        seed: int | None = None,
        output: Literal["torch", "numpy"] | None = None,
        dtype: Any = None,
        channels_last: bool = False,
        device: Any = None,
        resident: bool = False,
        weights: ArrayLike | Literal["balanced"] | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        remainder: Literal["pad", "drop", "keep"] = "pad",
    ) -> None:
        self._arguments = {name: value for name, value in locals().items() if name != "self"}
        self.dataset = dataset
        self.batch_size = None if batch_size is None else whole_number("batch_size", batch_size, 1)
        self.num_workers = (
            _core.available_parallelism() if num_workers is None else whole_number("num_workers", num_workers, 0, 1024)
        )
        self.prefetch_factor = 2 if prefetch_factor is None else whole_number("prefetch_factor", prefetch_factor, 1)
        self.collate_fn = _callable("collate_fn", collate_fn)
        self.pin_memory = bool(pin_memory)
        self.drop_last = bool(drop_last)
        self.timeout = _seconds(timeout)
        self.worker_init_fn = _callable("worker_init_fn", worker_init_fn)
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.persistent_workers = bool(persistent_workers)
        self.pin_memory_device = pin_memory_device
        self.in_order = bool(in_order)
        self.output = _output(output)
        self.device = device
        if self.output == "numpy" and (pin_memory or resident or device is not None):
            raise ValueError(
                "output 'numpy' with pin_memory, resident or device; allowed: 'torch', whose tensors go there"
            )
        seed = _seed(seed, generator)
        source = "it has no indices" if is_iterable(dataset) else resolve(dataset, transform)
        self._batching = batching.choose(
            dataset,
            None if isinstance(source, str) else source,
            batch_size=batch_size,
            shuffle=shuffle,
            sampler=sampler,
            batch_sampler=batch_sampler,
            drop_last=self.drop_last,
            weights=weights,
            seed=seed,
            rank=rank,
            world_size=world_size,
            remainder=remainder,
        )
        is_batched = self.batch_size is not None or batch_sampler is not None
        self._collate = self.collate_fn if is_batched else partial(_only, self.collate_fn, self.output)
        self.batch_sampler = batch_sampler
        self.sampler = self._batching.sampler if isinstance(self._batching, InOrder) else sampler
        self._seed = 0 if isinstance(self.sampler, Sampler) else seed_or_random(seed)
        is_cuda = device is not None and devices.require(device).type == "cuda"
        self._is_pinned = not resident and (is_cuda or devices.pins(self.pin_memory))
        self._resident = bool(resident)
        self._dtype = None if dtype is None else dtype_name(dtype)
        self._channels_last = bool(channels_last)
        self._fetcher = self._make_fetcher(source)
        if isinstance(self._fetcher, Samples):
            warnings.warn(self._fetcher.warning, stacklevel=2)
        self._epoch = 0
        # Where the next pass begins: an epoch and samples of it, if a state was loaded.
        self._resumed = 0, 0
        self._position: Position | None = None

    def _make_fetcher(self, source: Source | str) -> Fetcher:
        # Remade if torch.distributed is initialised later: then ranks, and with them a seed that was drawn, change.
        self._source, self._made_for = source, self._share()
        options = Options(
            batch_size=self.batch_size or 1,
            drop_last=self.drop_last,
            seed=self.seed,
            threads=self.num_workers,
            prefetch=self.prefetch_factor,
            timeout=self.timeout,
            output=self.output,
            dtype=self._dtype,
            channels_last=self._channels_last,
            pin_memory=self._is_pinned,
            normalize_on_device=self.device is not None and self._dtype == "uint8",
        )
        if is_iterable(self.dataset):
            if self._arguments["transform"] is not None:
                raise TypeError("a transform for a data set that is iterated over; allowed: one of medmnist_fast's")
            return Items(self.dataset, self._collate, options)
        if isinstance(source, Source) and self._resident:
            return OnDevice(source, self.device, options)
        if isinstance(source, Source):
            whole = SequentialSampler(self.dataset, seed=self.seed, rank=0, world_size=1)
            if self._collate is not None and options.normalize_on_device:
                raise ValueError(
                    "dtype 'uint8' on a device with a collate_fn or batch_size None; allowed: whole batches"
                )
            engine = Engine(source, self.sampler if isinstance(self.sampler, Sampler) else whole, options)
            if self._collate is None or engine.plan.dtype != "uint8":
                return engine
            source = "collate_fn gets images that no ToTensor makes tensors of"
        if self._resident:
            raise ValueError(
                f"resident = True, but samples must be fetched one by one: {source}; allowed: arrays of images with "
                "transforms of medmnist_fast or torchvision"
            )
        if self._dtype is not None or self._channels_last:
            raise ValueError(
                f"dtype or channels_last, but samples must be fetched one by one: {source}; allowed: arrays of images "
                "with transforms of medmnist_fast or torchvision"
            )
        transform = self._arguments["transform"]
        dataset = self.dataset if transform is None else with_transform(self.dataset, transform)
        return Samples(dataset, self._collate, options, source)

    def _share(self) -> tuple[int, int, int]:
        """What a fetcher is made for: rank, number of ranks, seed."""
        sampler = self.sampler
        return (sampler.rank, sampler.world_size, sampler.seed) if isinstance(sampler, Sampler) else (0, 1, self.seed)

    @property
    def seed(self) -> int:
        """What names the order and the random transforms."""
        return self.sampler.seed if isinstance(self.sampler, Sampler) else self._seed

    @property
    def _target_transform(self) -> Callable[[Any], Any] | None:
        """What is left to do with labels: nothing, where the data set makes its items itself."""
        return None if self._fetcher.source is None else self._fetcher.source.target_transform

    @property
    def plan(self) -> _core.Plan | None:
        """What the transform was compiled to, readable with ``print``; None where samples are fetched in Python."""
        return self._fetcher.plan

    def __len__(self) -> int:
        """Batches per epoch, of this rank.

        Raises:
            TypeError: the sampler or data set has no length.
        """
        return len(self._batching)

    def __iter__(self) -> Iterator[Any]:
        """A pass over the data. It begins with its first batch, and several may be under way.

        It is the epoch after the one that began before it, or what was set or loaded.
        """
        return Pass(self._begin)

    def _begin(self) -> tuple[Iterator[Any], Position]:
        epoch = whole_number("epoch", self._next_epoch, 0, LARGEST_EPOCH)
        if self._share() != self._made_for:
            self._fetcher = self._make_fetcher(self._source)
        start = self._resumed[1] if self._resumed[0] == epoch else 0
        position = Position(epoch, start, sizes=self._batching.sizes(start))
        batches = self._batches(position)
        self._position, self._next_epoch, self._resumed = position, epoch + 1, (0, 0)
        return batches, position

    def _batches(self, position: Position) -> Iterator[Any]:
        epoch, start, fetcher = position.epoch, position.start, self._fetcher
        is_finished_here = (self._collate, self._target_transform) != (None, None) and fetcher.source is not None
        if isinstance(fetcher, Engine) and isinstance(self._batching, InOrder) and not is_finished_here:
            batches = fetcher.start_in_order(epoch, start)
        else:
            named: deque[Indices] = deque()

            def told(indices: Indices) -> None:
                position.sizes.add(len(indices))
                if is_finished_here:
                    named.append(indices)

            batches = fetcher.start(epoch, self._batching.batches(epoch, start), told)
            if is_finished_here:
                batches = Finished(
                    batches,
                    named,
                    target_transform=self._target_transform,
                    collate_fn=self._collate,
                    names=(self.seed, epoch),
                    output=self.output,
                )
        if self.device is None:
            return map(devices.pinned, batches) if self._is_pinned else batches
        return devices.to_device(batches, self.device, pinned=self._is_pinned, normalization=fetcher.normalization)

    def set_epoch(self, epoch: int) -> None:
        """Name the next epoch, from 0; without it each pass is the epoch after the one before.

        A sampler with a ``set_epoch`` of its own is told. A position that was loaded is kept if it is of this epoch.
        """
        self._next_epoch = whole_number("epoch", epoch, 0, LARGEST_EPOCH)
        self._batching.set_epoch(self._next_epoch)
        self._position = None

    @property
    def _next_epoch(self) -> int:
        """Kept by a sampler of ours, whose ``set_epoch`` frameworks call."""
        return self.sampler.epoch if isinstance(self.sampler, Sampler) else self._epoch

    @_next_epoch.setter
    def _next_epoch(self, epoch: int) -> None:
        if isinstance(self.sampler, Sampler):
            self.sampler.epoch = epoch
        else:
            self._epoch = epoch

    def state_dict(self) -> dict[str, Any]:
        """Where the latest pass stands, as a dictionary that JSON can hold.

        It counts the samples that all ranks together have got, if each has got as many batches as this one. So it
        may be loaded with other numbers of threads and ranks and another batch size: the rest of the epoch is dealt out
        anew. After the last batch of a pass nothing is left of it; once its end is noticed, the state is the beginning
        of the next epoch.
        """
        if self._position is None:
            epoch, (resumed, start) = self._next_epoch, self._resumed
            samples = start if resumed == epoch else 0
        else:
            epoch, samples = self._position.state()
        return {"epoch": epoch, "samples": samples, **self._identity()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next pass go on where a state was taken.

        Raises:
            TypeError: no state.
            ValueError: one of another data set, seed or order.
        """
        epoch, samples = checked(state, self._identity())
        self.set_epoch(epoch)
        self._resumed = epoch, samples

    def _identity(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "seed": self.seed,
            "order": self._batching.describe(),
            "dataset": self._fingerprint,
        }

    @cached_property
    def _fingerprint(self) -> Mapping[str, Any]:
        return self._fetcher.fingerprint()

    def stats(self) -> Statistics:
        """What the loader has done since it was made, over all passes."""
        samples, batches, seconds, waited, cpu, slots = self._fetcher.statistics()
        return Statistics(
            samples=samples,
            batches=batches,
            seconds=seconds,
            images_per_second=samples / seconds if seconds else 0.0,
            wait_share=waited / seconds if seconds else 0.0,
            cpu_seconds_per_million=cpu / samples * 1e6 if samples else 0.0,
            slots_in_use=slots,
        )

    def __getstate__(self) -> dict[str, Any]:
        """The arguments and the position: threads, memory and passes stay behind."""
        arguments = self._arguments | {"generator": None}
        if not isinstance(arguments["sampler"], Sampler):
            # What was drawn; a sampler of ours brings its own.
            arguments["seed"] = self.seed
        return {"arguments": arguments, "epoch": self._next_epoch, "resumed": self._resumed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        DataLoader.__init__(self, **state["arguments"])
        self._next_epoch, self._resumed = state["epoch"], state["resumed"]


def _seed(seed: int | None, generator: Any) -> int | None:
    """The seed that was asked for: itself, or drawn from a ``torch.Generator`` as torch's loader draws its own."""
    if generator is None:
        return None if seed is None else whole_number("seed", seed, 0, 2**64 - 1)
    if seed is not None:
        raise ValueError(f"seed = {seed} and a generator; allowed: one of them")
    import torch

    if not isinstance(generator, torch.Generator):
        raise TypeError(f"a generator of {type(generator).__qualname__}; allowed: torch.Generator")
    return int(torch.empty((), dtype=torch.int64).random_(generator=generator).item())


def _output(output: str | None) -> str:
    if output not in {None, "torch", "numpy"}:
        raise ValueError(f"output {output!r}; allowed: 'torch' or 'numpy'")
    has_torch = find_spec("torch") is not None
    if output == "torch" and not has_torch:
        raise ImportError("output='torch' needs torch, which is not installed: pip install 'medmnist_fast[torch]'")
    return output or ("torch" if has_torch else "numpy")


def _callable(name: str, function: Any) -> Any:
    if function is not None and not callable(function):
        raise TypeError(f"{name} of {type(function).__qualname__}; allowed: a function")
    return function


def _seconds(timeout: float) -> float:
    if not isinstance(timeout, (int, float)) or isinstance(timeout, bool):
        raise TypeError(f"timeout = {timeout!r}; allowed: seconds, 0 for none")
    if not 0 <= timeout < LONGEST:
        raise ValueError(f"timeout = {timeout!r}; allowed: seconds of at least 0, 0 for none")
    return float(timeout)


def _only(collate_fn: Callable[[Any], Any] | None, output: str, items: list[Any]) -> Any:
    """What ``batch_size=None`` yields of the only item: what ``collate_fn`` makes of it, or itself as tensors."""
    (item,) = items
    if collate_fn is not None:
        return collate_fn(item)
    if output == "numpy":
        return item
    import torch.utils.data

    return torch.utils.data.default_convert(item)
