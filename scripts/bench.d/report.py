"""The page: what was measured, in Markdown."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from contests import (
    AWAKE,
    BZIP2,
    CEDAR,
    CORPORA,
    EXTENSION,
    GZIP,
    LEVELS,
    OURS,
    PIPES,
    SERIAL,
    SLICES,
    SMALL,
    STAGES,
    STARTED,
    STARTS,
    TO_BZIP2,
)  # fmt: skip
from measure import Proof, Run, Runs, median, total
from model import Model, fit

MB, MIB = 1e6, 1 << 20


@dataclass(frozen=True)
class Results:
    """All that was measured."""

    runs: Runs
    proof: Proof
    sizes: dict[str, int]  # bytes, of each input
    threads: dict[str, list[float]]  # CPU seconds of each thread of a command

    def totals(self, command: str, inputs: Iterable[str] = CORPORA) -> list[Run] | None:
        """What the command cost on all inputs together, for each round; None if it did not run."""
        inputs = tuple(inputs)
        if any((command, name) not in self.runs for name in inputs):
            return None
        return total(self.runs, command, inputs)

    def cost(self, command: str, inputs: Iterable[str] = CORPORA) -> Run | None:
        """The median of that."""
        totals = self.totals(command, inputs)
        return median(totals) if totals else None

    def ratio(
        self, ours: str, theirs: str, inputs: Iterable[str] = CORPORA, of: str = "wall"
    ) -> float | None:
        """Our cost in units of theirs."""
        mine, peer = self.cost(ours, inputs), self.cost(theirs, inputs)
        return getattr(mine, of) / getattr(peer, of) if mine and peer else None


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; the cells of head are parted by |. Figures stand on the right."""
    columns = head.split("|")
    rule = "|".join(["---"] + ["---:"] * (len(columns) - 1))
    escaped = ([cell.replace("|", r"\|") for cell in row] for row in rows)
    lines = [head, rule, *(" | ".join(row) for row in escaped)]
    return "\n".join(f"| {line} |" if line != rule else f"|{line}|" for line in lines)


def spread(totals: list[Run], scale: float = 1, digits: int = 2) -> str:
    """Median, least and greatest wall time."""
    walls = [run.wall * scale for run in totals]
    shown = statistics.median(walls), min(walls), max(walls)
    return "{0:.{3}f} ({1:.{3}f}–{2:.{3}f})".format(*shown, digits)


def goals(results: Results) -> str:
    """What was to be reached, what was, and whether; and the ratio of CPU times beside that of wall times."""
    rows = []

    def goal(what: str, limit: str, measured: float | None, show: str = "{:.2f}", cpu: str = "") -> None:
        verdict = "not measured" if measured is None else "met" if measured <= float(limit) else "**not met**"
        rows.append((what, limit, "" if measured is None else show.format(measured), verdict, cpu))

    def wall(what: str, limit: str, ours: str, peer: str, inputs: Iterable[str] = CORPORA) -> None:
        measured, cpu = (results.ratio(ours, peer, inputs, of) for of in ("wall", "cpu"))
        what = f"{what}: wall against {peer}"
        goal(what, limit, measured, "{:.3f}", "" if cpu is None else f"{cpu:.3f}")

    for peer, limit in (("gzip -9", "0.15"), ("pigz -p2 -9", "0.33"), (CEDAR["gzip"], "0.12")):
        wall("gzip, default level", limit, GZIP, peer)
    sizes = [results.ratio(f"{GZIP} -{level}", f"gzip -{level}", of="size") for level in LEVELS]
    goal("gzip, the worst of levels 1 to 9: size against gzip", "1.00", max(filter(None, sizes)), "{:.4f}")
    for peer, limit in (("pigz -p2 -6", "0.46"), ("crabz -Q -p2 -l6", "0.82")):
        wall("gzip -6", limit, f"{GZIP} -6", peer)
    wall("gzip, 2 threads", "0.55", GZIP, SERIAL[GZIP])
    packed = results.proof.packed
    different = sum(packed[BZIP2, name] != packed["bzip2 -9", name] for name in (*SLICES, *CORPORA))
    goal("bzip2: outputs that are not `bzip2 -9`'s to the byte", "0", different, "{:.0f}")
    for peer, limit in (("bzip2 -9", "0.22"), ("pbzip2 -c -p2 -9", "0.42"), ("lbzip2 -n2 -9", "0.70")):
        wall("bzip2", limit, BZIP2, peer)
    for command, limit in ((GZIP, "16"), (BZIP2, "48")):
        peak = max(run.memory for name in (*SLICES, *CORPORA) for run in results.runs[command, name])
        goal(f"peak memory of `{command}`, MiB", limit, peak / MIB, "{:.1f}")
    wall("1 KiB of input", "1.00", "cback-compress", "gzip", [SMALL])
    for mode, limit in (("gzip", "0.25"), ("bzip2", "0.30")):
        wall(f"whole backup, {mode}", limit, OURS, EXTENSION, [mode])
    for note in ("", AWAKE):
        names = [name + note for name in CORPORA]
        wall(f"the dump's stage{note}", "1.03", *reversed(STAGES), names)
    return table("goal | at most | measured |  | CPU likewise", rows)


def compressors(results: Results, commands: Iterable[str]) -> str:
    """A row for each command: seconds and megabytes for each input, then all together."""
    rows = []
    for command in commands:
        if not (totals := results.totals(command)):
            continue
        each = [median(results.runs[command, name]) for name in CORPORA]
        cells = [f"{cost.wall:.2f} / {cost.size / MB:.2f}" for cost in each]
        rows.append((f"`{command}`", *cells, *costs(totals)))
    return table(f"command | {' | '.join(CORPORA)} | all: wall s | CPU s | MB | peak MiB", rows)


def costs(totals: list[Run]) -> tuple[str, ...]:
    """Wall, CPU, size and memory."""
    cost = median(totals)
    return spread(totals), f"{cost.cpu:.2f}", f"{cost.size / MB:.2f}", f"{cost.memory / MIB:.1f}"


def levels(results: Results) -> str:
    """Wall and size of each level of gzip."""
    tools = ("gzip", "pigz -p2", GZIP)
    rows = []
    for level in LEVELS:
        each = [results.cost(f"{tool} -{level}") for tool in tools]
        rows.append(
            (str(level), *(f"{cost.wall:.2f} / {cost.size / MB:.2f}" if cost else "" for cost in each))
        )
    return table(" | ".join(["level", *(f"`{tool}`" for tool in tools)]), rows)


def backups(results: Results, mode: str) -> str:
    """A row for each way to back up all three databases."""
    ways = [command for command, name in results.runs if name == mode]
    return table(
        "backup | wall s | CPU s | MB | largest process MiB",
        ((way, *costs(results.runs[way, mode])) for way in ways),
    )


def small(results: Results) -> str:
    """Milliseconds of what has next to nothing to do, and of the dump's stage."""
    rows = []
    for command in (*STARTED, *STARTS):
        if totals := results.totals(command, [SMALL]):
            rows.append((f"`{command}`", spread(totals, 1000)))
    for note in ("", AWAKE):
        for command in STAGES:
            if totals := results.totals(command, [name + note for name in CORPORA]):
                rows.append((f"`{command}`, the three databases{note}", spread(totals, 1000, 0)))
    return table("command | wall ms", rows)


def threads(results: Results) -> str:
    """Cost by the number of threads."""
    size = results.sizes["text"] / MB
    rows = []
    for mode in ("", " -m bzip2"):
        for number in (1, 2, 4, 8):
            command = f"cback-compress -p{number}{mode}"
            cost = median(results.runs[command, "text"])
            figures = (cost.wall, cost.cpu / size * 1000, cost.memory / MIB)
            rows.append((f"`{command}`", *(f"{figure:.1f}" for figure in figures)))
    return table("command, on text | wall s | CPU ms per MB | peak MiB", rows)


def growth(results: Results) -> str:
    """Cost by the size of the input."""
    rows = []
    for name in (*SLICES, "text"):
        size, cells = results.sizes[name] / MB, []
        for command in (GZIP, BZIP2):
            cost = median(results.runs[command, name])
            cells += [f"{cost.wall / size * 1000:.1f}", f"{cost.memory / MIB:.1f}"]
        rows.append((f"{size:.3g} MB", *cells))
    return table("input | gzip: wall ms per MB | peak MiB | bzip2: wall ms per MB | peak MiB", rows)


def model(results: Results) -> str:
    """What the measurements let one expect of a larger machine."""
    size = results.sizes["text"] / MB
    dump = median(results.runs["cback-pgdump", "text"]).wall / size
    parts = []
    for mode, command in (("gzip", GZIP), ("bzip2", BZIP2)):
        found = fit(results.runs, results.sizes, command, results.threads[command])
        measured = median(results.runs[command, "text"]).wall / size
        parts.append(describe(found, measured, dump) if found else "Too little input for a model.")
        parts[-1] = f"**{mode}.** {parts[-1]}"
    return "\n\n".join(parts)


def describe(model: Model, measured: float, dump: float) -> str:
    """The model in words; seconds for a megabyte, of the compressor with two threads and of pg_dump."""
    packing = model.wall(64, 64)
    slowest, what = max((dump, "pg_dump, one core"), (packing, "the compressor"))
    return (
        f"A megabyte costs {model.total * 1000:.2f} ± {model.error * 1000:.2f} ms of CPU time (least "
        f"squares, standard error), of which the encoders share {model.encoders * 1000:.2f} and the busier "
        f"of reader and writer takes {model.serial * 1000:.2f}. Two threads on two cores then take "
        f"{model.wall(2, 2) * 1000:.2f} ms per MB; {measured * 1000:.2f} were measured. 64 threads on 64 "
        f"cores would take 1 TB in {packing * MB / 3600:.1f} h, and pg_dump gives it in "
        f"{dump * MB / 3600:.1f} h: the backup takes {slowest * MB / 3600:.1f} h, the bottleneck is {what}. "
        f"Threads needed to keep up with pg_dump: {model.threads_for(dump) or 'no number is enough'}."
    )


def better(results: Results) -> str:
    """Where a peer is ahead by more than two in a hundred."""
    lines = []
    for tool in ("gzip", "pigz -p2"):
        found: dict[str, dict[int, float]] = {}
        for level in LEVELS:
            for cost, ratio in ahead(results, f"{tool} -{level}", f"{GZIP} -{level}"):
                found.setdefault(cost, {})[level] = ratio
        for cost, ratios in found.items():
            span = f"{min(ratios.values()):.2f}–{max(ratios.values()):.2f}"
            lines.append(f"- `{tool}`, {cost}, levels {' '.join(map(str, ratios))}: {span} of `{GZIP}`")
    pairs: list[tuple[str, str, tuple[str, ...]]] = [
        ("crabz -Q -p2 -l6", f"{GZIP} -6", CORPORA),
        *((peer, BZIP2, CORPORA) for peer in TO_BZIP2[:3]),
    ]
    pairs += [(way, OURS, (mode,)) for way, mode in results.runs if mode in PIPES and way != OURS]
    for peer, ours, inputs in pairs:
        if found_here := ahead(results, peer, ours, inputs):
            costs_here = ", ".join(f"{cost} {ratio:.2f}" for cost, ratio in found_here)
            where = f", {inputs[0]}" if ours == OURS else ""
            lines.append(f"- `{peer}`{where}: {costs_here} of `{ours}`")
    return "\n".join(lines) or "Nowhere in this run."


def ahead(results: Results, peer: str, ours: str, inputs: Iterable[str] = CORPORA) -> list[tuple[str, float]]:
    """The costs of which the peer has less, with its share of ours."""
    names = {"wall": "wall time", "cpu": "CPU", "memory": "memory", "size": "size"}
    ratios = [(name, results.ratio(peer, ours, inputs, of)) for of, name in names.items()]
    return [(name, ratio) for name, ratio in ratios if ratio is not None and ratio < 0.98]
