"""What goes in comes out: PIL images, NumPy arrays and torch tensors, alone or in batches."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from medmnist_fast.checks import whole_number


@dataclass(frozen=True)
class Kind:
    """One sample: its pixels with the channels last as a batch of one, and how to give a result back."""

    samples: NDArray[np.uint8]
    back: Callable[[NDArray[Any], str], Any]

    @classmethod
    def of(cls, image: Any, spatial_dims: int) -> Self:
        """Take a PIL image, a ``uint8`` array (channels last) or a ``uint8`` tensor (channels first)."""
        pil, torch = sys.modules.get("PIL.Image"), sys.modules.get("torch")
        if pil is not None and isinstance(image, pil.Image):
            if image.mode not in ("L", "RGB"):
                raise TypeError(f"an image of mode {image.mode!r}; allowed: L and RGB")
            return cls(np.asarray(image)[np.newaxis], lambda out, dtype: _pil(out[0], dtype))
        if isinstance(image, np.ndarray):
            pixels = _uint8(image)
            return cls(
                np.ascontiguousarray(pixels)[np.newaxis], lambda out, dtype: _last(out, dtype, pixels.ndim, 0)[0]
            )
        if torch is not None and isinstance(image, torch.Tensor):
            pixels, flat = _channels_last(_uint8(_from_tensor(image)), spatial_dims)
            return cls(pixels[np.newaxis], lambda out, dtype: _tensor(out[0], dtype, flat))
        raise TypeError(
            f"{type(image).__qualname__} is no image; allowed: a PIL image, a uint8 NumPy array or a uint8 torch tensor"
        )

    def wrap(self, out: NDArray[Any], dtype: str) -> Any:
        """The result, channels first behind the axis of samples, as the kind that went in."""
        return self.back(out, dtype)


class Batch(Kind):
    """Several samples of one shape."""

    @classmethod
    def of(cls, image: Any, spatial_dims: int) -> Self:
        """Take a ``uint8`` array (channels last) or a ``uint8`` tensor (channels first)."""
        torch = sys.modules.get("torch")
        if isinstance(image, np.ndarray):
            pixels = _uint8(image)
            if pixels.ndim < spatial_dims + 1:
                raise ValueError(f"an array of shape {image.shape} is no batch; allowed: samples along the first axis")
            return cls(np.ascontiguousarray(pixels), lambda out, dtype: _last(out, dtype, pixels.ndim, 1))
        if torch is not None and isinstance(image, torch.Tensor):
            if image.ndim != spatial_dims + 2:
                raise ValueError(f"a tensor of shape {tuple(image.shape)} is no batch; allowed: (N, C, ...)")
            pixels, _ = _channels_last(_uint8(_from_tensor(image)), spatial_dims, 1)
            return cls(pixels, lambda out, dtype: _tensor(out, dtype, flat=False))
        raise TypeError(f"{type(image).__qualname__} is no batch; allowed: a uint8 NumPy array or a uint8 torch tensor")


def seed_or_random(seed: int | None) -> int:
    """Return the seed; for ``None`` one drawn from torch's global generator if torch is loaded, else from NumPy's.

    Raises:
        TypeError: no whole number.
        ValueError: not below 2⁶⁴.
    """
    if seed is not None:
        return whole_number("seed", seed, 0, 2**64 - 1)
    torch = sys.modules.get("torch")
    if torch is not None:
        return int(torch.empty((), dtype=torch.int64).random_().item())
    return int(np.random.randint(2**63 - 1))  # noqa: NPY002 - the generator that users seed


def as_output(array: NDArray[Any], dtype: str | None = None) -> Any:
    """``array`` as a torch tensor over the same memory, or as it is where torch is not installed.

    ``bfloat16``, which NumPy has not, comes as its bits.
    """
    try:
        import torch
    except ImportError:
        return array
    if dtype == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def _uint8(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype != np.uint8:
        raise TypeError(f"an array of {array.dtype}; allowed: uint8")
    return array


def _from_tensor(tensor: Any) -> NDArray[Any]:
    if str(tensor.dtype) != "torch.uint8":
        raise TypeError(f"a tensor of {tensor.dtype}; allowed: torch.uint8")
    array: NDArray[Any] = tensor.detach().cpu().numpy()
    return array


def _channels_last(array: NDArray[Any], spatial_dims: int, leading: int = 0) -> tuple[NDArray[Any], bool]:
    """Pixels with the channels last, and whether there was no axis of channels."""
    if array.ndim == spatial_dims + leading:
        return np.ascontiguousarray(array), True
    if array.ndim != spatial_dims + leading + 1:
        raise ValueError(f"a tensor of shape {array.shape} is no sample; allowed: channels, then {spatial_dims} axes")
    pixels = np.moveaxis(array, leading, -1)
    # Volumes have one channel and no axis for it.
    pixels = pixels[..., 0] if spatial_dims == 3 and pixels.shape[-1] == 1 else pixels
    return np.ascontiguousarray(pixels), False


def _last(out: NDArray[Any], dtype: str, ndim: int, leading: int) -> NDArray[Any]:
    """A result for arrays: ``uint8`` with the channels last, without their axis if there was none."""
    if dtype == "bfloat16":
        raise TypeError("bfloat16 of a NumPy array, which NumPy has not; allowed: float32, float16, or torch tensors")
    if dtype != "uint8":
        return out
    pixels = np.ascontiguousarray(np.moveaxis(out, 1, -1))
    return pixels[..., 0] if pixels.shape[-1] == 1 and pixels.ndim - 1 > ndim - leading else pixels


def _tensor(out: NDArray[Any], dtype: str, flat: bool) -> Any:
    tensor = as_output(out, dtype)
    return tensor[0] if flat and dtype == "uint8" and len(out) == 1 else tensor


def _pil(out: NDArray[Any], dtype: str) -> Any:
    if dtype != "uint8":
        return as_output(out, dtype)
    from PIL import Image

    return Image.fromarray(out[0] if len(out) == 1 else np.ascontiguousarray(np.moveaxis(out, 0, -1)))
