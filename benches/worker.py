"""A contender's process: ``python -m benches.worker NAME``, in the environment of the contender.

It reads a request per line on standard input and answers each with one line of JSON on standard output:

- ``{"do": "open", "workload": {...}, "folder": "..."}``: open the set and take a first batch; answers
  ``{"seconds": ...}`` or ``{"unsupported": "why"}``.
- ``{"do": "check", "path": "..."}``: save a batch to the ``.npz`` at ``path`` as ``images`` and ``labels``.
- ``{"do": "round", "seconds": 0.5}``: whole epochs until that time is over; answers ``{"images": n, "seconds": ...}``.

A contender that has ``rate(workload)`` in place of ``open`` times itself: it has no first batch and none to check, and a
round is answered ``{"rate": ...}``.

An error is answered as ``{"failed": "sentence"}``. Needs Python, NumPy and the contender's own packages.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benches.workloads import UnsupportedError, Workload

Epoch = Callable[[], Iterator[tuple[Any, Any]]]
"""What a contender's ``open`` gives: each call begins a shuffled pass of (images, labels)."""


def main() -> None:
    """Serve requests until standard input ends."""
    # Libraries print to standard output; the answers keep it to themselves.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    contender: Any = None
    workload: Workload
    epoch: Epoch
    try:
        contender = importlib.import_module(f"benches.contenders.{sys.argv[1]}")
        versions = {package: version(package) for package in contender.PACKAGES}
        reply: dict[str, Any] = {"title": contender.TITLE, "versions": versions}
    except Exception as error:  # noqa: BLE001 - whatever a peer raises is its answer
        reply = {"failed": _sentence(error)}
    print(json.dumps(reply), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            match request["do"]:
                case "open" if hasattr(contender, "rate"):
                    workload = Workload.from_dict(request["workload"])
                    contender.rate(workload)
                    reply = {"seconds": None}
                case "open":
                    start = time.perf_counter()
                    epoch = contender.open(Workload.from_dict(request["workload"]), Path(request["folder"]))
                    first = next(epoch())
                    reply = {"seconds": time.perf_counter() - start}
                    del first
                case "check" if hasattr(contender, "rate"):
                    reply = {"unchecked": True}
                case "check":
                    images, labels = next(epoch())
                    np.savez(request["path"], images=np.asarray(images), labels=np.asarray(labels))
                    reply = {}
                case "round" if hasattr(contender, "rate"):
                    reply = {"rate": contender.rate(workload)}
                case "round":
                    reply = _round(epoch, request["seconds"])
        except UnsupportedError as error:
            reply = {"unsupported": str(error)}
        except Exception as error:  # noqa: BLE001
            reply = {"failed": _sentence(error)}
        print(json.dumps(reply), file=answers, flush=True)


def _round(epoch: Epoch, seconds: float) -> dict[str, Any]:
    count = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        for images, _ in epoch():
            count += len(images)
    return {"images": count, "seconds": elapsed}


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


if __name__ == "__main__":
    main()
