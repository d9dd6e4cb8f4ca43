"""How long work says how far it is: a bar on a terminal, a line elsewhere."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress

Report = Callable[[int, int], None]
"""Called with the bytes done and the bytes to do, about ten times a second; both are 0 while another process writes."""


@contextmanager
def show_progress(text: str, file: TextIO | None = None) -> Iterator[Report]:
    """A report that draws a bar with rate and time left, on a terminal.

    Elsewhere a line says once what is being done, and nothing does for work that takes less than a second.
    """
    with show_several(file) as show, show(text) as report:
        yield report


@contextmanager
def show_several(file: TextIO | None = None) -> Iterator[Callable[[str], AbstractContextManager[Report]]]:
    """:func:`show_progress` for work that is done at the same time: on a terminal the bars are one below the other."""
    stream = sys.stderr if file is None else file
    if not stream.isatty():
        yield lambda text: _line(text, stream)
        return
    with _bars(stream) as bars:
        yield lambda text: _bar(text, bars)


@contextmanager
def _line(text: str, stream: TextIO) -> Iterator[Report]:
    def write() -> None:
        # In one piece: other threads write lines too.
        stream.write(f"{text} …\n")
        stream.flush()

    timer = threading.Timer(1, write)
    timer.daemon = True
    timer.start()
    try:
        yield lambda *_: None
    finally:
        timer.cancel()


@contextmanager
def _bar(text: str, bars: "Progress") -> Iterator[Report]:
    task = bars.add_task(text, total=None)
    try:
        yield lambda done, total: bars.update(task, completed=done, total=total or None)
    finally:
        bars.remove_task(task)


def _bars(stream: TextIO) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(file=stream), transient=True)
