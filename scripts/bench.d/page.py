"""The page: goals and figures, each by its input, in Markdown. Its words are in page.md."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from contests import (
    BY_HAND, BZIP2, CHECK, CLUSTER, EXTENSION, GZIP, LEVELS, MANY, ONE_AT_A_TIME, OURS, PGRESTORE, RESTORE,
    SEPARATE, STAGE, UNPACKER, VERIFY, Contests,
)  # fmt: skip
from corpora import CORPORA
from measure import Figures, Run

MB, MIB = 1e6, 1 << 20
INPUTS = (*CORPORA, MANY, CLUSTER)
# At most; contest; ours; peer; of what: ratios.
GOALS = [
    ("whole backup, gzip", 0.55, "backup gzip", OURS, EXTENSION, "wall"),
    ("whole backup, bzip2", 0.55, "backup bzip2", OURS, EXTENSION, "wall"),
    ("whole cluster, all=Y", 0.60, "whole", OURS, EXTENSION, "wall"),
    ("the same, separate=Y", 0.60, "whole", SEPARATE, EXTENSION, "wall"),
    ("one at a time", 1.00, "backup none", ONE_AT_A_TIME, EXTENSION, "wall"),
    ("gzip -6", 0.38, "pack gzip", GZIP, "pigz -p2 -6", "wall"),
    ("gzip -9", 0.25, "pack gzip", f"{GZIP} -9", "pigz -p2 -9", "wall"),
    ("gzip -6", 0.95, "pack gzip", GZIP, "igzip -3 -T2", "wall"),
    ("gzip -6", 0.55, "pack gzip", GZIP, "cback-compress -p1", "wall"),
    *((f"gzip -{level}", 1.00, "levels", f"{GZIP} -{level}", f"gzip -{level}", "size") for level in LEVELS),
    ("bzip2", 0.26, "pack bzip2", BZIP2, "bzip2 -9", "wall"),
    ("bzip2", 0.70, "pack bzip2", BZIP2, "lbzip2 -n2 -9", "wall"),
    ("unpacking gzip", 0.40, "unpack gzip", UNPACKER, "gzip -d", "wall"),
    ("unpacking bzip2", 0.52, "unpack bzip2", UNPACKER, "bzip2 -d", "wall"),
    ("unpacking bzip2", 1.15, "unpack bzip2", UNPACKER, "lbzip2 -d -n2", "wall"),
    ("proving a .gz whole", 0.65, "prove gzip", VERIFY, "gzip -t", "wall"),
    ("proving a .bz2 whole", 0.65, "prove bzip2", VERIFY, "bzip2 -t", "wall"),
    ("proving by a restore", 1.20, "restore", RESTORE, BY_HAND, "wall"),
    ("restoring", 1.05, "restore", PGRESTORE, BY_HAND, "wall"),
    ("the dump's stage", 1.03, "stage", STAGE[1], STAGE[0], "wall"),
]
# Whose costs the peers' are compared with.
CHAMPIONS = {"backup": OURS, "whole": OURS, "pack gzip": GZIP, "pack bzip2": BZIP2, "unpack": UNPACKER, "prove": VERIFY,
             "restore": PGRESTORE, "stage": STAGE[1]}  # fmt: skip
ORDER = ("backup", "whole", "pack", "levels", "unpack", "prove", "restore", "stage", "threads")
SIZED = ("backup", "whole", "pack")  # elsewhere the output is the same, or nothing


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table. Figures stand on the right."""
    lines = [" | ".join(cell.replace("|", r"\|") for cell in row) for row in (head, *rows)]
    return "\n".join([f"| {lines[0]} |", "|---|" + "---:|" * (len(list(head)) - 1), *(f"| {line} |" for line in lines[1:])])


def page(contests: Contests, chart: str, before: float, unusual: str) -> str:
    figures = contests.figures
    titles = sorted(dict.fromkeys(contest for contest, _, _ in figures.runs), key=lambda title: ORDER.index(title.split()[0]))
    sizes = {f"{name}_mb": os.path.getsize(contests.dumps.get(name, os.devnull)) / MB for name in CORPORA}
    return Path(__file__).with_name("page.md").read_text().format(
        chart=chart,
        unusual=unusual and f" of another run than the usual{unusual}",
        rounds=figures.rounds,
        goals=goals(contests),
        machine="\n".join(f"- {line}" for line in machine(contests, before)),
        left_out="\n".join(f"- `{way}`: {why}" for way, why in contests.left_out.items()) or "Nothing.",
        small=len(contests.small),
        **sizes,
        tables="\n\n".join(f"### {title.capitalize()}\n\n{standings(figures, title)}" for title in titles),
    )  # fmt: skip


def goals(contests: Contests) -> str:
    """Each goal and what was reached with each input, bold where it was not."""
    figures, rows = contests.figures, []
    for what, limit, contest, ours, peer, of in GOALS:
        ratios = [figures.ratio(contest, ours, peer, of, name) for name in INPUTS]
        rows.append((f"{what}: {of} against `{peer}`", limit, ratios, "{:.2f}"))
    for way, limit in ((GZIP, 16), (BZIP2, 48)):
        runs = [figures.cost(f"pack {'bzip2' if way == BZIP2 else 'gzip'}", way, name) for name in INPUTS]
        rows.append((f"peak memory of `{way}`, MiB", limit, [run and run.memory / MIB for run in runs], "{:.1f}"))
    packed = [[contests.packed.get((way, name)) for way in (BZIP2, "bzip2 -9")] for name in INPUTS]
    different = [ours and ours != its for ours, its in packed]
    rows.append(("bzip2: other bytes than `bzip2 -9`'s", 0, different, "{:d}"))
    checked = [(figures.cost("prove none", CHECK, name), contests.dumps.get(name)) for name in INPUTS]
    costs = [cost and cost.wall * 1000 / (dump.stat().st_size / MB) for cost, dump in checked]
    rows.append((f"`{CHECK}`: ms per MB", 1.25, costs, "{:.2f}"))
    cells = []
    for what, limit, measured, form in rows:
        shown = ["" if it is None else form.format(it) if it <= limit else f"**{form.format(it)}**" for it in measured]
        cells.append([what, f"{limit:g}", *shown])
    return table(["goal", "at most", *INPUTS], cells)


def standings(figures: Figures, contest: str) -> str:
    """A row for each way, the fastest first; bold is what it has less of than ours, by more than two in a hundred."""
    champion = CHAMPIONS.get(contest) or CHAMPIONS.get(contest.split()[0])
    names = [name for name in INPUTS if any(key[0] == contest and key[2] == name for key in figures.runs)]
    rows = []
    for way in sorted(figures.ways(contest), key=lambda way: figures.cost(contest, way, names[0]).wall):
        costs = [(figures.cost(contest, way, name), figures.cost(contest, champion, name)) for name in names]
        peak = max(cost.memory for cost, _ in costs) / MIB
        cells = [cell(*pair, contest.split()[0] in SIZED) for pair in costs]
        rows.append([f"**`{way}`**" if way == champion else f"`{way}`", *cells, f"{peak:.1f}"])
    return table(["command", *names, "MiB"], rows)


def cell(cost: Run, ours: Run | None, sized: bool) -> str:
    """Wall and CPU seconds, and megabytes; marked if others disturbed the run."""
    figures = []
    for of, unit in (("wall", 1), ("cpu", 1), *[("size", MB)] * sized):
        figure = f"{getattr(cost, of) / unit:.3g}"
        less = ours and getattr(cost, of) < 0.98 * getattr(ours, of)
        figures.append(f"**{figure}**" if less else figure)
    return " / ".join(figures) + " †" * cost.disturbed


def machine(contests: Contests, before: float) -> list[str]:
    """The machine, how busy it was, and the versions."""
    cpuinfo = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    runs = sum(contests.figures.runs.values(), [])
    ways = dict.fromkeys(part.split()[0] for _, way, _ in contests.figures.runs for part in way.split(" | "))
    cedar = "import importlib.metadata as m; print('cedar-backup3', m.version('cedar-backup3'))"
    others = sum(run.others for run in runs) / sum(run.wall for run in runs)
    return [
        f"{cpuinfo[1] if cpuinfo else platform.machine()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, "
        f"Linux {platform.release().split('-')[0]}",
        f"How busy: others used {before:.2f} cores before it, and {others:.2f} on average while it was measured; "
        f"{sum(run.disturbed for run in runs)} of the {len(runs)} runs were disturbed, by more than 0.10",
        *(version([way, "--version"]) for way in ways if shutil.which(way) and way != "createdb"),
        f"Python {platform.python_version()}, {version([str(contests.python), '-c', cedar])}",
    ]


def version(command: list[str]) -> str:
    """The first line of what a program says of itself, with its name."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode and command[-1] == "--version":
        return version([command[0], "-V"])
    line = (done.stdout.strip() or done.stderr.strip() or "version unknown").splitlines()[0]
    return line if Path(command[0]).name in (line.split()[0], "python") else f"{command[0]}: {line}"
