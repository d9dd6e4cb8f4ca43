"""The limit: a bare loop that gathers random images, converts each with one multiply-add or copies it, and writes it.

It has as many images as the workload's set: how many of them caches hold is the same for all. Beside a workload that
does more with an image it moves as many bytes. It runs in Rust for about 0.2 s and yields nothing that could be
checked.
"""

from math import prod

from benches.workloads import UnsupportedError, Workload
from medmnist_fast import _core

TITLE = "roof (a bare loop in Rust)"
PACKAGES = ()


def rate(workload: Workload) -> float:
    """Images per second of all threads together."""
    if workload.pipeline == "decode":
        raise UnsupportedError("it makes batches")
    pixels = prod(workload.shape[1:])
    dtype = "uint8" if workload.pipeline == "u8" else "float32"
    images = workload.layout.train[workload.size]
    return _core.roof(images, pixels, workload.layout.channels, dtype, workload.threads)
