"""The picture: time beside what one would use else, and what is left of a backup when something breaks."""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from rounds import Figures
from ways import BY_HAND, EXTENSION, ONE_AT_A_TIME, OURS, PG_BACK, RESTORE, UNPACKER

# Title, contest, the ways that are shown.
PANELS = [
    ("Back up, gzip", "backup gzip", [OURS, "pg_dump | pigz", "pg_dump | gzip", PG_BACK, EXTENSION]),
    ("Back up, bzip2", "backup bzip2", [OURS, "pg_dump | lbzip2 -9", "pg_dump | bzip2 -9", EXTENSION]),
    ("Back up many small databases, gzip", "many gzip",
     [OURS, ONE_AT_A_TIME, "pg_dump | gzip", PG_BACK, EXTENSION]),
    ("Unpack bzip2", "unpack bzip2", [UNPACKER, "lbzip2 -d -n2", "pbzip2 -d -c -p2", "bzip2 -d"]),
    ("Restore; ours dumps again and compares", "restore", [RESTORE, BY_HAND]),
]  # fmt: skip
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
    panels = [panel for panel in (*timings(figures), *losses(faults)) if panel[1]]
    columns, bottoms = [panels[::2], panels[1::2]], []
    body: list[str] = []
    for number, column in enumerate(columns):
        y = MARGIN
        for panel in column:
            body += bars(panel, MARGIN + number * (WIDTH + MARGIN), y)
            y += TITLE + len(panel[1]) * ROW + MARGIN
        bottoms.append(y)
    width, height = 2 * WIDTH + 3 * MARGIN, max(bottoms)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    ground = f'<rect class="ground" width="{width}" height="{height}" rx="6"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", ground, *body, "</svg>\n"])


def timings(figures: Figures) -> Iterator[Panel]:
    """Seconds of wall time."""
    for title, contest, ways in PANELS:
        costs = {way: figures.cost(contest, way) for way in ways}
        yield f"{title}: seconds", [(way, cost.wall, f"{cost.wall:.2f}") for way, cost in costs.items() if cost]


def losses(faults: Path) -> Iterator[Panel]:
    """How often yesterday's backup was lost: all tables of the page about faults together."""
    names: list[str] = []
    rounds = 0
    lost: dict[str, int] = {}
    for line in faults.read_text().splitlines():
        first, *cells = [cell.strip(" `*").replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        if OURS in cells and not first:
            names = cells
        elif names and first == "rounds":
            rounds += int(cells[0])
        elif names and first.startswith("neither"):
            for name, count in zip(names, cells, strict=True):
                lost[name] = lost.get(name, 0) + int(count)
    yield f"Backups lost, of {rounds} that were struck", [(name, count, str(count)) for name, count in lost.items()]


def bars(panel: Panel, x: int, y: int) -> Iterator[str]:
    """A title and a bar for each way; ours in another colour."""
    title, ways = panel
    yield f'<text class="title" x="{x}" y="{y + 12}">{escape(title)}</text>'
    longest = max(length for _, length, _ in ways) or 1
    for number, (name, length, words) in enumerate(ways):
        middle = y + TITLE + number * ROW
        ours = " ours" if name.startswith("cback-") else ""
        width = max(1, round(BAR * length / longest))
        yield f'<text x="{x + LABEL - 6}" y="{middle + 10}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect class="bar{ours}" x="{x + LABEL}" y="{middle}" width="{width}" height="{ROW - 5}"/>'
        yield f'<text x="{x + LABEL + width + 6}" y="{middle + 10}">{words}</text>'
