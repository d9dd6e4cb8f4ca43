"""Whether our loader gives what torch's would give.

What is accelerated, and what is not:

- A data set that the engine reads, with transforms that can be translated: see :mod:`medmnist_fast.loader.sources`.
  Before the first batch one sample is made both ways. It has to have the same structure, types, dtypes, shapes and
  target, and if nothing in the transform is random, the same pixels to the last bit of ``float32``. So what torch
  cannot stack (PIL images) is left to fail there, and so is what torch makes in another dtype (after
  ``torch.set_default_dtype``). Volumes without a transform are ``float64`` there; ours are widened to exactly that.
- Random transforms draw other numbers, named by the seed that torch draws for its workers. Where a pipeline of
  torchvision's v2 makes tensors first, colours and resampling round as Pillow does and not as torch: within 1 of 255
  but for hues and for turns with bilinear interpolation.
- ``sampler``, ``batch_sampler``, ``shuffle``, ``drop_last``, ``generator``: torch's own objects are asked.
- ``collate_fn``: called with the same list of items, in this process.
- ``num_workers``, ``prefetch_factor``: threads, at most one per CPU; with 0, one per CPU. A sampler of the script's own
  is asked ahead only if there would be workers, as by torch.
- ``pin_memory``, ``timeout``: the same. ``multiprocessing_context``, ``persistent_workers``, ``pin_memory_device``,
  ``in_order``: nothing to do; batches are in order.
- ``worker_init_fn`` with workers: left to torch. It may do anything there.
- ``batch_size=None``, and subclasses of ``DataLoader``: left to torch.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast._core import available_parallelism
from medmnist_fast.arrays import ArrayDataset
from medmnist_fast.dataset import MedMNIST
from medmnist_fast.devices.memory import can_pin
from medmnist_fast.loader import DataLoader
from medmnist_fast.loader.per_sample import PerSample
from medmnist_fast.loader.sources import Source, resolve

FIXED = (T.ToTensor, T.Normalize, T.ConvertImageDtype, T.Grayscale, T.ToRGB, T.Resize, T.CenterCrop, T.Pad)
"""Transforms without draws."""
LAST_BIT = 1e-6
"""By which ``ToDtype(scale=True)`` of torchvision's v2, which multiplies with 1/255, differs from a division."""


@dataclass(frozen=True)
class Fast:
    """Our loader, and what makes torch's batches of its batches."""

    loader: DataLoader
    finish: Callable[[Any], Any]


class _Order:
    """A batch sampler of which ours sees the batches only: its ``set_epoch`` is the script's to call."""

    def __init__(self, batch_sampler: Iterable[list[int]]) -> None:
        self._batch_sampler = batch_sampler

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self._batch_sampler)

    def __len__(self) -> int:
        return len(self._batch_sampler)  # type: ignore[arg-type]


def fast_loader(loader: Any) -> Fast | str:
    """Ours for one of torch's loaders, or in words why it is left as it is."""
    import torch.utils.data

    if type(loader) is not torch.utils.data.DataLoader:
        return f"it is a {type(loader).__qualname__}, a class of the script's own"
    if loader.batch_sampler is None:
        return "batch_size is None"
    if loader.worker_init_fn is not None and loader.num_workers:
        return "worker_init_fn would not be called, for there are no worker processes"
    try:
        source = resolve(loader.dataset)
        return source if isinstance(source, str) else _fast(loader, source)
    except (TypeError, ValueError, IndexError) as error:
        return str(error)


def facts(loader: Any) -> Any:
    """What our loader is made of, to be compared: what scripts assign to, and the values of labels."""
    return loader.collate_fn, loader.pin_memory, loader.timeout, list(_facts(loader.dataset))


def _facts(dataset: Any) -> Iterator[Any]:
    from torch.utils.data import ConcatDataset, Subset

    if isinstance(dataset, (MedMNIST, ArrayDataset)):
        labels = np.asarray(dataset.labels)
        checksum = zlib.crc32(np.ascontiguousarray(labels).view(np.uint8).data) if labels.dtype.kind in "biuf" else 0
        yield _Same(dataset.imgs)
        yield labels.shape, labels.dtype, checksum
        # torchvision's transforms print their parameters, which scripts may assign to.
        yield _Same(dataset.transform), repr(dataset.transform), _Same(dataset.target_transform), dataset.as_rgb
    elif type(dataset) is Subset:
        yield _Same(dataset.indices), len(dataset.indices)
        yield from _facts(dataset.dataset)
    elif type(dataset) is ConcatDataset:
        for one in dataset.datasets:
            yield from _facts(one)


@dataclass(frozen=True, eq=False)
class _Same:
    """Equal to another if it holds the same object."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def _fast(loader: Any, source: Source) -> Fast | str:
    import torch.utils.data

    is_stacked = loader.collate_fn is torch.utils.data.default_collate
    probe = DataLoader(loader.dataset, batch_sampler=[[0]], num_workers=0, seed=0)
    if not is_stacked:
        if probe.plan is None or probe.plan.dtype == "uint8":
            return "its collate_fn gets images that no ToTensor makes tensors of"
        probe = DataLoader(loader.dataset, batch_sampler=[[0]], num_workers=0, seed=0, collate_fn=_as_it_is)
    theirs = PerSample(loader.dataset, None if is_stacked else _as_it_is, 0, "torch").batch([0], 0)
    (ours,) = probe
    finish = list if is_stacked else _as_it_is
    if is_stacked and _are_plain_volumes(source):
        finish = _widened
    difference = _difference(theirs, finish(ours), compare_pixels=_is_fixed(source))
    if difference is not None:
        return difference
    return Fast(
        DataLoader(
            loader.dataset,
            batch_sampler=_Order(loader.batch_sampler),
            num_workers=_threads(loader),
            collate_fn=None if is_stacked else loader.collate_fn,
            pin_memory=loader.pin_memory and can_pin(),
            timeout=loader.timeout,
            prefetch_factor=loader.prefetch_factor,
            seed=0,
        ),
        finish,
    )


def _as_it_is(batch: Any) -> Any:
    return batch


def _are_plain_volumes(source: Source) -> bool:
    return all(part.spatial_dims == 3 and part.transform is None for part in source.parts)


def _widened(batch: Any) -> list[Any]:
    """Volumes in float64, as ``pixels / 255.0`` has them."""
    import torch

    images, labels = batch
    return [(images * 255).round_().to(torch.float64).div_(255), labels]


def _is_fixed(source: Source) -> bool:
    return all(
        isinstance(step, FIXED)
        for part in source.parts
        for step in (() if part.transform is None else part.transform.parts())
    )


def _difference(theirs: Any, ours: Any, *, compare_pixels: bool) -> str | None:
    """How two samples differ, None if they do not."""
    found, expected = _shapes(ours), _shapes(theirs)
    if found != expected:
        return f"a sample would be {found}, and is {expected} with torch"
    # Items that are not stacked are in a list.
    (image, target), (own_image, own_target) = (sample if len(sample) == 2 else sample[0] for sample in (theirs, ours))
    if compare_pixels and not np.allclose(image, own_image, rtol=LAST_BIT, atol=LAST_BIT):
        return "a sample would have other pixels than with torch"
    return None if _are_equal(target, own_target) else "a sample would have another target than with torch"


def _shapes(value: Any) -> str:
    """Structure, types, dtypes and shapes."""
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_shapes, value))})"
    shape = f" of shape {tuple(value.shape)}, {value.dtype}" if hasattr(value, "shape") else ""
    return f"{type(value).__module__}.{type(value).__qualname__}{shape}"


def _are_equal(one: Any, other: Any) -> bool:
    if isinstance(one, (list, tuple)):
        return all(map(_are_equal, one, other))
    return bool(np.array_equal(one, other))


def _threads(loader: Any) -> int:
    """As many as there would be workers, or one per CPU; none if a sampler must not be asked ahead."""
    samplers = (loader.batch_sampler, getattr(loader.batch_sampler, "sampler", None))
    is_torchs = all(type(one).__module__.startswith("torch.") for one in samplers)
    cpus = available_parallelism()
    return min(loader.num_workers or (cpus if is_torchs else 0), cpus)
