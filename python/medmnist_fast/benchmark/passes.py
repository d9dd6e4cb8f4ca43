"""Rounds of one contender."""

import math
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


class Passes:
    """Passes of one contender over as many samples as take about a round.

    Args:
        make: makes the loader of the first so many samples.
        total: samples there are.
        least: samples of a pass at least.
        seconds: of a round.
    """

    def __init__(self, make: Callable[[int], Any], total: int, least: int, seconds: float) -> None:
        few = min(total, least)
        self.loader = make(few)
        _exhaust(self.loader)
        start = time.perf_counter()
        count = min(total, max(few, math.ceil(_exhaust(self.loader) / (time.perf_counter() - start) * seconds)))
        if count > few:
            self.loader = make(count)
            _exhaust(self.loader)
        self._seconds = seconds
        self.rates: list[float] = []
        self._cpu: list[float] = []

    def round(self) -> None:
        """Whole passes until the time is over."""
        count, cpu, start = 0, _cpu_seconds(), time.perf_counter()
        while (elapsed := time.perf_counter() - start) < self._seconds or not count:
            count += _exhaust(self.loader)
        self.rates.append(count / elapsed)
        self._cpu.append((_cpu_seconds() - cpu) / count * 1e6)

    @property
    def cpu_seconds_per_million(self) -> float | None:
        """Median of the rounds."""
        median = statistics.median(self._cpu)
        return None if math.isnan(median) else median


def _exhaust(loader: Iterable[Any]) -> int:
    """Take every batch, as a training loop that does nothing with them; the number of images."""
    return sum(len(images) for images, _ in loader)


def _cpu_seconds() -> float:
    """Of this process and the workers of torch's loaders; NaN where there are any and the system does not say."""
    seconds = time.process_time()
    for child in multiprocessing.active_children():
        try:
            # After the name, which may contain anything: state is field 3; user and system time are 14 and 15.
            fields = Path(f"/proc/{child.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            return math.nan
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds
