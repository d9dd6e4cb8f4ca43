"""Any images in memory as a data set."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medmnist_fast.checks import whole_number
from medmnist_fast.indexing import batch, chosen
from medmnist_fast.items import image_item, items, volume_item


class ArrayDataset(Sequence[Any]):
    """Images or volumes and their labels, with the items of MedMNIST's data sets.

    An item is ``(image, label)``: a PIL image, or for volumes float64 (1, D, H, W) in 0…1, after the transform; and the
    label's row, or a number if labels are (N,).

    Args:
        images: ``uint8``. Arrays (N, H, W) or (N, H, W, C) with 1 or 3 channels, or (N, D, H, W); mapped ones stay
            mapped. Tensors (N, H, W) or (N, C, H, W), or (N, D, H, W) or (N, 1, D, H, W): three channels are copied
            once, to be last, and those of a device to the CPU.
        labels: (N,) or (N, L): bools or whole numbers, which become int64, float32 or float64.
        transform: called with each item's image; :class:`~medmnist_fast.DataLoader` runs it in the engine if it can.
        target_transform: called with each item's label.
        spatial_dims: 3 for volumes.
        as_rgb: repeats the channel of grey images three times.

    Attributes:
        imgs: the images, channels last, without an axis for a single one. May be replaced.
        labels: int64, float32 or float64. May be replaced.

    Raises:
        TypeError: images that are not ``uint8``, or labels that are no numbers.
        ValueError: of another shape, or not as many of each.
    """

    def __init__(
        self,
        images: Any,
        labels: ArrayLike,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        *,
        spatial_dims: int = 2,
        as_rgb: bool = False,
    ) -> None:
        self.spatial_dims = whole_number("spatial_dims", spatial_dims, 2, 3)
        self.imgs = _images(images, self.spatial_dims)
        self.labels = _labels(labels)
        if len(self.imgs) != len(self.labels):
            raise ValueError(f"{len(self.imgs)} images and {len(self.labels)} labels; allowed: as many of each")
        self.transform = transform
        self.target_transform = target_transform
        self.as_rgb = bool(as_rgb)

    def __len__(self) -> int:
        return len(self.imgs)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        """``(image, label)`` after the transforms; a slice, a list or array of indices, or a mask gives a batch."""
        indices = chosen(index, len(self))
        if indices is not None:
            return batch(self, indices)
        item = image_item if self.spatial_dims == 2 else volume_item
        return item(self.imgs[index], self.transform, as_rgb=self.as_rgb), self._target(index)

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[Any, Any]]:
        """Several items at once, as torch's ``DataLoader`` asks for them."""
        if type(self).__getitem__ is not ArrayDataset.__getitem__:
            return [self[index] for index in indices]
        return items(self, indices)

    def _target(self, index: Any) -> Any:
        """An item's label."""
        label = self.labels[index]
        return label if self.target_transform is None else self.target_transform(label)

    def __repr__(self) -> str:
        labels = f"{self.labels.dtype} labels {self.labels.shape}"
        return f"{type(self).__name__} of uint8 images {self.imgs.shape}, {labels}"


def _images(images: Any, spatial_dims: int) -> NDArray[np.uint8]:
    is_tensor = hasattr(images, "detach")
    pixels: NDArray[Any] = images.detach().cpu().numpy() if is_tensor else np.asanyarray(images)
    if pixels.dtype != np.uint8:
        raise TypeError(f"images of {pixels.dtype}; allowed: uint8")
    channel = 1 if is_tensor else -1
    has_channels = pixels.ndim == spatial_dims + 2
    channels = pixels.shape[channel] if has_channels else 1
    if pixels.ndim not in {spatial_dims + 1, spatial_dims + 2} or channels not in (
        (1, 3) if spatial_dims == 2 else (1,)
    ):
        axes = "(N, H, W), with or without an axis of 1 or 3 channels" if spatial_dims == 2 else "(N, D, H, W)"
        where = "in front of H" if is_tensor else "at the end"
        raise ValueError(
            f"images of shape {tuple(pixels.shape)}; allowed: {axes} {where if spatial_dims == 2 else ''}".rstrip()
        )
    if has_channels and channels == 1:
        return pixels.squeeze(channel)
    return np.ascontiguousarray(np.moveaxis(pixels, channel, -1)) if has_channels and is_tensor else pixels


def _labels(labels: Any) -> NDArray[Any]:
    values = labels.detach().cpu().numpy() if hasattr(labels, "detach") else np.asarray(labels)
    if values.dtype.kind in "biu":
        if values.dtype == np.uint64 and values.size and values.max() > np.iinfo(np.int64).max:
            raise ValueError(f"labels up to {values.max()}; allowed: whole numbers of int64")
        values = values.astype(np.int64)
    elif values.dtype not in (np.float32, np.float64):
        raise TypeError(f"labels of {values.dtype}; allowed: whole numbers, bools, float32 or float64")
    if values.ndim not in (1, 2) or 0 in values.shape[1:]:
        raise ValueError(f"labels of shape {values.shape}; allowed: (N,) or (N, L), L at least 1")
    return values
