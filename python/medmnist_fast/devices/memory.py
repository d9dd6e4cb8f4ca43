"""Page-locked memory, from which a device copies without the processor and without waiting."""

import warnings
from collections.abc import Sequence
from typing import Any

from medmnist_fast.transforms.values import dtype_name


def can_pin() -> bool:
    """Whether there is an accelerator to pin memory for. MPS is none: torch cannot pin for it."""
    import torch

    if not hasattr(torch, "accelerator"):  # before torch 2.6
        return torch.cuda.is_available()
    device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return device is not None and device.type != "mps"


def pins(pin_memory: bool) -> bool:
    """Whether batches are to lie in pinned memory: if that is asked for and possible.

    As torch's ``DataLoader``, it goes on without where there is no accelerator, with a ``UserWarning``.
    """
    if not pin_memory or can_pin():
        return bool(pin_memory)
    message = "pin_memory = True, but there is no accelerator to pin memory for: batches lie in ordinary memory"
    warnings.warn(message, UserWarning, stacklevel=3)
    return False


def pinned_like(shape: Sequence[int], dtype: Any) -> Any:
    """Uninitialised pinned memory for one batch, as a torch tensor.

    It comes from torch's own host allocator and not from a ring of ours, because that keeps pinned blocks warm for
    later batches, and gives a block out again only when all copies from it that were started with ``non_blocking=True``
    have completed, those of the user too. For that it must find the block by a tensor's storage: hand out this tensor,
    or one over an array that begins where it begins.

    Args:
        shape: of the batch.
        dtype: torch's dtype or its name.

    Raises:
        RuntimeError: there is no accelerator (see :func:`can_pin`), or the memory cannot be pinned.
    """
    import torch

    # The device is named because a user may have set another default.
    return torch.empty(tuple(shape), dtype=getattr(torch, dtype_name(dtype)), device="cpu", pin_memory=True)


def require(device: Any) -> Any:
    """Torch's device of that name.

    Raises:
        RuntimeError: torch knows no such device, or this machine has none.
    """
    import torch

    return torch.empty(0, device=device).device
