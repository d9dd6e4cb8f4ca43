"""Batches on a device: pinned memory, copies beside the computation, normalisation there, and sets that stay there.

Everything works on any device of torch; what overlaps does so on CUDA. torch is imported when something is called.
"""

from medmnist_fast.devices.copies import DeviceIterator, pinned, to_device
from medmnist_fast.devices.memory import can_pin, pinned_like, pins, require
from medmnist_fast.devices.normalization import Normalization, compile_for_device, split
from medmnist_fast.devices.resident import Resident

__all__ = [
    "DeviceIterator",
    "Normalization",
    "Resident",
    "can_pin",
    "compile_for_device",
    "pinned",
    "pinned_like",
    "pins",
    "require",
    "split",
    "to_device",
]
