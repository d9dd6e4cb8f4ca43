"""Items that a data set makes in Python, one after the other, with random numbers that depend on nothing else."""

import hashlib
import operator
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import RLock
from typing import Any

import numpy as np

from medmnist_fast.loader.collation import collate


class PerSample:
    """Batches of ``dataset[index]``.

    Before each item Python's ``random``, NumPy's global generator and, if torch is loaded, torch's on the CPU are
    seeded with numbers made of seed, epoch and index; after a batch they are put back. So what an item draws depends
    neither on the batch it comes in nor on what ran before. For that reason items are fetched one by one even from a
    data set with a ``__getitems__``, and in one thread at a time. What a ``collate_fn`` draws depends on the indices of
    its batch.

    Args:
        dataset: anything that has items.
        collate_fn: makes a batch of a list of items; None stacks them.
        seed: of the loader.
        output: ``"torch"`` or ``"numpy"``, for stacking.
    """

    def __init__(self, dataset: Any, collate_fn: Callable[[list[Any]], Any] | None, seed: int, output: str) -> None:
        self._dataset, self._seed, self._collate_fn = dataset, seed, collate_fn
        self._stack = partial(collate, output=output)

    def batch(self, indices: Sequence[Any], epoch: int) -> Any:
        """A batch of these items. What one raises carries a note that names it.

        Raises:
            RuntimeError: an item has raised StopIteration, which would look like the end of the epoch.
        """
        keys = list(map(_plain, indices))
        with generators_put_back():
            items = [self._item(key, epoch) for key in keys]
            if self._collate_fn is not None:
                seed_generators(self._seed, epoch, *keys, "collate_fn")
                return self._collate_fn(items)
        return self._stack(items)

    def _item(self, index: Any, epoch: int) -> Any:
        seed_generators(self._seed, epoch, index)
        try:
            return self._dataset[index]
        except StopIteration as error:
            raise RuntimeError(f"sample {index} of the data set, epoch {epoch}, raised StopIteration") from error
        except Exception as error:
            error.add_note(f"sample {index} of the data set, epoch {epoch}")
            raise


def _plain(index: Any) -> Any:
    """A Python int for any kind of whole number; other keys of a data set as they are."""
    try:
        return operator.index(index)
    except TypeError:
        return index


def seed_generators(*names: Any) -> None:
    """Seed with BLAKE2b over the names' text: 8 bytes for Python's generator, 4 for NumPy's and 8 for torch's.

    Different ones, since all three are the Mersenne twister: NumPy and torch would draw the same words.
    """
    digest = hashlib.blake2b(" ".join(map(str, names)).encode(), digest_size=20).digest()
    random.seed(int.from_bytes(digest[:8], "little"))
    np.random.seed(int.from_bytes(digest[8:12], "little"))  # noqa: NPY002 - the generator that transforms use
    torch = sys.modules.get("torch")
    if torch is not None:
        # Not torch.manual_seed, which would seed every device.
        torch.default_generator.manual_seed(int.from_bytes(digest[12:], "little"))


_ONE_AT_A_TIME = RLock()
"""Held while the generators are seeded for a loader. One whose data set is itself made by a loader holds it twice."""


def _free_in_child() -> None:
    """The thread that held the lock is not in the child."""
    global _ONE_AT_A_TIME  # noqa: PLW0603
    _ONE_AT_A_TIME = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_in_child)


@contextmanager
def generators_put_back() -> Iterator[None]:
    """Whatever is drawn within, the three generators go on as if nothing had been; one thread at a time."""
    with _ONE_AT_A_TIME:
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
