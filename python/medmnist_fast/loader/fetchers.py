"""Where a loader's batches come from: the engine, Python's calls of one sample after the other, or a device."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.devices import Normalization, Resident, compile_for_device, pinned_like, split
from medmnist_fast.loader.batching import Indices
from medmnist_fast.loader.collation import collate
from medmnist_fast.loader.passes import Fetched, Given, Lending, Meter
from medmnist_fast.loader.per_sample import PerSample
from medmnist_fast.loader.resume import fingerprint
from medmnist_fast.loader.sources import Source
from medmnist_fast.samplers import Sampler
from medmnist_fast.transforms.base import compile_plan
from medmnist_fast.transforms.kinds import as_output


@dataclass(frozen=True)
class Options:
    """What all fetchers are told: the loader's arguments, checked."""

    batch_size: int
    drop_last: bool
    seed: int
    threads: int
    prefetch: int
    timeout: float
    output: str
    dtype: str | None
    channels_last: bool
    pin_memory: bool
    normalize_on_device: bool


class Fetcher(ABC):
    """Makes batches of samples that a sampler names.

    Attributes:
        plan: what images are made with; None where each sample is a call of Python.
        normalization: what is left to do with images on a device.
        source: the arrays that are read; None where the data set makes its items itself.
    """

    plan: _core.Plan | None = None
    normalization: Normalization | None = None
    source: Source | None = None

    @abstractmethod
    def start(self, epoch: int, batches: Iterator[Indices], told: Callable[[Indices], None]) -> Iterator[Any]:
        """The batches of a pass, whose samples are named as it goes; ``told`` hears them."""

    @abstractmethod
    def statistics(self) -> tuple[int, int, float, float, float, int]:
        """Samples, batches, seconds, seconds waited, seconds of CPU, slots in use: sums so far."""

    @abstractmethod
    def fingerprint(self) -> Mapping[str, Any]:
        """What the data set is recognised by."""


class Engine(Fetcher):
    """Batches by the threads of the engine, in its own memory or in pinned memory of torch."""

    plan: _core.Plan
    source: Source

    def __init__(self, source: Source, sampler: Sampler, options: Options) -> None:
        self.source, self._options = source, options
        plans: list[_core.Plan] = []
        for part in source.parts:
            layout: Any = {"to_rgb": part.as_rgb, "channels_last": options.channels_last}
            axes = part.images.shape[1:]
            if options.normalize_on_device:
                plan, normalization = compile_for_device(part.transform, part.spatial_dims, axes, **layout)
                if plans and normalization != self.normalization:
                    raise ValueError(
                        f"parts of the data set are normalised as {self.normalization} and as {normalization}; allowed "
                        "with dtype 'uint8' on a device: one and the same"
                    )
                self.normalization = normalization
            else:
                plan = compile_plan(part.transform, part.spatial_dims, axes, dtype=options.dtype, **layout)
            plans.append(plan)
        self.plan = plans[0]
        if options.output == "numpy" and self.plan.dtype == "bfloat16":
            raise ValueError("dtype bfloat16 with output 'numpy', which has none; allowed: float32, float16")
        self._loader = _core.Loader(
            [(plan, part.images) for plan, part in zip(plans, source.parts, strict=True)],
            source.labels,
            source.selection,
            sampler.core,
            rank=sampler.rank,
            world_size=sampler.world_size,
            remainder=sampler.remainder,
            batch_size=options.batch_size,
            drop_last=options.drop_last,
            seed=options.seed,
            threads=options.threads,
            prefetch=options.prefetch,
            lent_memory=options.pin_memory,
            wrap=_wrappers(options.output, self.plan.dtype),
        )

    def start_in_order(self, epoch: int, start: int) -> Iterator[Any]:
        """The batches of an epoch in the sampler's own order, from position ``start`` of it on."""
        batches = self._loader.epoch(epoch, start, self._options.timeout)
        if not self._options.pin_memory:
            return batches
        memory = partial(self._pinned, self._options.batch_size)
        return Lending(batches, self._loader.ahead, memory)

    def start(self, epoch: int, batches: Iterator[Indices], told: Callable[[Indices], None]) -> Iterator[Any]:
        """See :class:`Fetcher`; the engine works ahead."""
        return Given(
            self._loader.pass_over(epoch, self._options.timeout),
            batches,
            self._loader.ahead,
            self._pinned if self._options.pin_memory else None,
            told,
        )

    def statistics(self) -> tuple[int, int, float, float, float, int]:
        """See :class:`Fetcher`."""
        return self._loader.statistics()

    def fingerprint(self) -> Mapping[str, Any]:
        """See :class:`Fetcher`."""
        return fingerprint(self.source)

    def _pinned(self, samples: int) -> tuple[Any, NDArray[np.uint8]]:
        """A pinned tensor for a batch, and its bytes."""
        import torch

        tensor = pinned_like((samples, *self.plan.shape), getattr(torch, self.plan.dtype))
        return tensor, tensor.view(torch.uint8).numpy()


class Samples(Fetcher):
    """Batches of items that the data set gives one by one, in this thread and in order.

    Attributes:
        warning: why, in words for the user.
    """

    def __init__(
        self, dataset: Any, collate_fn: Callable[[list[Any]], Any] | None, options: Options, reason: str
    ) -> None:
        self.warning = (
            f"samples are fetched one by one in Python, many times slower than by the engine: {reason}; the engine "
            "takes the data sets of medmnist_fast, ArrayDataset, and Subset and ConcatDataset of them, with transforms "
            "of medmnist_fast, or those of torchvision that it knows"
        )
        self._samples = PerSample(dataset, collate_fn, options.seed, options.output)
        self._dataset, self._meter = dataset, Meter()

    def start(self, epoch: int, batches: Iterator[Indices], told: Callable[[Indices], None]) -> Iterator[Any]:
        """See :class:`Fetcher`."""
        return Fetched(batches, partial(self._samples.batch, epoch=epoch), self._meter, told)

    def statistics(self) -> tuple[int, int, float, float, float, int]:
        """See :class:`Fetcher`."""
        return self._meter.sums()

    def fingerprint(self) -> Mapping[str, Any]:
        """By its length and class: its items may be expensive."""
        return {"samples": len(self._dataset), "class": type(self._dataset).__qualname__}


class Items(Fetcher):
    """Batches of items that a data set without indices has yielded."""

    def __init__(self, dataset: Any, collate_fn: Callable[[list[Any]], Any] | None, options: Options) -> None:
        self._dataset, self._meter = dataset, Meter()
        self._collate = collate_fn or partial(collate, output=options.output)

    def start(self, epoch: int, batches: Iterator[Any], told: Callable[[Indices], None]) -> Iterator[Any]:  # noqa: ARG002
        """See :class:`Fetcher`; ``batches`` are the items themselves."""
        return Fetched(batches, self._collate, self._meter, told)

    def statistics(self) -> tuple[int, int, float, float, float, int]:
        """See :class:`Fetcher`."""
        return self._meter.sums()

    def fingerprint(self) -> Mapping[str, Any]:
        """By its class."""
        return {"class": type(self._dataset).__qualname__}


class OnDevice(Fetcher):
    """Batches that a device gathers from the whole data set in its memory."""

    source: Source

    def __init__(self, source: Source, device: Any, options: Options) -> None:
        if len(source.parts) != 1:
            raise ValueError(f"resident = True for {len(source.parts)} arrays of images; allowed: one")
        (part,) = source.parts
        host, normalization = split(part.transform, part.spatial_dims)
        if host is not None:
            steps = ", ".join(map(repr, host.parts()))
            raise ValueError(f"resident = True with {steps}; allowed: ToTensor and Normalize, which the device does")
        if normalization is not None and options.dtype is not None:
            normalization = replace(normalization, dtype=options.dtype)
        self._resident = Resident(
            part.images,
            source.labels,
            "cpu" if device is None else device,
            normalization,
            options.channels_last,
            spatial_dims=part.spatial_dims,
            as_rgb=part.as_rgb,
        )
        self.source, self._meter = source, Meter()

    def start(self, epoch: int, batches: Iterator[Indices], told: Callable[[Indices], None]) -> Iterator[Any]:  # noqa: ARG002
        """See :class:`Fetcher`; nothing is random, so the epoch does not matter."""
        return Fetched(batches, self._gather, self._meter, told)

    def _gather(self, indices: Indices) -> Any:
        rows = np.asarray(indices, np.int64)
        selection = self.source.selection
        return self._resident.batch(rows if selection is None else selection[rows].astype(np.int64))

    def statistics(self) -> tuple[int, int, float, float, float, int]:
        """See :class:`Fetcher`."""
        return self._meter.sums()

    def fingerprint(self) -> Mapping[str, Any]:
        """See :class:`Fetcher`."""
        return fingerprint(self.source)


def _wrappers(output: str, dtype: str) -> tuple[Callable[[Any], Any], Callable[[Any], Any]] | None:
    """What makes tensors of the engine's arrays of images and of labels."""
    if output == "numpy":
        return None
    import torch

    images = torch.from_numpy if dtype != "bfloat16" else partial(as_output, dtype=dtype)
    return images, torch.from_numpy
