"""From what two cores measure to what many would do.

cback-compress is a pipeline: one thread reads, some encode, one writes. So a megabyte takes as long as the
busiest of them needs for it, the encoders sharing their work; and no less than all the CPU time that it
costs, divided by the cores. CPU times are fitted, not wall times: they bear a busy machine.
"""

import math
import statistics
from dataclasses import dataclass

from contests import SLICES
from measure import Runs

MB = 1e6


@dataclass(frozen=True)
class Model:
    """Seconds of CPU time for a megabyte."""

    total: float
    error: float  # standard error of total
    encoders: float  # what they share
    serial: float  # the busier of reader and writer

    def wall(self, threads: int, cores: int) -> float:
        """Seconds for a megabyte."""
        return max(self.serial, self.encoders / threads, self.total / cores)

    def threads_for(self, goal: float) -> int | None:
        """The encoders that it takes to need no more than goal seconds for a megabyte."""
        return math.ceil(self.encoders / goal) if self.serial <= goal else None


def fit(runs: Runs, sizes: dict[str, int], command: str, threads: list[float]) -> Model | None:
    """A line by least squares through CPU time by size, its slope split as the threads were seen to.

    threads: CPU seconds of the writer, then of the reader and two encoders in any order. Where the
    input was too little to see them all at work, there is no model.
    """
    if len(threads) != 4 or not all(threads):
        return None
    names = (*SLICES, "text")
    points = [(sizes[name] / MB, run.cpu) for name in names for run in runs[command, name]]
    line = statistics.linear_regression(*zip(*points, strict=True))
    residuals = sum((line.intercept + line.slope * size - cpu) ** 2 for size, cpu in points)
    mean = statistics.fmean(size for size, _ in points)
    error = math.sqrt(residuals / (len(points) - 2) / sum((size - mean) ** 2 for size, _ in points))
    reader, *encoders = sorted(threads[1:])
    share = line.slope / sum(threads)
    return Model(line.slope, error, sum(encoders) * share, max(threads[0], reader) * share)
