"""What the engine can read of a data set: its arrays, and which of their samples it consists of."""

import sys
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast.arrays import ArrayDataset
from medmnist_fast.dataset import MedMNIST, MedMNIST2D, MedMNIST3D
from medmnist_fast.items import translated
from medmnist_fast.transforms.base import Transform

OWN = ("__getitem__", "__getitems__", "__len__", "_image", "_target")
"""Methods that say what an item is: a subclass with one of its own is asked item by item."""


@dataclass(frozen=True)
class Part:
    """Samples of one array.

    Attributes:
        images: ``uint8``, C-contiguous samples along the first axis.
        transform: ours, or translated.
        spatial_dims: 2 or 3.
        as_rgb: whether the channel of grey images is repeated three times.
    """

    images: NDArray[np.uint8]
    transform: Transform | None
    spatial_dims: int
    as_rgb: bool


@dataclass(frozen=True)
class Source:
    """A data set as arrays.

    Attributes:
        parts: the samples, one part after the other.
        labels: theirs: int64, float32 or float64, (N,) or (N, L), C-contiguous.
        selection: sample ``i`` of the data set is sample ``selection[i]`` of the parts; None where they are the same.
        target_transform: called with the label of each sample.
    """

    parts: list[Part]
    labels: NDArray[Any]
    selection: NDArray[np.uint32] | None
    target_transform: Callable[[Any], Any] | None


def resolve(dataset: Any, transform: Any = None) -> Source | str:
    """What the engine reads of a data set, or in words why it cannot.

    Args:
        dataset: any; read are :class:`MedMNIST` and :class:`ArrayDataset`, and torch's ``Subset`` and ``ConcatDataset``
            of them, nested in any way.
        transform: instead of the data sets' own.

    Raises:
        TypeError: images that are not ``uint8``, a transform that cannot be called, or indices of a subset that are no
            whole numbers.
        ValueError: labels that are no numbers, not as many as images, or indices of a subset in more than one
            dimension.
        IndexError: a subset has an index outside its data set.
    """
    if transform is not None and not callable(transform):
        raise TypeError(f"transform = {transform!r}; allowed: a transform of medmnist_fast or torchvision, a function")
    leaves: dict[int, Any] = {}
    try:
        _collect(dataset, leaves)
        sets = list(leaves.values())
        images = _contiguous([one.imgs for one in sets])
        parts = [
            _part(one, pixels, one.transform if transform is None else transform)
            for one, pixels in zip(sets, images, strict=True)
        ]
    except _PerSampleError as error:
        return str(error)
    labels = [_labels(one) for one in sets]
    if len({(rows.dtype, rows.shape[1:]) for rows in labels}) > 1:
        return "its parts have labels of different types or shapes"
    # Equal and not identical: each look at a method makes another object of it.
    if any(one.target_transform != sets[0].target_transform for one in sets):
        return "its parts have different target_transforms"
    starts = np.cumsum([0, *(len(part.images) for part in parts)])
    rows = _rows(dataset, dict(zip(leaves, starts, strict=False)))
    is_whole = len(rows) == starts[-1] and np.array_equal(rows, np.arange(len(rows)))
    return Source(
        parts,
        labels[0] if len(labels) == 1 else np.concatenate(labels),
        None if is_whole else rows.astype(np.uint32),
        sets[0].target_transform,
    )


def with_transform(dataset: Any, transform: Any) -> Any:
    """The same data set with another transform, for what is fetched item by item.

    Raises:
        TypeError: a data set of another kind, of which nobody knows how it transforms.
    """
    kind = type(dataset)
    if kind is _torchs("Subset"):
        return kind(with_transform(dataset.dataset, transform), dataset.indices)
    if kind is _torchs("ConcatDataset"):
        return kind([with_transform(one, transform) for one in dataset.datasets])
    if not isinstance(dataset, (MedMNIST, ArrayDataset)):
        raise TypeError(
            f"a transform for a data set of {kind.__module__}.{kind.__qualname__}; allowed: for those of "
            "medmnist_fast, ArrayDataset, and Subset and ConcatDataset of them"
        )
    changed = copy(dataset)
    changed.transform = transform
    return changed


class _PerSampleError(Exception):
    """Why samples must be fetched one by one."""


def _torchs(name: str) -> Any:
    """A class of ``torch.utils.data``, if the user has loaded it."""
    module = sys.modules.get("torch.utils.data")
    return None if module is None else getattr(module, name)


def _collect(dataset: Any, leaves: dict[int, Any]) -> None:
    """Find the data sets of arrays, each once, by identity."""
    kind = type(dataset)
    if kind is _torchs("Subset"):
        _collect(dataset.dataset, leaves)
    elif kind is _torchs("ConcatDataset"):
        for one in dataset.datasets:
            _collect(one, leaves)
    elif isinstance(dataset, (MedMNIST, ArrayDataset)):
        bases = (MedMNIST2D, MedMNIST3D, MedMNIST, ArrayDataset)
        allowed = [vars(base)[name] for base in bases for name in OWN if name in vars(base)]
        for name in OWN:
            method = getattr(kind, name, None)
            if method is not None and method not in allowed:
                raise _PerSampleError(f"{kind.__qualname__} has a {name} of its own")
        leaves[id(dataset)] = dataset
    else:
        raise _PerSampleError(f"it is a {kind.__module__}.{kind.__qualname__}")


def _rows(dataset: Any, starts: dict[int, int]) -> NDArray[np.int64]:
    """Of each sample, its place among those of all data sets of arrays, which begin at ``starts``."""
    if id(dataset) in starts:
        return starts[id(dataset)] + np.arange(len(dataset), dtype=np.int64)
    if type(dataset) is _torchs("ConcatDataset"):
        return np.concatenate([_rows(one, starts) for one in dataset.datasets])
    within = _rows(dataset.dataset, starts)
    chosen = _indices(dataset.indices)
    wrong = np.flatnonzero((chosen < -len(within)) | (chosen >= len(within)))
    if len(wrong):
        found = f"index {chosen[wrong[0]]} of a Subset of {len(within)} samples"
        raise IndexError(f"{found}; allowed: {-len(within)} to {len(within) - 1}")
    return within[chosen.astype(np.int64)]


def _indices(indices: Any) -> NDArray[Any]:
    """A subset's indices; a mask or fractions are refused, of which NumPy would make whole numbers."""
    found: NDArray[Any] = indices.cpu().numpy() if hasattr(indices, "cpu") else np.asarray(indices)
    if found.ndim != 1:
        raise ValueError(f"indices of shape {found.shape} of a Subset; allowed: one dimension")
    # An empty list is of floats to NumPy.
    if len(found) and found.dtype.kind not in "iu":
        raise TypeError(f"indices of {found.dtype} of a Subset; allowed: whole numbers")
    return found


def _contiguous(arrays: list[Any]) -> list[NDArray[Any]]:
    """The arrays, C-contiguous; one that comes several times is copied at most once."""
    copies = {id(array): np.ascontiguousarray(array) for array in {id(array): array for array in arrays}.values()}
    return [copies[id(array)] for array in arrays]


def _part(dataset: Any, images: NDArray[Any], transform: Any) -> Part:
    if images.dtype != np.uint8:
        raise TypeError(f"the data set's imgs are {images.dtype}; allowed: uint8")
    try:
        ours = translated(transform)
    except ValueError as error:
        raise _PerSampleError(str(error)) from error
    return Part(images, ours, dataset.spatial_dims, dataset.as_rgb)


def _labels(dataset: Any) -> NDArray[Any]:
    labels = np.asarray(dataset.labels)
    found = f"the data set's labels are {labels.dtype} of shape {labels.shape}; allowed:"
    if isinstance(dataset, MedMNIST):
        if labels.dtype.kind not in "biu" or labels.ndim != 2 or not labels.shape[1]:
            raise ValueError(f"{found} whole numbers of shape (N, L), L at least 1")
    elif labels.dtype.kind not in "biu" and labels.dtype not in (np.float32, np.float64):
        raise ValueError(f"{found} whole numbers, bools, float32 or float64")
    elif labels.ndim not in (1, 2) or 0 in labels.shape[1:]:
        raise ValueError(f"{found} shape (N,) or (N, L), L at least 1")
    if len(labels) != len(dataset.imgs):
        raise ValueError(f"{len(dataset.imgs)} images but {len(labels)} rows of labels; allowed: as many of each")
    return np.require(labels, np.int64 if labels.dtype.kind in "biu" else labels.dtype, ["C", "A"])
