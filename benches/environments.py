"""Which contenders there are, and the Python that each runs in."""

import sys
from pathlib import Path

from benches import peers

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
)
"""In the environment of the project itself."""


def of(chosen: list[str] | None, *, with_peers: bool) -> dict[str, Path | str]:
    """Each contender's Python, or why there is none: those ``chosen``, or all, peers if asked for."""
    found: dict[str, Path | str] = dict.fromkeys(HERE, Path(sys.executable))
    if with_peers:
        found |= peers.pythons()
    if chosen is None:
        return found
    if unknown := set(chosen) - set(found):
        raise SystemExit(f"no contender {', '.join(sorted(unknown))}; allowed: {', '.join(found)}")
    return {name: found[name] for name in chosen}
