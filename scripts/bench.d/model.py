"""From what two cores measure to what many would do: Amdahl's law, fitted.

The wall time of a compressor is a start-up, plus for each megabyte a serial part (reading, cutting and
joining blocks, writing) and a parallel part that the threads share.
"""

import math
import statistics
from dataclasses import dataclass

from contests import SLICES
from measure import Runs

MB = 1e6


@dataclass(frozen=True)
class Model:
    """Seconds per megabyte, by least squares, and how far measurements are from the lines."""

    serial: float
    parallel: float
    worst: float  # relative deviation of the two largest inputs from the lines

    def wall(self, threads: int) -> float:
        """Seconds per megabyte with so many threads on so many cores."""
        return self.serial + self.parallel / threads

    def threads_for(self, goal: float) -> int | None:
        """The threads that it takes to need no more than goal seconds per megabyte."""
        return math.ceil(self.parallel / (goal - self.serial)) if goal > self.serial else None


def fit(runs: Runs, sizes: dict[str, int], one: str, two: str) -> list[Model]:
    """A line through wall time by size for one thread and for two, for each round, best first.

    Their slopes are serial + parallel and serial + parallel / 2.
    """
    names = (*SLICES, "text")
    megabytes = [sizes[name] / MB for name in names]
    models = []
    for number in range(len(runs[one, "text"])):
        slopes, deviations = [], []
        for command in (one, two):
            walls = [runs[command, name][number].wall for name in names]
            line = statistics.linear_regression(megabytes, walls)
            slopes.append(line.slope)
            pairs = list(zip(megabytes, walls, strict=True))[-2:]
            deviations += [abs((line.intercept + line.slope * size) / wall - 1) for size, wall in pairs]
        serial = min(max(2 * slopes[1] - slopes[0], 0), slopes[0])
        models.append(Model(serial, slopes[0] - serial, max(deviations)))
    return sorted(models, key=lambda model: model.serial)
