"""Which contenders there are, and the Python that each runs in."""

import sys
from collections.abc import Mapping
from pathlib import Path

from benches import peers
from benches.workloads import Workload

HERE = (
    "ours",
    "roof",
    "stock",
    "stock_workers",
    "stock_getitems",
    "whole_array",
    "torchvision_v2",
    "numpy_volumes",
    "numpy_load",
    "spdl",
)
"""In the environment of the project itself."""
DECODERS = {"ours", "numpy_load", "spdl", "isal", "zlib_ng", "libdeflate", "rapidgzip"}
LOADERS = {"ours", "spdl"}
"""Those of the decoders that make batches, too."""


def of(chosen: list[str] | None, *, with_peers: bool) -> dict[str, Path | str]:
    """Each contender's Python, or why there is none: those ``chosen``, or all, peers if asked for."""
    found: dict[str, Path | str] = dict.fromkeys(HERE, Path(sys.executable))
    if with_peers:
        found = {name: peers.python_of(name) or peers.why_absent(name) for name in peers.CONTENDERS} | found
    if chosen is None:
        return found
    if unknown := set(chosen) - set(found):
        raise SystemExit(f"no contender {', '.join(sorted(unknown))}; allowed: {', '.join(found)}")
    return {name: found[name] for name in chosen}


def for_workload(found: Mapping[str, Path | str], workload: Workload) -> dict[str, Path | str]:
    """Those that the workload is about: to start others only in order to hear that they cannot do it takes seconds."""
    if workload.pipeline == "decode":
        names = DECODERS
    else:
        names = set(found) - (DECODERS - LOADERS) - (set() if workload.layout.ndim == 3 else {"numpy_volumes"})
    return {name: python for name, python in found.items() if name in names}
