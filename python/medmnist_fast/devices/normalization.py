"""The end of a pipeline, ``ToTensor`` and ``Normalize``, on a device: a quarter of the bytes to copy, the same bits."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from medmnist_fast import _core
from medmnist_fast.transforms.base import Transform, compile_plan, ordered_parts
from medmnist_fast.transforms.geometry import (
    CenterCrop,
    Pad,
    RandomCrop,
    RandomFlip,
    RandomHorizontalFlip,
    RandomRotate90,
    RandomVerticalFlip,
)
from medmnist_fast.transforms.nested import Compose, RandomApply, RandomChoice, RandomOrder
from medmnist_fast.transforms.values import ConvertImageDtype, Normalize, ToTensor

MeanAndStd = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Normalization:
    """Division by 255 and any number of ``Normalize``, in the engine's order and with its bits.

    Attributes:
        normalizes: mean and std of each ``Normalize``: one value each, or one per channel.
        dtype: ``"float32"``, or ``"float16"`` or ``"bfloat16"``, rounded to nearest at the end, ties to even.
        channels_last: where the channels are: in the last axis, or in the second.
    """

    normalizes: tuple[MeanAndStd, ...] = ()
    dtype: str = "float32"
    channels_last: bool = False

    def apply(self, images: Any) -> Any:
        """Convert a batch on the device it is on, in the current stream.

        Args:
            images: a ``uint8`` tensor (N, C, ...), or (N, ..., C) with ``channels_last``.

        Returns:
            A tensor of the same shape and of ``dtype``.

        Raises:
            TypeError: the images are not ``uint8``.
        """
        import torch

        if images.dtype != torch.uint8:
            raise TypeError(f"images of {images.dtype}; allowed: torch.uint8")
        trailing = 0 if self.channels_last else images.ndim - 2
        # Divisors are tensors on the device: by a number, torch's CUDA kernel multiplies by the reciprocal instead
        # (div_true_kernel_cuda in ATen/native/cuda/BinaryDivTrueKernel.cu), which gives other bits.
        values = torch.true_divide(images, _constant([255.0], 0, images.device))
        for mean, std in self.normalizes:
            values.sub_(_constant(mean, trailing, images.device)).div_(_constant(std, trailing, images.device))
        return values.to(getattr(torch, self.dtype))


def _constant(values: Sequence[float], trailing: int, device: Any) -> Any:
    """Values per channel as ``float32`` on a device, in front of ``trailing`` axes of length 1."""
    # As bytes, because to a cache -0.0 and 0.0 are the same.
    return _tensor(array("d", values).tobytes(), trailing, device)


@cache
def _tensor(doubles: bytes, trailing: int, device: Any) -> Any:
    """Made once, because that waits for a copy, and never freed: kernels of any stream may still have to read it."""
    import torch

    with torch.inference_mode(mode=False):
        values = torch.frombuffer(bytearray(doubles), dtype=torch.float64)
        return values.float().to(device).reshape(-1, *[1] * trailing)


def split(transform: Transform | None, spatial_dims: int = 2) -> tuple[Transform | None, Normalization | None]:
    """Part a pipeline into what makes ``uint8`` batches on the host and what is left to do on the device.

    Steps after ``ToTensor`` that only move pixels go to the host. It draws there what it drew in the whole pipeline:
    draws depend on a step's number, so what left the pipeline in front of it is replaced by a flip that never happens.

    Args:
        transform: the pipeline; None is an empty one.
        spatial_dims: 3 for volumes, which are always scaled first.

    Returns:
        The host's part, None where nothing is left; and the device's, None for a pipeline that stays ``uint8``.

    Raises:
        ValueError: a step works on floating values and is no normalisation; the message names it.
    """
    host: list[Transform] = []
    normalization: Normalization | None = None
    for position, part in enumerate(ordered_parts(transform, spatial_dims), 1):
        match normalization, part:
            case None, ToTensor():
                normalization = Normalization()
            case None, ConvertImageDtype(dtype=dtype):
                normalization = Normalization(dtype=dtype)
            case None, _:
                host.append(part)
                continue
            case Normalization(dtype="float32"), ConvertImageDtype(dtype=dtype):
                normalization = replace(normalization, dtype=dtype)
            case Normalization(dtype="float32", normalizes=before), Normalize(mean=mean, std=std):
                normalization = replace(normalization, normalizes=(*before, (tuple(mean), tuple(std))))
            case _ if _only_moves(part, spatial_dims):
                host.append(part)
                continue
            case _:
                name = type(part).__name__
                raise ValueError(
                    f"step {position} of the transform, {name}, works on {normalization.dtype} values, which are made "
                    "on the device here; allowed after ToTensor: Normalize, ConvertImageDtype, and flips, turns and "
                    f"crops; put {name} before ToTensor or normalise on the host"
                )
        host.append(RandomHorizontalFlip(p=0))
    while host and isinstance(host[-1], RandomHorizontalFlip) and host[-1].p == 0:
        host.pop()
    return Compose(host) if host else None, normalization


def compile_for_device(
    transform: Transform | None,
    spatial_dims: int,
    sample_axes: Sequence[int],
    *,
    to_rgb: bool,
    dtype: str | None = None,
    channels_last: bool = False,
) -> tuple[_core.Plan, Normalization | None]:
    """Compile a pipeline as :func:`~medmnist_fast.transforms.base.compile_plan`, parted as by :func:`split`.

    Returns:
        The host's plan, and what is left to do on the device with its ``uint8`` batches to get those of the whole
        pipeline; None if nothing is.

    Raises:
        ValueError: the transform does not fit the samples, or cannot be parted; the message names the step.
    """
    whole = compile_plan(transform, spatial_dims, sample_axes, to_rgb=to_rgb, dtype=dtype, channels_last=channels_last)
    host, normalization = split(transform, spatial_dims)
    if normalization is None:
        return whole, None
    steps = [] if host is None else host.steps()
    plan = _core.Plan(steps, spatial_dims, sample_axes, to_rgb, None, channels_last)
    return plan, replace(normalization, dtype=whole.dtype, channels_last=channels_last)


def _only_moves(part: Transform, spatial_dims: int) -> bool:
    """Whether it moves pixels and changes none, so that it may as well come before any arithmetic on them."""
    match part:
        case RandomHorizontalFlip() | RandomVerticalFlip() | RandomFlip() | RandomRotate90():
            moves = True
        case RandomCrop(padding=None, pad_if_needed=False):
            moves = True
        case RandomCrop(padding_mode=mode) | Pad(padding_mode=mode):
            moves = mode != "constant"
        case CenterCrop():
            moves = spatial_dims == 3  # around an image that is smaller it puts zeros
        case RandomApply() | RandomChoice() | RandomOrder() | Compose():
            moves = all(_only_moves(inner, spatial_dims) for inner in part.transforms)
        case _:
            moves = False
    return moves
