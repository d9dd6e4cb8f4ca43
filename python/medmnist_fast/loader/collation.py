"""From a list of items to a batch: torch's rules, for tensors by torch itself and for NumPy's arrays here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def collate(samples: Sequence[Any], output: str) -> Any:
    """Stack items into a batch.

    Args:
        samples: items of one structure, at least one.
        output: ``"torch"`` for what ``torch.utils.data.default_collate`` makes; ``"numpy"`` for the same with arrays:
            arrays and tensors are stacked, whole numbers and bools become int64 and bool arrays, other numbers
            float64, and strings stay a list; tuples, lists and mappings are gone through.

    Raises:
        TypeError: an item of no such kind.
        ValueError: items of different shapes, lengths or keys.
    """
    if output == "torch":
        from torch.utils.data import default_collate

        return default_collate(list(samples))
    return _stacked(samples, "the items")


def _stacked(samples: Sequence[Any], place: str) -> Any:
    first = samples[0]
    _require_same(samples, _kind, "kinds", place)
    if isinstance(first, (str, bytes)):
        return list(samples)
    if isinstance(first, Mapping):
        _require_same(samples, lambda item: sorted(map(str, item)), "keys", place)
        return {key: _stacked([item[key] for item in samples], f"{place}[{key!r}]") for key in first}
    if isinstance(first, (tuple, list)):
        _require_same(samples, len, "lengths", place)
        columns = [_stacked(column, f"{place}[{at}]") for at, column in enumerate(zip(*samples, strict=True))]
        if hasattr(first, "_fields"):
            return type(first)(*columns)
        return columns if isinstance(first, list) else tuple(columns)
    arrays = [_array(item, place) for item in samples]
    _require_same(arrays, lambda array: array.shape, "shapes", place)
    return np.stack(arrays)


def _kind(item: Any) -> str:
    if isinstance(item, (str, bytes)):
        return "string"
    if isinstance(item, Mapping):
        return "mapping"
    return "sequence" if isinstance(item, (tuple, list)) else "array or number"


def _array(item: Any, place: str) -> NDArray[Any]:
    array = np.asarray(item)
    if array.dtype.kind not in "biufc" or type(item).__module__.startswith("PIL."):
        kind = f"{type(item).__module__}.{type(item).__qualname__}"
        raise TypeError(
            f"{place} are {kind}; allowed: arrays, tensors, numbers, strings, and tuples, lists and dicts of them"
        )
    return array


def _require_same(items: Sequence[Any], measure: Callable[[Any], Any], name: str, place: str) -> None:
    first = measure(items[0])
    other = next((found for found in map(measure, items) if found != first), None)
    if other is not None:
        raise ValueError(f"{place} have different {name}, {first} and {other}; allowed: the same, to make a batch")
