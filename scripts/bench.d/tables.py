"""Figures as text."""

import statistics
from collections.abc import Iterable

from measure import Run

MB, MIB = 1e6, 1 << 20


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; the cells of head are parted by |. Figures stand on the right."""
    columns = head.split("|")
    rule = "|".join(["---"] + ["---:"] * (len(columns) - 1))
    escaped = ([cell.replace("|", r"\|") for cell in row] for row in rows)
    lines = [head, rule, *(" | ".join(row) for row in escaped)]
    return "\n".join(f"| {line} |" if line != rule else f"|{line}|" for line in lines)


def show(number: float | None, digits: int = 2) -> str:
    """A figure, or nothing."""
    return "" if number is None else f"{number:.{digits}f}"


def spread(totals: list[Run], scale: float = 1, digits: int = 2) -> str:
    """Median, least and greatest wall time; marked if others disturbed the median of them."""
    walls = [run.wall * scale for run in totals]
    shown = statistics.median(walls), min(walls), max(walls)
    mark = " †" if sum(run.disturbed for run in totals) * 2 > len(totals) else ""
    return "{0:.{3}f} ({1:.{3}f}–{2:.{3}f})".format(*shown, digits) + mark
