"""A contender's process: ``python -m benches.worker NAME``, in the environment of the contender.

It reads a request per line on standard input and answers each with one line of JSON on standard output:

- ``{"do": "open", "workload": {...}, "folder": "..."}``: open the set and take a first batch; answers
  ``{"seconds": ...}`` or ``{"unsupported": "why"}``.
- ``{"do": "check", "path": "..."}``: save a batch to the ``.npz`` at ``path`` as ``images`` and ``labels``.
- ``{"do": "round", "seconds": 0.5}``: whole epochs until that time is over; answers ``{"images": n, "seconds": ...}``.
  Of decoding, one that is not timed comes first: on a virtual machine the first touch of memory that was given back
  to the host while others had their turn costs more than decoding into it.

A contender that has ``rate(workload)`` in place of ``open`` times itself: it has no first batch, answers a check with
``{"unchecked": true}`` and a round with ``{"rate": ...}``.

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

Reply = dict[str, Any]
Epoch = Callable[[], Iterator[tuple[Any, Any]]]
"""What a contender's ``open`` gives: each call begins a shuffled pass of (images, labels)."""


def main() -> None:
    """Serve requests until standard input ends."""
    # Libraries print to standard output; the answers keep it to themselves.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(make: Callable[[], Reply]) -> None:
        try:
            reply = make()
        except UnsupportedError as error:
            reply = {"unsupported": str(error)}
        except Exception as error:  # noqa: BLE001 - whatever a peer raises is its answer
            reply = {"failed": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
        print(json.dumps(reply), file=answers, flush=True)

    contender: list[_Loads | _Rates] = []

    def start() -> Reply:
        module = importlib.import_module(f"benches.contenders.{sys.argv[1]}")
        contender.append(_Rates(module) if hasattr(module, "rate") else _Loads(module))
        return {"title": module.TITLE, "versions": {package: version(package) for package in module.PACKAGES}}

    answer(start)
    for line in sys.stdin:
        request = json.loads(line)
        answer(lambda: getattr(contender[0], request.pop("do"))(**request))  # noqa: B023 - called before the next one


class _Loads:
    """A contender that yields batches."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._epoch: Epoch
        self._decodes: bool

    def open(self, workload: Reply, folder: str) -> Reply:
        wanted = Workload.from_dict(workload)
        self._decodes = wanted.pipeline == "decode"
        if hasattr(self._module, "prepare"):
            self._module.prepare(wanted)
        start = time.perf_counter()
        self._epoch = self._module.open(wanted, Path(folder))
        first = next(self._epoch())
        seconds = time.perf_counter() - start
        del first
        return {"seconds": seconds}

    def check(self, path: str) -> Reply:
        images, labels = next(self._epoch())
        np.savez(path, images=np.asarray(images), labels=np.asarray(labels))
        return {}

    def round(self, seconds: float) -> Reply:
        if self._decodes:
            self._pass()
        count = 0
        start = time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            count += self._pass()
        return {"images": count, "seconds": elapsed}

    def _pass(self) -> int:
        """One epoch; nothing of it is alive afterwards."""
        return sum(len(images) for images, _ in self._epoch())


class _Rates:
    """A contender that times itself."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._workload: Workload

    def open(self, workload: Reply, folder: str) -> Reply:  # noqa: ARG002 - it makes its own images
        self._workload = Workload.from_dict(workload)
        self._module.rate(self._workload)
        return {"seconds": None}

    def check(self, path: str) -> Reply:  # noqa: ARG002
        return {"unchecked": True}

    def round(self, seconds: float) -> Reply:  # noqa: ARG002
        return {"rate": self._module.rate(self._workload)}


if __name__ == "__main__":
    main()
