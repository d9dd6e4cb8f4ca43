"""A pass over torch's ``DataLoader``, made by ours."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from medmnist_fast.compat.decision import Fast, facts, fast_loader
from medmnist_fast.compat.report import Line, Report, name_of, place_of_caller

EPOCHS = 2**32


def accelerated(stock: Callable[[Any], Iterator[Any]], report: Report) -> Callable[[Any], Iterator[Any]]:
    """``DataLoader.__iter__``: ours where it gives the same, else ``stock``.

    As torch's it asks the loader's own batch sampler, and draws its base seed from the same generator at the same
    moment: order and state of the generator are those of torch. The base seed names the draws of random transforms.
    """
    loaders: WeakKeyDictionary[Any, _Loader] = WeakKeyDictionary()

    def __iter__(self: Any) -> Iterator[Any]:  # noqa: N807 - in the place of that method
        asked = time.perf_counter()
        mine = loaders.get(self)
        if mine is None:
            mine = loaders[self] = _Loader()
        fast = mine.fast(self)
        line = report.line(place_of_caller(), name_of(self.dataset), None if isinstance(fast, Fast) else fast)
        line.passes += 1
        if not isinstance(fast, Fast):
            return stock(self)
        batches = _Pass(fast, mine.epoch(self), line, len_of=self.batch_sampler)
        line.seconds += time.perf_counter() - asked
        return batches

    return __iter__


class _Loader:
    """What is known of one of torch's loaders; it must not refer to it, or it would never be freed."""

    def __init__(self) -> None:
        self._facts: Any = None
        self._fast: Fast | str = ""
        self._epoch: int | None = None

    def fast(self, loader: Any) -> Fast | str:
        """Ours for the data set as it is now: scripts change transforms, labels and images between epochs."""
        now = facts(loader)
        if self._facts is None or self._facts != now:
            self._fast = fast_loader(loader)
            self._facts = now
        return self._fast

    def epoch(self, loader: Any) -> int:
        """What names the draws of a pass: torch's base seed, drawn for each, and once for workers that persist."""
        if self._epoch is None or not (loader.persistent_workers and loader.num_workers):
            import torch

            self._epoch = int(torch.empty((), dtype=torch.int64).random_(generator=loader.generator).item())
        else:
            self._epoch += 1
        return self._epoch % EPOCHS


class _Pass:
    """An iterator over batches."""

    def __init__(self, fast: Fast, epoch: int, line: Line, len_of: Any) -> None:
        self._fast, self._epoch, self._line, self._len_of = fast, epoch, line, len_of
        self._batches: Iterator[Any] | None = None

    def __len__(self) -> int:
        return len(self._len_of)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        asked = time.perf_counter()
        try:
            if self._batches is None:
                # Here and not before: of several iterators each begins its own epoch.
                self._fast.loader.set_epoch(self._epoch)
                self._batches = iter(self._fast.loader)
            batch = self._fast.finish(next(self._batches))
            self._line.batches += 1
            return batch
        finally:
            self._line.seconds += time.perf_counter() - asked
