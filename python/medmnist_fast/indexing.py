"""Slices, lists and masks of a data set: a batch."""

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray


def chosen(index: Any, length: int) -> NDArray[np.intp] | None:
    """The samples that an index of several stands for, each of 0 to ``length - 1``; None for an index of one.

    Args:
        index: a slice, a range, a list, or an array or tensor of one dimension: whole numbers, negative ones counted
            from the end, or a mask of ``length`` bools.
        length: samples there are.

    Raises:
        TypeError: a tuple, or a list of something else.
        IndexError: an index that is out of range, or a mask of another length.
    """
    if isinstance(index, slice):
        return np.arange(length)[index]
    if isinstance(index, tuple):
        raise TypeError(f"index {index!r}; allowed: a whole number, a slice, a list or an array of indices")
    if hasattr(index, "detach"):
        index = index.detach().cpu().numpy()
    if not isinstance(index, (list, range)) and getattr(index, "ndim", 0) == 0:
        return None
    indices = np.asarray(index)
    if indices.ndim != 1 or (indices.dtype.kind not in "biu" and indices.size):
        raise TypeError(
            f"indices of {indices.dtype} and shape {indices.shape}; allowed: whole numbers or bools in one dimension"
        )
    if indices.dtype == np.bool_:
        if len(indices) != length:
            raise IndexError(f"a mask of {len(indices)} for {length} samples; allowed: as many")
        return np.flatnonzero(indices)
    wrong = indices[(indices < -length) | (indices >= length)]
    if len(wrong):
        raise IndexError(f"index {wrong[0]} of {length} samples; allowed: {-length} to {length - 1}")
    indices = indices.astype(np.intp)
    return np.where(indices < 0, indices + length, indices)


def batch(dataset: Any, indices: NDArray[np.intp]) -> tuple[Any, Any]:
    """``(images, labels)`` of these samples, as :class:`medmnist_fast.DataLoader` gives them.

    Where a loader would ask for one sample after the other, they are, and stacked.

    Raises:
        TypeError: the transform makes nothing that can be stacked.
        ValueError: no samples of a data set without any, or samples of different shapes.
    """
    # Here, since a loader loads data sets.
    from medmnist_fast.loader import DataLoader
    from medmnist_fast.loader.collation import collate
    from medmnist_fast.loader.sources import resolve

    if not len(dataset):
        raise ValueError("no samples; allowed: indices of a data set that has some")
    # What an empty batch looks like, one of a single sample says.
    named = indices if len(indices) else np.zeros(1, np.intp)
    if isinstance(resolve(dataset), str):
        output = "numpy" if find_spec("torch") is None else "torch"
        images, labels = collate([dataset[int(index)] for index in named], output)
    else:
        images, labels = next(iter(DataLoader(dataset, batch_sampler=[named.tolist()], num_workers=0)))
    return (images, labels) if len(indices) else (images[:0], labels[:0])
