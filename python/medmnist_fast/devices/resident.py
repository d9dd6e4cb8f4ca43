"""A data set that lies on a device as a whole: batches are gathered there."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast.devices.normalization import Normalization

CHUNK = 64 << 20
"""Bytes that are copied to the device at a time: more of them than the set are never needed there, nor on the host."""


class Resident:
    """Images and labels on a device, in the layout of their batches.

    Args:
        images: ``uint8``, (N, H, W) or (N, H, W, 3), or (N, D, H, W) for volumes; mapped ones are read once.
        labels: (N,) or (N, L), whole numbers or floating values.
        device: torch's device or its name.
        normalization: of each batch, on the device; None leaves it ``uint8``. Its layout is ``channels_last`` here.
        channels_last: batches (N, ..., C) instead of (N, C, ...).
        spatial_dims: 3 for volumes.
        as_rgb: repeat the channel of grey images three times, in each batch.

    Raises:
        TypeError: the images are not ``uint8``.
        ValueError: they have another shape, or there are not as many labels.
        MemoryError: they do not fit on the device.
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[Any],
        device: Any,
        normalization: Normalization | None = None,
        channels_last: bool = False,
        *,
        spatial_dims: int = 2,
        as_rgb: bool = False,
    ) -> None:
        import torch

        if images.dtype != np.uint8:
            raise TypeError(f"images of {images.dtype}; allowed: uint8")
        is_grey = images.ndim == spatial_dims + 1
        if not is_grey and (images.ndim != spatial_dims + 2 or images.shape[-1] not in {1, 3}):
            axes = "(N, H, W), with or without 1 or 3 channels behind" if spatial_dims == 2 else "(N, D, H, W)"
            raise ValueError(f"images of shape {images.shape}; allowed: {axes}")
        if len(images) != len(labels):
            raise ValueError(f"{len(images)} images but {len(labels)} labels; allowed: as many of each")
        pixels = images[..., np.newaxis] if is_grey else images
        self.device = torch.device(device)
        self.channels_last = channels_last
        self.as_rgb = as_rgb and pixels.shape[-1] == 1
        self.normalization = normalization and Normalization(
            normalization.normalizes, normalization.dtype, channels_last=channels_last
        )
        _require_room(self.device, images.nbytes + labels.nbytes)
        self.labels = torch.tensor(labels, device=self.device)
        self.images = _upload(pixels if channels_last else np.moveaxis(pixels, -1, 1), self.device)

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: NDArray[np.int64]) -> tuple[Any, Any]:
        """Samples of the set, gathered in the current stream.

        Args:
            indices: int64 (B,), on the host, of 0 to N - 1.

        Returns:
            Images (B, C, ...), or (B, ..., C) with ``channels_last``, and labels (B,) or (B, L), on the device.

        Raises:
            IndexError: there is no such sample.
        """
        import torch

        if len(indices) and not 0 <= indices.min() <= indices.max() < len(self):
            wrong = indices[(indices < 0) | (indices >= len(self))][0]
            raise IndexError(f"sample {wrong} of a set of {len(self)}; allowed: 0 to {len(self) - 1}")
        on_cuda = self.device.type == "cuda"
        # Pinned, so that the copy does not wait for the work that is queued.
        chosen = torch.empty(len(indices), dtype=torch.int64, device="cpu", pin_memory=on_cuda)
        chosen.numpy()[:] = indices
        chosen = chosen.to(self.device, non_blocking=True)
        if on_cuda:
            current = torch.cuda.current_stream(self.device)
            self.images.record_stream(current)
            self.labels.record_stream(current)
        images, labels = self.images.index_select(0, chosen), self.labels.index_select(0, chosen)
        if self.as_rgb:
            images = images.repeat_interleave(3, -1 if self.channels_last else 1)
        return images if self.normalization is None else self.normalization.apply(images), labels


def _upload(pixels: NDArray[np.uint8], device: Any) -> Any:
    """The array on the device, C-contiguous. Axes are moved there, where it is quick."""
    import torch

    images = torch.empty(pixels.shape, dtype=torch.uint8, device=device)
    step = max(1, CHUNK * len(pixels) // max(1, pixels.nbytes))
    for first in range(0, len(pixels), step):
        # A copy in the order of the memory it comes from: mapped arrays are read-only, which tensors cannot be.
        images[first : first + step] = torch.from_numpy(pixels[first : first + step].copy("K")).to(device)
    return images


def _require_room(device: Any, needed: int) -> None:
    """Refuse what does not fit, where that is known."""
    import torch

    if device.type != "cuda":
        return
    free, _ = torch.cuda.mem_get_info(device)
    if needed + CHUNK > free:
        raise MemoryError(
            f"the set has {needed / 2**30:,.1f} GiB, and {device} has {free / 2**30:,.1f} GiB free; allowed: what "
            f"fits, with {CHUNK >> 20} MiB to copy it; a set that is not resident is copied batch by batch"
        )
