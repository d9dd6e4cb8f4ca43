"""Timing of several contenders in one interleaved run."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Wall-clock and CPU time of one contender's rounds, in seconds."""

    rounds: list[float]
    cpu: list[float]

    @property
    def median(self) -> float:
        """Median wall-clock time of a round."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float:
        """Half the interquartile range as a share of the median."""
        first, _, third = statistics.quantiles(self.rounds, n=4)
        return (third - first) / 2 / self.median

    @property
    def cpu_median(self) -> float:
        """Median CPU time of a round, all threads of this process together."""
        return statistics.median(self.cpu)


def interleave(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Time each contender ``rounds`` times, in turn, after one warm-up round of each."""
    timings = {name: Timing([], []) for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            if number > 0:
                timings[name].rounds.append(time.perf_counter() - wall)
                timings[name].cpu.append(time.process_time() - cpu)
    return timings
