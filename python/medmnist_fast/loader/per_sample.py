"""Items that a data set makes in Python, one after the other, with random numbers that depend on nothing else."""

import hashlib
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from medmnist_fast.loader.collation import collate


class PerSample:
    """Batches of ``dataset[index]``.

    Before each item Python's ``random``, NumPy's global generator and, if torch is loaded, torch's on the CPU are
    seeded with a number made of seed, epoch and index; after a batch they are put back. So what an item draws depends
    neither on the batch it comes in nor on what ran before. For that reason items are fetched one by one even from a
    data set with a ``__getitems__``.

    Args:
        dataset: anything that has items.
        collate_fn: makes a batch of a list of items; None stacks them.
        seed: of the loader.
        output: ``"torch"`` or ``"numpy"``, for stacking.
    """

    def __init__(self, dataset: Any, collate_fn: Callable[[list[Any]], Any] | None, seed: int, output: str) -> None:
        self._dataset, self._seed = dataset, seed
        self._collate = partial(collate, output=output) if collate_fn is None else collate_fn

    def batch(self, indices: Sequence[int], epoch: int) -> Any:
        """A batch of these items. What one raises carries a note that names it."""
        items = []
        with _generators_put_back():
            for index in map(int, indices):
                _seed_generators(self._seed, epoch, index)
                try:
                    items.append(self._dataset[index])
                except Exception as error:
                    error.add_note(f"sample {index} of the data set, epoch {epoch}")
                    raise
        return self._collate(items)


def _seed_generators(seed: int, epoch: int, index: int) -> None:
    """Seed with the first bytes of BLAKE2b over the three numbers."""
    digest = hashlib.blake2b(b"%d %d %d" % (seed, epoch, index), digest_size=8).digest()
    number = int.from_bytes(digest, "little")
    random.seed(number)
    np.random.seed(number & 0xFFFFFFFF)  # noqa: NPY002 - the generator that transforms use
    torch = sys.modules.get("torch")
    if torch is not None:
        # Not torch.manual_seed, which would seed every device.
        torch.default_generator.manual_seed(number)


@contextmanager
def _generators_put_back() -> Iterator[None]:
    torch = sys.modules.get("torch")
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    pytorch = None if torch is None else torch.default_generator.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if torch is not None:
            torch.default_generator.set_state(pytorch)
