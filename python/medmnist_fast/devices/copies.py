"""Batches on their way to a device: on CUDA the next one is copied while one is used."""

import ctypes
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Self

from medmnist_fast.devices.normalization import Normalization

HELD = 2
"""Batches whose copies may be under way; before more are started, the host waits for the oldest."""


def to_device(
    batches: Iterable[Any], device: Any, *, pinned: bool, normalization: Normalization | None = None
) -> "DeviceIterator":
    """Iterate over batches on ``device``; see :class:`DeviceIterator`."""
    return DeviceIterator(batches, device, pinned=pinned, normalization=normalization)


class DeviceIterator:
    """The batches of a source, in order, on a device.

    On CUDA a batch is copied on a side stream while the one before it is used. The stream that is current when a batch
    is asked for waits for its copy, so work queued there needs no synchronisation; work on other streams does. On other
    devices a batch is copied when it is asked for.

    An error of the source arrives in its batch's place, after the batches before it. Several threads may share the
    iterator.

    Args:
        batches: tensors in tuples, lists and dictionaries; what is no tensor stays as it is. With ``normalization``,
            pairs of ``uint8`` images and anything.
        device: torch's device or its name.
        pinned: copy from pinned memory: small tensors that do not lie in it, such as labels, are moved there first.
        normalization: what is left to do with the images, done in the stream that asks for them.
    """

    def __init__(
        self, batches: Iterable[Any], device: Any, *, pinned: bool, normalization: Normalization | None
    ) -> None:
        import torch

        self._batches = iter(batches)
        self._normalization = normalization
        self._error: Exception | None = None
        # Only one thread at a time may be between taking a batch and putting its copy into the queue.
        self._lock = threading.Lock()
        device = torch.device(device)
        self._lane = _SideStream(device, pinned=pinned) if device.type == "cuda" else _Direct(device)
        # Also at exit, while torch is still whole.
        self._release = weakref.finalize(self, self._lane.release)

    @property
    def ahead(self) -> int:
        """Batches taken from the source and not handed out, which a saved state must not count."""
        return len(self._lane.started)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        with self._lock:
            while len(self._lane.started) <= self._lane.lookahead and self._error is None:
                self._take()
            if not self._lane.started:
                error = self._error or StopIteration()
                self._end()
                raise error
            batch = self._lane.finish()
        if self._normalization is None:
            return batch
        images, *rest = batch
        # In the stream that asks, not beside it: of batches that wait, only bytes take up memory, and the memory of
        # the values, four times as much, is free again in the order of that stream.
        return self._normalization.apply(images), *rest

    def _take(self) -> None:
        """Start the next batch's copy. Ctrl-C while waiting leaves everything as it was."""
        try:
            batch = next(self._batches)
        except Exception as error:  # noqa: BLE001 - raised in its batch's place
            self._error = error
            return
        self._lane.start(batch)

    def close(self) -> None:
        """End the iteration: waits for the copies under way, then lets go of the source and all memory."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        self._error = StopIteration()
        self._batches = iter(())
        self._release()


class _Direct:
    """Copies when a batch is asked for, in the order of everything else."""

    lookahead = 0

    def __init__(self, device: Any) -> None:
        self._device = device
        self.started: deque[Any] = deque()

    def start(self, batch: Any) -> None:
        self.started.append(_each_tensor(lambda tensor: tensor.to(self._device), batch))

    def finish(self) -> Any:
        return self.started.popleft()

    def release(self) -> None:
        self.started.clear()


class _SideStream:
    """Copies to a CUDA device beside the computation.

    A batch's memory on the host is held until the event behind its copy has completed, whoever pinned it: torch's
    allocator waits by itself, but only with memory of its own. Its memory on the device belongs to the stream that asks
    for batches: once a batch is gone, it is free again in the order of that stream's work. So a copy into it waits for
    what is queued there, which is the work on batches before the one that it runs beside.
    """

    lookahead = 1  # one copy fits beside one step of a training loop

    def __init__(self, device: Any, *, pinned: bool) -> None:
        import torch

        self._device = device if device.index is not None else torch.device("cuda", torch.cuda.current_device())
        self._pinned = pinned
        self._stream = _copy_stream(self._device)
        self._held: deque[tuple[Any, Any]] = deque()
        self._process = os.getpid()
        # Copies that were not handed out: their tensors, the stream that these belong to, the event behind the copies.
        self.started: deque[tuple[Any, Any, Any]] = deque()

    def start(self, batch: Any) -> None:
        """Queue the copy of a batch."""
        import torch

        while self._held and (self._held[0][0].query() or len(self._held) >= HELD):
            self._held[0][0].synchronize()
            self._held.popleft()
        if self._pinned:
            batch = pinned(batch)
        pairs: list[tuple[Any, Any]] = []

        def place(tensor: Any) -> Any:
            pairs.append((torch.empty_like(tensor, device=self._device, pin_memory=False), tensor))
            return pairs[-1][0]

        there = _each_tensor(place, batch)
        current, done = torch.cuda.current_stream(self._device), torch.cuda.Event()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            for target, tensor in pairs:
                target.copy_(tensor, non_blocking=True)
        done.record(self._stream)
        self._held.append((done, batch))
        self.started.append((there, current, done))

    def finish(self) -> Any:
        """Let the current stream wait for the oldest copy, on the device."""
        import torch

        there, owner, done = self.started.popleft()
        current = torch.cuda.current_stream(self._device)
        current.wait_event(done)

        def use(tensor: Any) -> Any:
            tensor.record_stream(current)
            return tensor

        return there if current == owner else _each_tensor(use, there)

    def release(self) -> None:
        """Wait for the copies under way and let go of all memory."""
        if self._process != os.getpid():
            # A forked child has no streams to wait for, and torch would call CUDA to free what it inherited, which ends
            # the child. So the last reference is never given up.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object((self._held.copy(), self.started.copy())))
        else:
            for done, _ in self._held:
                done.synchronize()
        self._held.clear()
        self.started.clear()


@cache
def _copy_stream(device: Any) -> Any:
    """One per device: a link takes one copy after the other anyway."""
    import torch

    return torch.cuda.Stream(device)


def pinned(batch: Any) -> Any:
    """``batch`` with all its tensors in pinned memory; those that are there already stay."""
    return _each_tensor(lambda tensor: tensor if tensor.is_pinned() else tensor.pin_memory(), batch)


def _each_tensor(change: Callable[[Any], Any], batch: Any) -> Any:
    """``batch`` with its tensors changed, in the tuples, lists and dictionaries that collation makes."""
    import torch

    if isinstance(batch, torch.Tensor):
        return change(batch)
    if isinstance(batch, Mapping):
        return {key: _each_tensor(change, value) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(_each_tensor(change, value) for value in batch))
    if isinstance(batch, list | tuple):
        return type(batch)(_each_tensor(change, value) for value in batch)
    return batch


__all__ = ["HELD", "DeviceIterator", "pinned", "to_device"]
