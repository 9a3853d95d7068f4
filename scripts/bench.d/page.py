"""The page: goals and figures, in Markdown. Its words are in page.md."""

import math
import os
import platform
import re
import shutil
import statistics
import subprocess
from collections.abc import Iterable
from pathlib import Path

from contests import (
    BY_HAND, BZIP2, CHECK, EXTENSION, GZIP, LEVELLED, LEVELS, ONE_AT_A_TIME, OUR_MODULE, OURS, RESTORE, SLICES, STAGE,
    STAGES, THREADS, UNPACKER, VERIFY, Contests,
)  # fmt: skip
from corpora import CORPORA
from measure import Figures, Run, median, total

MB, MIB = 1e6, 1 << 20
# At most; contest; ours; peer: ratios of wall times.
GOALS = [
    ("whole backup, gzip", 0.23, "backup gzip", OURS, EXTENSION),
    ("whole backup, bzip2", 0.30, "backup bzip2", OURS, EXTENSION),
    ("many databases, gzip", 0.55, "many gzip", OURS, EXTENSION),
    ("many databases, none", 0.55, "many none", OURS, EXTENSION),
    ("many databases, one at a time, gzip", 1.00, "many gzip", ONE_AT_A_TIME, EXTENSION),
    ("many databases, one at a time, none", 1.00, "many none", ONE_AT_A_TIME, EXTENSION),
    ("gzip, default level", 0.25, "pack gzip", GZIP, "pigz -p2 -9"),
    ("gzip, default level", 0.65, "pack gzip", GZIP, "bgzip -@2 -l6 -c"),
    ("gzip, default level", 0.95, "pack gzip", GZIP, "igzip -3 -T2"),
    ("gzip -6", 0.38, "pack gzip", f"{GZIP} -6", "pigz -p2 -6"),
    ("gzip -6", 0.55, "pack gzip", f"{GZIP} -6", "crabz -Q -p2 -l6"),
    ("gzip, two threads", 0.55, "pack gzip", GZIP, "cback-compress -p1"),
    ("bzip2", 0.26, "pack bzip2", BZIP2, "bzip2 -9"),
    ("bzip2", 0.66, "pack bzip2", BZIP2, "lbzip2 -n2 -9"),
    ("unpacking gzip", 0.45, "unpack gzip", UNPACKER, "gzip -d"),
    ("unpacking bzip2", 0.55, "unpack bzip2", UNPACKER, "bzip2 -d"),
    ("unpacking bzip2", 1.00, "unpack bzip2", UNPACKER, "lbzip2 -d -n2"),
    ("proving a .gz whole", 1.00, "prove gzip", VERIFY, "gzip -t"),
    ("proving a .bz2 whole", 0.60, "prove bzip2", VERIFY, "bzip2 -t"),
    ("restoring, with dump and comparison", 1.20, "restore", RESTORE, BY_HAND),
    ("1 KiB of input", 1.00, "start", "cback-compress", "gzip"),
    *((f"the dump's {stage}", 1.03, stage, STAGE[1], STAGE[0]) for stage in STAGES),
]
# Whose costs the peers' are compared with.
CHAMPIONS = {"backup": OURS, "many": OURS, "pack gzip": GZIP, "pack bzip2": BZIP2, "unpack": UNPACKER, "prove": VERIFY,
             "restore": RESTORE}  # fmt: skip


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; the cells of head are parted by |. Figures stand on the right."""
    columns = head.count("|")
    lines = (" | ".join(cell.replace("|", r"\|") for cell in row) for row in rows)
    return "\n".join([f"| {head} |", "|---|" + "---:|" * columns, *(f"| {line} |" for line in lines)])


def show(number: float | None, digits: int = 2) -> str:
    return "" if number is None else f"{number:.{digits}f}"


def spread(totals: list[Run], scale: float = 1, digits: int = 2) -> str:
    """Median, least and greatest wall time; marked if others disturbed the median of them."""
    walls = [run.wall * scale for run in totals]
    mark = " †" if sum(run.disturbed for run in totals) * 2 > len(totals) else ""
    return "{0:.{3}f} ({1:.{3}f}–{2:.{3}f})".format(statistics.median(walls), min(walls), max(walls), digits) + mark


def champion(contest: str) -> str:
    return CHAMPIONS.get(contest) or CHAMPIONS.get(contest.split()[0], "")


def level(way: str) -> str:
    """The level of gzip, if it is one of those that are run at all levels."""
    return way[-1] if any(way in ways for ways in LEVELLED.values()) else ""


def page(contests: Contests, chart: str, before: float) -> str:
    figures = contests.figures
    titles = [name for name in dict.fromkeys(contest for contest, _, _ in figures.runs) if champion(name)]
    sizes = {name: path.stat().st_size / MB for name, path in contests.dumps.items()}
    small = [size for name, size in sizes.items() if name.startswith("small")]
    dump = figures.cost("stage", "cback-pgdump", ["text"]).wall
    packing = {mode: figures.cost("growth", way, ["text"]).cpu for mode, way in (("gzip", GZIP), ("bzip2", BZIP2))}
    return Path(__file__).with_name("page.md").read_text().format(
        chart=chart,
        rounds=figures.rounds,
        goals=goals(contests, sum(sizes[name] for name in CORPORA)),
        machine="\n".join(f"- {line}" for line in machine(contests, before)),
        left_out="\n".join(f"- `{way}`: {why}" for way, why in contests.left_out.items()) or "Nothing.",
        small=len(small),
        small_kb=statistics.fmean(small) * 1000,
        levels=levels(figures),
        starts=starts(figures),
        scaling=scaling(figures, sizes),
        dump=dump / sizes["text"] * 1000,
        **{f"{mode}_ms": cpu / sizes["text"] * 1000 for mode, cpu in packing.items()},
        **{f"{mode}_threads": math.ceil(cpu / dump) for mode, cpu in packing.items()},
        ahead=ahead(figures, titles),
        **{f"{name}_mb": sizes[name] for name in CORPORA},
        **{title.replace(" ", "_"): standings(figures, title) for title in titles},
    )  # fmt: skip


def goals(contests: Contests, megabytes: float) -> str:
    """Each goal, what was reached, and whether; and the ratio of CPU times beside that of wall times."""
    figures, packed = contests.figures, contests.packed
    rows = []
    for what, limit, contest, ours, peer in GOALS:
        # A restore by hand has a server whose CPU time is not counted.
        cpu = None if contest == "restore" else figures.ratio(contest, ours, peer, "cpu")
        rows.append((f"{what}: wall against {peer}", limit, figures.ratio(contest, ours, peer), cpu))
    sizes = [figures.ratio("pack gzip", f"{GZIP} -{level}", f"gzip -{level}", "size") for level in LEVELS]
    rows.append(("gzip, the worst of levels 1 to 9: size against gzip", 1, max(filter(None, sizes)), None))
    different = sum(packed[BZIP2, name] != packed["bzip2 -9", name] for name in CORPORA)
    rows.append(("bzip2: outputs that are not `bzip2 -9`'s to the byte", 0, different, None))
    for way, limit in ((GZIP, 16), (BZIP2, 48)):
        peak = max(run.memory for key, runs in figures.runs.items() if key[1] == way for run in runs) / MIB
        rows.append((f"peak memory of `{way}`, MiB", limit, peak, None))
    check = figures.cost("prove none", CHECK)
    rows.append((f"`{CHECK}`: ms of wall time per MB", 1.25, check.wall / megabytes * 1000, None))
    cells = []
    for what, limit, measured, cpu in rows:
        verdict = "not measured" if measured is None else "met" if measured <= limit else "**not met**"
        cells.append([what, f"{limit:g}", show(measured, 3), verdict, show(cpu, 3)])
    return table("goal | at most | measured |  | CPU likewise", cells)


def standings(figures: Figures, contest: str) -> str:
    """A row for each way, the fastest first, and how ours compares with it; of gzip's nine levels but two."""
    ours = champion(contest)
    each = [] if contest.startswith(("backup", "many")) else CORPORA
    sized = contest.startswith(("backup", "many", "pack"))  # elsewhere the output is the same, or nothing
    costs = {way: figures.cost(contest, way) for way in figures.ways(contest) if level(way) in ("", "6", "9")}
    rows = []
    for way, cost in sorted(costs.items(), key=lambda item: item[1].wall):
        ratios = [figures.ratio(contest, ours, way, of) for of in ("wall", "cpu")]
        ratios += [figures.ratio(contest, ours, way, "wall", [name]) for name in each]
        name = f"**`{way}`**" if way == ours else f"`{way}`"
        size = [show(cost.size / MB)] * sized
        wall = spread(figures.totals(contest, way))
        rows.append([name, wall, show(cost.cpu), show(cost.memory / MIB, 1), *size, *map(show, ratios)])
    heads = ["command", "wall s", "CPU s", "MiB", *["MB"] * sized, "ours / its: wall", "CPU"]
    return table(" | ".join([*heads, *(f"{name}, wall" for name in each)]), rows)


def levels(figures: Figures) -> str:
    rows = []
    for number in LEVELS:
        each = [figures.cost("pack gzip", f"{tool} -{number}") for tool in LEVELLED]
        rows.append([str(number), *(f"{cost.wall:.2f} / {cost.size / MB:.2f}" if cost else "" for cost in each)])
    return table(" | ".join(["level", *(f"`{tool}`" for tool in LEVELLED)]), rows)


def starts(figures: Figures) -> str:
    rows = [[f"`{way}`", spread(figures.totals("start", way), 1000)] for way in figures.ways("start")]
    for stage, way in ((stage, way) for stage in STAGES for way in figures.ways(stage)):
        name = f"`{way}`, the three databases{stage.removeprefix('stage')}"
        rows.append([name, spread(figures.totals(stage, way), 1000, 0)])
    return table("command | wall ms", rows)


def scaling(figures: Figures, megabytes: dict[str, float]) -> str:
    """Cost by the number of threads, and by the size of the input."""
    runs = [("threads", way, "text") for way in THREADS]
    runs += [("growth", way, name) for way in (GZIP, BZIP2) for name in SLICES]
    rows = []
    for contest, way, name in runs:
        cost, size = figures.cost(contest, way, [name]), megabytes[name]
        each = [show(cost.wall / size * 1000, 1), show(cost.cpu / size * 1000, 1), show(cost.memory / MIB, 1)]
        rows.append([f"`{way}`, {size:.3g} MB", *each])
    return table("command, of the text | wall ms per MB | CPU ms per MB | MiB", rows)


def ahead(figures: Figures, titles: list[str]) -> str:
    """The peers that have less of anything, by more than two in a hundred; all their costs in units of ours."""
    rows = []
    for contest, way in ((contest, way) for contest in titles for way in figures.ways(contest)):
        ours = f"{GZIP} -{level(way)}" if level(way) else champion(contest)
        ratios = {of: figures.ratio(contest, way, ours, of) for of in ("wall", "cpu", "memory", "size")}
        less = [of for of, ratio in ratios.items() if ratio and ratio < 0.98]
        # All nine levels of gzip have less memory: for that alone but two of them are shown.
        is_shown = less != ["memory"] or level(way) in ("", "6", "9")
        if less and is_shown and not way.startswith("cback-") and way != OUR_MODULE:
            cells = [f"**{show(ratio)}**" if of in less else show(ratio) for of, ratio in ratios.items()]
            rows.append([f"{contest}: `{way}`", *cells])
    return table("contest: peer | wall | CPU | MiB | MB", rows) if rows else "Nowhere in this run."


def machine(contests: Contests, before: float) -> list[str]:
    """The machine, how busy it was, and the versions."""
    cpuinfo = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    runs = sum(contests.figures.runs.values(), [])
    ways = dict.fromkeys(way.removeprefix("pg_dump | ").split()[0] for _, way, _ in contests.figures.runs)
    cedar = "import importlib.metadata as m; print('cedar-backup3', m.version('cedar-backup3'))"
    return [
        f"{cpuinfo[1] if cpuinfo else platform.machine()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, "
        f"Linux {platform.release().split('-')[0]}",
        f"How busy: others used {before:.2f} cores before it, and {total(runs).others / total(runs).wall:.2f} on average "
        f"while it was measured; {sum(run.disturbed for run in runs)} of the {len(runs)} runs were disturbed, by more "
        "than 0.10",
        *(version([way, "--version"]) for way in ways if shutil.which(way) and way not in ("python3", "createdb")),
        f"Python {platform.python_version()}, {version([str(contests.python), '-c', cedar])}",
    ]


def version(command: list[str]) -> str:
    """The first line of what a program says of itself, with its name."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode and command[-1] == "--version":
        return version([command[0], "-V"])
    line = (done.stdout.strip() or done.stderr.strip() or "version unknown").splitlines()[0]
    return line if Path(command[0]).name in (line.split()[0], "python") else f"{command[0]}: {line}"
