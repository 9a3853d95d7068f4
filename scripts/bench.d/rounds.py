"""Take measurements in turn, repeat those that others disturbed, and keep the figures."""

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from busy import cores_in_use
from measure import Run, median, total

TRIES = 3


@dataclass
class Figures:
    """The runs of each way to do a thing, of each input, in each contest."""

    runs: dict[tuple[str, str, str], list[Run]] = field(default_factory=dict)

    def ways(self, contest: str) -> list[str]:
        """Those that took part."""
        return list(dict.fromkeys(way for name, way, _ in self.runs if name == contest))

    def inputs(self, contest: str) -> list[str]:
        """Those that were measured."""
        return list(dict.fromkeys(name for known, _, name in self.runs if known == contest))

    def totals(self, contest: str, way: str, inputs: Iterable[str] = ()) -> list[Run]:
        """What a way cost on all inputs or on some together, for each round; empty if it took no part."""
        chosen = tuple(inputs) or self.inputs(contest)
        rounds = zip(*(self.runs.get((contest, way, name), []) for name in chosen), strict=True)
        return [total(list(parts)) for parts in rounds]

    def cost(self, contest: str, way: str, inputs: Iterable[str] = ()) -> Run | None:
        """The median of that."""
        totals = self.totals(contest, way, inputs)
        return median(totals) if totals else None

    def ratio(self, contest: str, ours: str, peer: str, of: str = "wall", inputs: Iterable[str] = ()) -> float | None:
        """Our cost in units of the peer's."""
        mine, its = self.cost(contest, ours, inputs), self.cost(contest, peer, inputs)
        return getattr(mine, of) / getattr(its, of) if mine and its and getattr(its, of) else None


@dataclass
class Rounds:
    """Measures with an eye on what others do."""

    number: int  # rounds of each contest
    patience: float  # seconds that may still be spent on waiting and on repeating
    figures: Figures = field(default_factory=Figures)
    before: float = 0  # cores that others used before the first run
    repeated: int = 0

    def alternate(
        self,
        contest: str,
        ways: Iterable[str],
        inputs: Iterable[str],
        measurement: Callable[[str, str], Run],
        times: int = 1,
    ) -> None:
        """Measure each way with each input in turn, every other round backwards."""
        pairs = [(way, name) for name in inputs for way in ways]
        print(f"bench: {contest}: {self.number * times} times {len(pairs)} runs", file=sys.stderr)
        for number in range(self.number * times):
            for pair in reversed(pairs) if number % 2 else pairs:
                best = self.least_disturbed(partial(measurement, *pair))
                self.figures.runs.setdefault((contest, *pair), []).append(best)

    def least_disturbed(self, measurement: Callable[[], Run]) -> Run:
        """The first undisturbed run, or the least disturbed of a few."""
        best = measurement()
        for _ in range(1, TRIES):
            if not best.disturbed or self.patience <= 0:
                break
            start = time.monotonic()
            self.wait_until_quiet()
            best = min(best, measurement(), key=lambda run: run.others / run.wall)
            self.patience -= time.monotonic() - start
            self.repeated += 1
        return best

    def wait_until_quiet(self) -> float:
        """Wait, not for ever, until others use less than a tenth of a core; return how many they use."""
        deadline = time.monotonic() + min(self.patience, 30)
        while (cores := cores_in_use(0.5)) > 0.1 and time.monotonic() < deadline:
            pass
        return cores

    def account(self) -> str:
        """How quiet it was."""
        runs = [run for several in self.figures.runs.values() for run in several]
        disturbed = sum(run.disturbed for run in runs)
        return (
            f"others used {self.before:.2f} cores before it, and {total(runs).others / total(runs).wall:.2f} "
            f"on average while it was measured; {self.repeated} runs were repeated because they used more "
            f"than 0.10, and {disturbed} of the {len(runs)} that count were disturbed all the same"
        )
