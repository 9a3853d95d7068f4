"""The page around the tables: the machine, the versions; and the chart's data. Its words are in page.md."""

import json
import os
import platform
import re
import subprocess
from pathlib import Path

import report
from contests import CEDAR, CORPORA, GZIP, LEVELS, PIPES, SERIAL, SHOWN, SLICED, SLICES, TO_BZIP2, competing
from report import MB, Results

COLOURS = {
    "cback": "tab:red", "gzip": "tab:gray", "pigz": "tab:blue", "crabz": "tab:orange", "Cedar": "black",
    "bzip2": "tab:brown", "pbzip": "tab:green", "lbzip": "tab:purple",
}  # fmt: skip


def machine(python: Path) -> str:
    """The machine and the versions, as a list."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", cpuinfo)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    lines = [
        f"{model[1] if model else platform.machine()}, {cores} cores, {memory:.0f} GiB, "
        f"Linux {platform.release().split('-')[0]}, load before the run {load:.1f}"
        + (": **busy with other work**, so wall times are long and scattered" if load > cores / 2 else "")
    ]
    tools = competing(["cback-compress", "pg_dump", "gzip", "pigz", "crabz", "bzip2", "pbzip2", "lbzip2"])
    lines += [version([tool, "--version"]) for tool in tools]
    lines.append(f"Python {platform.python_version()}")
    cedar = "import importlib.metadata as m; print('cedar-backup3', m.version('cedar-backup3'))"
    lines.append(version([str(python), "-c", cedar]))
    return "\n".join(f"- {line}" for line in lines)


def version(command: list[str]) -> str:
    """The first line of what a program says of itself."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[0]


def page(results: Results, about: str, rounds: int, chart: str) -> str:
    """The whole page."""
    words = Path(__file__).with_name("page.md").read_text()
    return words.format(
        rounds=rounds,
        chart=chart,
        machine=about,
        goals=report.goals(results),
        **{name: results.sizes[name] / MB for name in CORPORA},
        backups="\n\n".join(f"### {mode}\n\n{report.backups(results, mode)}" for mode in PIPES),
        gzip=report.compressors(results, SHOWN),
        levels=report.levels(results),
        bzip2=report.compressors(results, TO_BZIP2),
        small=report.small(results),
        threads=report.threads(results),
        growth=report.growth(results),
        model=report.model(results),
        better=report.better(results),
    )


def draw(results: Results, python: Path, file: Path) -> None:
    """Have the chart drawn: its library lies in a Python of its own."""
    tools = ("gzip", "pigz -p2", GZIP)
    curves = [(tool, [f"{tool} -{level}" for level in LEVELS]) for tool in tools]
    single = ["crabz -Q -p2 -l6", CEDAR["gzip"], *TO_BZIP2]
    points = [(command, [command]) for command in single if command not in SERIAL.values()]
    traded = []
    for name, commands in (*curves, *points):
        found = [cost for command in commands if (cost := results.cost(command))]
        if found:
            traded.append(series(name, [(cost.wall, cost.size / MB) for cost in found]))
    grown = []
    for command in [command for command in SLICED if command not in SERIAL.values()]:
        costs = [(results.sizes[name] / MB, results.cost(command, [name])) for name in (*SLICES, "text")]
        if all(cost for _, cost in costs):
            grown.append(series(command, [(size, cost.wall) for size, cost in costs if cost]))
    panels = [
        panel(
            "All inputs: wall time against size; gzip levels 1 to 9",
            "wall time, s",
            "output, MB",
            "linear",
            traded,
        ),
        panel("Text: wall time against the size of the input", "input, MB", "wall time, s", "log", grown),
    ]
    subprocess.run(
        [python, Path(__file__).with_name("chart.py"), file], input=json.dumps(panels), text=True, check=True
    )


def series(name: str, points: list[tuple[float, float]]) -> dict[str, object]:
    """A line of the chart."""
    return {
        "name": name,
        "points": points,
        "marker": "s" if "bzip2" in name else "o",
        "colour": COLOURS[name[:5].strip()],
    }


def panel(title: str, x: str, y: str, scale: str, lines: list[dict[str, object]]) -> dict[str, object]:
    """One half of the chart."""
    return {"title": title, "x": x, "y": y, "scale": scale, "series": lines}
