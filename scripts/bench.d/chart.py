"""The picture: time beside what one would use else, and what is left of a backup when something breaks."""

import re
from collections import Counter
from html import escape
from pathlib import Path

from contests import BY_HAND, EXTENSION, ONE_AT_A_TIME, OURS, PGRESTORE, RESTORE, UNPACKER
from measure import Figures

# By title: the contest, its input, and the ways that are shown.
PANELS = {
    "Back up documents, gzip": ("backup gzip", "documents", [OURS, "pg_dump | igzip -3", "pg_dump | zstd -1 -T2",
                                "pg_dump | gzip", EXTENSION]),
    "Back up documents, bzip2": ("backup bzip2", "documents", [OURS, "pg_dump | lbzip2 -9", "pg_dump | bzip2 -9",
                                 EXTENSION]),
    "Back up many small databases": ("backup gzip", "small", [OURS, ONE_AT_A_TIME, "pg_dump | gzip", EXTENSION]),
    "Unpack bzip2, documents": ("unpack bzip2", "documents", [UNPACKER, "lbzip2 -d -n2", "bzip2 -d"]),
    "Restore documents": ("restore", "documents", [PGRESTORE, BY_HAND, RESTORE]),
}  # fmt: skip
WIDTH, LABEL, BAR, ROW, TITLE, MARGIN = 400, 165, 165, 18, 26, 16  # of a panel, in pixels
# A ground of its own: the words can be read on a page of any colour.
STYLE = """
.ground { fill: #ffffff } text { fill: #24292f; font: 12px sans-serif } .title { font-weight: bold }
.bar { fill: #9aa4ae } .ours { fill: #2563a8 }
@media (prefers-color-scheme: dark) {
.ground { fill: #161b22 } text { fill: #e6edf3 } .bar { fill: #6e7681 } .ours { fill: #58a6ff } }
"""

Panel = tuple[str, list[tuple[str, float, str]]]  # title; name, length and words of each bar


def draw(figures: Figures, faults: Path) -> str:
    """An SVG with two columns of panels."""
    panels = [losses(faults)]
    for title, (contest, name, ways) in reversed(PANELS.items()):
        costs = {way: figures.cost(contest, way, name) for way in ways}
        bars = [(way, cost.wall, f"{cost.wall:.2f}") for way, cost in costs.items() if cost]
        panels.insert(0, (f"{title}: seconds", bars))
    body, tops = [], [MARGIN, MARGIN]
    for number, panel in enumerate(panels):
        column = number % 2
        body += drawn(panel, MARGIN + column * (WIDTH + MARGIN), tops[column])
        tops[column] += TITLE + len(panel[1]) * ROW + MARGIN
    size = f'width="{2 * WIDTH + 3 * MARGIN}" height="{max(tops)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style><rect class="ground" {size} rx="6"/>'
    return "\n".join([head, *body, "</svg>\n"])


def losses(faults: Path) -> Panel:
    """How often yesterday's backup was lost: all tables of the page about faults together."""
    names, rounds, lost = [], 0, Counter()
    for line in faults.read_text().splitlines():
        first, *cells = [cell.strip(" `*").replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        if OURS in cells and not first:
            names = cells
        elif names and first == "rounds":
            rounds += int(cells[0])
        elif names and first.startswith("neither"):
            lost.update(dict(zip(names, map(int, cells))))
    return f"Backups lost, of {rounds} that were struck", [(name, count, str(count)) for name, count in lost.items()]


def drawn(panel: Panel, x: int, y: int) -> list[str]:
    """A title and a bar for each way; ours in another colour."""
    title, ways = panel
    body = [f'<text class="title" x="{x}" y="{y + 12}">{escape(title)}</text>']
    longest = max((length for _, length, _ in ways), default=0) or 1
    for number, (name, length, words) in enumerate(ways):
        top, width = y + TITLE + number * ROW, max(1, round(BAR * length / longest))
        ours = " ours" if name.startswith("cback-") else ""
        body += [
            f'<text x="{x + LABEL - 6}" y="{top + 10}" text-anchor="end">{escape(name)}</text>',
            f'<rect class="bar{ours}" x="{x + LABEL}" y="{top}" width="{width}" height="{ROW - 5}"/>',
            f'<text x="{x + LABEL + width + 6}" y="{top + 10}">{words}</text>',
        ]
    return body
