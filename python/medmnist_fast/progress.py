"""How long work says how far it is: a bar on a terminal, a line elsewhere."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Report = Callable[[int, int], None]
"""Called with the bytes done and the bytes to do, about ten times a second; both are 0 while another process writes."""


@contextmanager
def show_progress(text: str, file: TextIO | None = None) -> Iterator[Report]:
    """A report that draws a bar with rate and time left, on a terminal; elsewhere it says once what is being done.

    Nothing is shown for work that takes less than a second.
    """
    stream = sys.stderr if file is None else file
    bar = _Bar(text, stream) if stream.isatty() else _Line(text, stream)
    try:
        yield bar
    finally:
        bar.close()


class _Line:
    def __init__(self, text: str, stream: TextIO) -> None:
        self._timer = threading.Timer(1, lambda: print(f"{text} …", file=stream, flush=True))
        self._timer.daemon = True
        self._timer.start()

    def __call__(self, done: int, total: int) -> None:
        pass

    def close(self) -> None:
        self._timer.cancel()


class _Bar:
    def __init__(self, text: str, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (TextColumn(text), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(file=stream), transient=True)
        self._task = self._progress.add_task(text, total=None)
        self._progress.start()

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total or None)

    def close(self) -> None:
        self._progress.stop()
