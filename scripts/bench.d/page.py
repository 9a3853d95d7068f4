"""What the page shows of a run: goals and figures, each by its input, in Markdown, and the picture."""

import os
import platform
import re
import subprocess
from html import escape
from pathlib import Path

from contests import (
    BY_HAND, BZIP2, CHECK, CLUSTER, CONTESTS, DUMP, EXTENSION, GZIP, LEVELS, MANY, ONE_AT_A_TIME, OURS, PGRESTORE, RESTORE,
    SEPARATE, UNPACKER, VERIFY, Bench, Contest, programs,
)  # fmt: skip
from corpora import CORPORA
from measure import Figures

UNITS = {"wall": 1, "cpu": 1, "memory": 1 << 20, "size": 1e6}
INPUTS = (*CORPORA, MANY, CLUSTER)
# At most; contest; ours; peer, with whom it is a ratio, or none; of what.
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
    ("bzip2", 1.00, "pack bzip2", BZIP2, "bzip2 -9", "size"),
    ("unpacking gzip", 0.40, "unpack gzip", UNPACKER, "gzip -d", "wall"),
    ("unpacking bzip2", 0.52, "unpack bzip2", UNPACKER, "bzip2 -d", "wall"),
    ("unpacking bzip2", 1.15, "unpack bzip2", UNPACKER, "lbzip2 -d -n2", "wall"),
    ("checking a plain dump", 0.17, "prove none", CHECK, "sha256sum", "wall"),
    ("proving a .gz whole", 0.65, "prove gzip", VERIFY, "gzip -t", "wall"),
    ("proving a .bz2 whole", 0.65, "prove bzip2", VERIFY, "bzip2 -t", "wall"),
    ("proving by a restore", 1.20, "restore", RESTORE, BY_HAND, "wall"),
    ("restoring", 1.05, "restore", PGRESTORE, BY_HAND, "wall"),
    ("the dump's stage", 1.03, "stage none", DUMP, "pg_dump", "wall"),
    (f"peak memory of `{GZIP}`, MiB", 16, "pack gzip", GZIP, "", "memory"),
    (f"peak memory of `{BZIP2}`, MiB", 48, "pack bzip2", BZIP2, "", "memory"),
]
PANELS = {  # contest and input by title
    "Back up documents, gzip": ("backup gzip", "documents"),
    "Back up documents, bzip2": ("backup bzip2", "documents"),
    "Back up many small databases": ("backup gzip", "small"),
    "Unpack bzip2, documents": ("unpack bzip2", "documents"),
    "Restore documents": ("restore", "documents"),
}
# A ground of its own: the words can be read on a page of any colour.
STYLE = """
.ground { fill: #ffffff } text { fill: #24292f; font: 12px sans-serif } .title { font-weight: bold }
.bar { fill: #9aa4ae } .ours { fill: #2563a8 }
@media (prefers-color-scheme: dark) {
.ground { fill: #161b22 } text { fill: #e6edf3 } .bar { fill: #6e7681 } .ours { fill: #58a6ff } }
"""
SIZED = ("backup", "whole", "pack")  # elsewhere the output is the same, or nothing


def fill(page: str, bench: Bench, run: str) -> str:
    """The page with what this run has measured between its marks."""
    measured = [contest for contest in CONTESTS if any(title == contest.title for title, _, _ in bench.figures)]
    left_out = "\n".join(f"- `{way}`: {program} is not installed" for way, program in bench.left_out.items())
    parts = {
        "goals": goals(bench.figures),
        "machine": "\n".join(f"- {line}" for line in [run, *machine(bench.figures)]),
        "left out": left_out or "Nothing.",
        "tables": "\n\n".join(f"### {it.title.capitalize()}\n\n{standings(bench.figures, it)}" for it in measured),
    }
    return re.sub(r"(?s)(<!-- ([a-z ]+) -->\n).*?(<!-- end -->)", lambda it: f"{it[1]}\n{parts[it[2]]}\n\n{it[3]}", page)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table. Figures stand on the right."""
    lines = [" | ".join(cell.replace("|", r"\|") for cell in row) for row in (head, *rows)]
    return "\n".join([f"| {lines[0]} |", "|---|" + "---:|" * (len(head) - 1), *(f"| {line} |" for line in lines[1:])])


def goals(figures: Figures) -> str:
    """Each goal and what was reached with each input, bold where it was not."""
    rows = []
    for what, limit, contest, ours, peer, of in GOALS:
        row = [f"{what}: {of} against `{peer}`" if peer else what, f"{limit:g}"]
        for name in INPUTS:
            mine, its = figures.cost(contest, ours, name), figures.cost(contest, peer, name)
            reached = mine and (its or not peer) and getattr(mine, of) / (getattr(its, of) if peer else UNITS[of])
            row.append("" if reached is None else f"{reached:.2f}" if reached <= limit else f"**{reached:.2f}**")
        rows.append(row)
    return table(["goal", "at most", *INPUTS], rows)


def standings(figures: Figures, contest: Contest) -> str:
    """A row for each way, the fastest first; bold is what it has less of than ours, by more than two in a hundred."""
    title, ours = contest.title, contest.ours
    names = [name for name in INPUTS if any(key[::2] == (title, name) for key in figures)]
    ways = [way for way in contest.ways if (title, way, names[0]) in figures]
    rows = []
    for way in sorted(ways, key=lambda way: figures.cost(title, way, names[0]).wall):
        costs = [figures.cost(title, way, name) for name in names]
        row = [f"**`{way}`**" if way == ours else f"`{way}`"]
        for name, cost in zip(names, costs):
            cell = []
            for of in ("wall", "cpu", *["size"] * title.startswith(SIZED)):
                figure = f"{getattr(cost, of) / UNITS[of]:.3g}"
                less = ours and getattr(cost, of) < 0.98 * getattr(figures.cost(title, ours, name), of)
                cell.append(f"**{figure}**" if less else figure)
            row.append(" / ".join(cell) + " †" * figures.differ(title, way, name))
        rows.append([*row, f"{max(cost.memory for cost in costs) / UNITS['memory']:.1f}"])
    return table(["command", *names, "MiB"], rows)


def machine(figures: Figures) -> list[str]:
    """The machine and the versions."""
    cpuinfo = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return [
        f"{cpuinfo[1] if cpuinfo else platform.machine()}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}",
        f"† marks {sum(figures.differ(*key) for key in figures)} of the {len(figures)} medians, of runs that differ by more "
        "than a quarter, so that something else disturbed one",
        *(f"`{name}`: {version(name)}" for name in dict.fromkeys(name for _, way, _ in figures for name in programs(way))),
    ]


def version(program: str) -> str:
    """The first line of what it says of itself."""
    ask = 'said=$("$0" --version 2>&1) || said=$("$0" -V 2>&1); echo "$said"'
    return subprocess.check_output(["sh", "-c", ask, program], stdin=subprocess.DEVNULL, text=True).strip().splitlines()[0]


def draw(figures: Figures, faults: str) -> str:
    """The picture: an SVG with two columns of panels; our bars in another colour."""
    panels = []
    for title, (contest, name) in PANELS.items():
        walls = {way: figures.cost(contest, way, name).wall for kind, way, of in figures if (kind, of) == (contest, name)}
        panels.append((f"{title}: seconds", "{:.2f}", sorted(walls.items(), key=lambda bar: bar[1])))
    body, heights = [], [16, 16]
    for number, (title, form, bars) in enumerate([*panels, losses(faults)]):
        x, y = 16 + number % 2 * 416, heights[number % 2]
        body.append(f'<text class="title" x="{x}" y="{y + 12}">{escape(title)}</text>')
        longest = max((length for _, length in bars), default=0) or 1
        for top, (name, length) in enumerate(bars):
            top, width = y + 26 + 18 * top, max(1, round(165 * length / longest))
            ours = " ours" if name.startswith("cback-") else ""
            body += [
                f'<text x="{x + 159}" y="{top + 10}" text-anchor="end">{escape(name)}</text>',
                f'<rect class="bar{ours}" x="{x + 165}" y="{top}" width="{width}" height="13"/>',
                f'<text x="{x + 171 + width}" y="{top + 10}">{form.format(length)}</text>',
            ]
        heights[number % 2] = y + 42 + 18 * len(bars)
    size = f'width="848" height="{max(heights)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style><rect class="ground" {size} rx="6"/>'
    return "\n".join([head, *body, "</svg>\n"])


def losses(faults: str) -> tuple[str, str, list[tuple[str, int]]]:
    """How often yesterday's backup was lost: all tables of the page about faults together."""
    rows = [[cell.strip(" *`").replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in faults.splitlines()]
    names = next(row[1:] for row in rows if row[:2] == ["", "cback-postgresql"])
    rounds = sum(int(row[1]) for row in rows if row[:1] == ["rounds"])
    lost = [sum(map(int, counts)) for counts in zip(*(row[1:] for row in rows if row and row[0].startswith("neither")))]
    return f"Backups lost, of {rounds} that were struck", "{:d}", list(zip(names, lost))
