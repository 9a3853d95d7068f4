"""The page: what was measured, in Markdown. Its words are in page.md."""

import math
import os
import platform
import re
import shutil
import statistics
import subprocess
from pathlib import Path

from contests import Contests
from corpora import CORPORA
from goals import goals
from measure import median
from rounds import Figures
from tables import MB, MIB, show, spread, table
from ways import (
    BZIP2, GZIP, LEVELLED, LEVELS, OUR_MODULE, OURS, RESTORE, SLICES, STAGES, THREADS, UNPACKER, VERIFY,
)  # fmt: skip

# Whose costs the peers' are compared with.
CHAMPIONS = {
    "backup": OURS, "many": OURS, "pack gzip": GZIP, "pack bzip2": BZIP2, "unpack": UNPACKER, "prove": VERIFY,
    "restore": RESTORE,
}  # fmt: skip
TABLES = [f"{title}_{mode}" for title in ("backup", "pack", "unpack", "prove") for mode in ("gzip", "bzip2")]
TABLES += ["backup_none", "many_none", "many_gzip", "prove_none", "restore"]


def page(contests: Contests, chart: str) -> str:
    """The whole page."""
    figures = contests.rounds.figures
    tables = {title.replace(" ", "_"): standings(figures, title) for title in titles(figures)}
    words = Path(__file__).with_name("page.md").read_text()
    left_out = [f"`{command}`: {why}" for command, why in contests.left_out.items()]
    sizes = {name: path.stat().st_size / MB for name, path in contests.dumps.items()}
    small = [size for name, size in sizes.items() if name.startswith("small")]
    return words.format(
        chart=chart,
        rounds=contests.rounds.number,
        goals=goals(contests),
        machine="\n".join(f"- {line}" for line in machine(contests)),
        left_out="\n".join(f"- {line}" for line in left_out) or "Nothing.",
        small=len(small),
        small_kb=statistics.fmean(small) * 1000,
        levels=levels(figures),
        starts=starts(figures),
        threads=threads(figures, sizes["text"]),
        growth=growth(figures, sizes),
        keeping_up=keeping_up(figures, sizes["text"]),
        ahead=ahead(figures),
        **{f"{name}_mb": sizes[name] for name in CORPORA},
        **dict.fromkeys(TABLES, "Not measured.") | tables,
    )


def titles(figures: Figures) -> list[str]:
    """The contests that have a champion of ours."""
    known = dict.fromkeys(contest for contest, _, _ in figures.runs)
    return [contest for contest in known if champion(contest)]


def champion(contest: str) -> str:
    """Ours."""
    return CHAMPIONS.get(contest) or CHAMPIONS.get(contest.split(maxsplit=1)[0], "")


def standings(figures: Figures, contest: str) -> str:
    """A row for each way, the fastest first, and how ours compares with it; of gzip's nine levels but two."""
    ours, inputs = champion(contest), figures.inputs(contest)
    each = inputs if len(inputs) > 1 else []
    sized = contest.startswith(("backup", "many", "pack"))  # elsewhere what comes out is the same, or nothing
    shown = [way for way in figures.ways(contest) if level(way) in ("", "6", "9")]
    costs = {way: median(figures.totals(contest, way)) for way in shown}
    rows = []
    for way, cost in sorted(costs.items(), key=lambda item: item[1].wall):
        ratios = [figures.ratio(contest, ours, way, of) for of in ("wall", "cpu")]
        ratios += [figures.ratio(contest, ours, way, "wall", [name]) for name in each]
        name = f"**`{way}`**" if way == ours else f"`{way}`"
        wall, cpu = spread(figures.totals(contest, way)), show(cost.cpu)
        size = [show(cost.size / MB)] * sized
        rows.append([name, wall, cpu, show(cost.memory / MIB, 1), *size, *map(show, ratios)])
    heads = ["command", "wall s", "CPU s", "MiB", *["MB"] * sized, "ours / its: wall", "CPU"]
    return table(" | ".join([*heads, *(f"{name}, wall" for name in each)]), rows)


def level(way: str) -> str:
    """Which of gzip's levels it is, if it is one of those that are run at all levels."""
    return way[-1] if any(way in ways for ways in LEVELLED.values()) else ""


def levels(figures: Figures) -> str:
    """Wall and size of each level of gzip."""
    rows = []
    for number in LEVELS:
        each = [figures.cost("pack gzip", f"{tool} -{number}") for tool in LEVELLED]
        rows.append([str(number), *(f"{cost.wall:.2f} / {cost.size / MB:.2f}" if cost else "" for cost in each)])
    return table(" | ".join(["level", *(f"`{tool}`" for tool in LEVELLED)]), rows)


def starts(figures: Figures) -> str:
    """Milliseconds of what has next to nothing to do, and of the dump's stage."""
    rows = [[f"`{way}`", spread(figures.totals("start", way), 1000)] for way in figures.ways("start")]
    for stage in STAGES:
        for way in figures.ways(stage):
            name = f"`{way}`, the three databases{stage.removeprefix('stage')}"
            rows.append([name, spread(figures.totals(stage, way), 1000, 0)])
    return table("command | wall ms", rows)


def threads(figures: Figures, megabytes: float) -> str:
    """Cost by the number of threads."""
    costs = {way: figures.cost("threads", way) for way in THREADS}
    rows = [
        [f"`{way}`", show(cost.wall), show(cost.cpu / megabytes * 1000, 1), show(cost.memory / MIB, 1)]
        for way, cost in costs.items()
        if cost
    ]
    return table("command, on text | wall s | CPU ms per MB | MiB", rows)


def growth(figures: Figures, megabytes: dict[str, float]) -> str:
    """Cost by the size of the input."""
    rows = []
    for name in SLICES:
        cells = [f"{megabytes[name]:.3g} MB"]
        for way in (GZIP, BZIP2):
            cost = figures.cost("growth", way, [name])
            cells += [show(cost.wall / megabytes[name] * 1000, 1), show(cost.memory / MIB, 1)] if cost else ["", ""]
        rows.append(cells)
    return table("input | gzip: wall ms per MB | MiB | bzip2: wall ms per MB | MiB", rows)


def keeping_up(figures: Figures, megabytes: float) -> str:
    """How many threads pack as fast as pg_dump dumps, on enough cores."""
    dump = median(figures.totals(STAGES[0], "cback-pgdump", ["text"]))
    words = []
    for mode, way in (("gzip", GZIP), ("bzip2", BZIP2)):
        pack = median(figures.totals("growth", way, ["text"]))
        threads = math.ceil(pack.cpu / dump.wall)
        words.append(f"{threads} with {mode} ({pack.cpu / megabytes * 1000:.1f} ms of CPU time per MB)")
    return (
        f"It gives a megabyte of text in {dump.wall / megabytes * 1000:.1f} ms here; so many threads, on as many "
        f"cores, keep up with that: {', '.join(words)}. More gain nothing for one database, but for several at a time."
    )


def ahead(figures: Figures) -> str:
    """The peers that have less of anything, by more than two in a hundred; all their costs in units of ours.

    All nine levels of gzip have less memory: for that alone but two of them are shown.
    """
    rows = []
    for contest in titles(figures):
        for way in figures.ways(contest):
            ours = f"{GZIP} -{level(way)}" if level(way) else champion(contest)
            ratios = {of: figures.ratio(contest, way, ours, of) for of in ("wall", "cpu", "memory", "size")}
            less = [of for of, ratio in ratios.items() if ratio and ratio < 0.98]
            if not less or is_ours(way) or (less == ["memory"] and level(way) not in ("", "6", "9")):
                continue
            cells = [f"**{show(ratio)}**" if of in less else show(ratio) for of, ratio in ratios.items()]
            rows.append([f"{contest}: `{way}`", *cells])
    return table("contest: peer | wall | CPU | MiB | MB", rows) if rows else "Nowhere in this run."


def is_ours(way: str) -> bool:
    """Not a peer."""
    return way.startswith("cback-") or way == OUR_MODULE


def machine(contests: Contests) -> list[str]:
    """The machine, how busy it was, and the versions."""
    cpuinfo = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    cores = len(os.sched_getaffinity(0))
    cedar = "import importlib.metadata as m; print('cedar-backup3', m.version('cedar-backup3'))"
    ways = dict.fromkeys(way.removeprefix("pg_dump | ").split()[0] for _, way, _ in contests.rounds.figures.runs)
    programs = [way for way in ways if shutil.which(way) and way not in ("python3", "createdb")]
    return [
        f"{cpuinfo[1] if cpuinfo else platform.machine()}, {cores} cores, {memory:.0f} GiB, "
        f"Linux {platform.release().split('-')[0]}",
        f"How busy: {contests.rounds.account()}",
        *(version([program, "--version"]) for program in programs),
        f"Python {platform.python_version()}, {version([str(contests.python), '-c', cedar])}",
    ]


def version(command: list[str]) -> str:
    """The first line of what a program says of itself, with its name."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode and command[-1] == "--version":
        return version([*command[:-1], "-V"])
    line = (done.stdout.strip() or done.stderr.strip() or "version unknown").splitlines()[0]
    return line if Path(command[0]).name in (line.split()[0], "python") else f"{command[0]}: {line}"
