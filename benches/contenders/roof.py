"""The limit: a bare loop that gathers random images, converts each with one multiply-add or copies it, and writes it.

Beside a workload that does more with an image it moves as many bytes. It runs in Rust for about 0.2 s and yields
nothing that could be checked.
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
    return _core.roof(pixels, workload.layout.channels, dtype, workload.threads)
