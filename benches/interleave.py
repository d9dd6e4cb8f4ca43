"""Timing of several contenders in one interleaved run."""

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUND_SECONDS = 0.3


@dataclass(frozen=True)
class Timing:
    """Wall-clock and CPU time of one contender's rounds, in seconds per run."""

    rounds: list[float]
    cpu: list[float]

    @property
    def median(self) -> float:
        """Median wall-clock time of a run."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float:
        """Half the interquartile range as a share of the median."""
        first, _, third = statistics.quantiles(self.rounds, n=4)
        return (third - first) / 2 / self.median

    @property
    def cpu_median(self) -> float:
        """Median CPU time of a run, all threads of this process together."""
        return statistics.median(self.cpu)


def interleave(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Time each contender ``rounds`` times, in turn, after a warm-up; times are per run.

    A round lasts at least ``ROUND_SECONDS``: it repeats a fast contender until then, so that a hiccup of the machine
    weighs the same for all. Each turn begins with a run that is not timed: on a virtual machine the first touch of
    memory that another contender's allocator left in other pages costs more than decoding into it.
    """
    repeats = {name: _repeats(run) for name, run in contenders.items()}
    timings = {name: Timing([], []) for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            run()
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(repeats[name]):
                run()
            timings[name].rounds.append((time.perf_counter() - wall) / repeats[name])
            timings[name].cpu.append((time.process_time() - cpu) / repeats[name])
    return timings


def _repeats(run: Callable[[], object]) -> int:
    """Warm up; how often ``run`` fits into a round."""
    run()
    start = time.perf_counter()
    run()
    return max(1, math.ceil(ROUND_SECONDS / (time.perf_counter() - start)))
