"""Measure these programs against what one would pick instead."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import chart
import corpora
import report
from contests import Contests
from measure import WrongOutput
from rounds import Rounds
from ways import SLICES, SMALL

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / "target/venv/bin"


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)

    def option(name: str, value: object, metavar: str, what: str) -> None:
        kind = Path if metavar in ("FILE", "DIR") else type(value)
        parser.add_argument(name, type=kind, default=value, metavar=metavar, help=f"{what} [{value}]")

    option("--size", 60.0, "MB", "of the three large databases together")
    option("--small", 60, "N", "small databases")
    option("--rounds", 3, "N", "how often each is measured")
    option("--patience", 120, "SECONDS", "to spend on waiting until others are quiet and on repeating")
    option("--chart", ROOT / "docs/bench.svg", "FILE", "to draw it into")
    parser.add_argument("--tools", type=Path, metavar="DIR", help="programs to measure [built by cargo]")
    return parser.parse_args()


def prepare(tools: Path | None) -> Path:
    """Make the programs, put them on PATH with PostgreSQL's; return where PostgreSQL's are."""
    prerequisites = ROOT / "scripts/prerequisites"
    subprocess.run([prerequisites, "bench"], stdout=sys.stderr, check=True)
    postgresql = subprocess.check_output([prerequisites, "postgresql"], text=True).strip()
    if not tools:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
        tools = ROOT / "target/release"
    path = [tools.resolve(), ROOT / "scripts", postgresql, os.environ["PATH"], VENV]
    os.environ |= {
        "PATH": ":".join(map(str, path)),
        "PYTHONPATH": str(ROOT / "scripts"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Path(postgresql)


def room(size: float) -> str:
    """A directory in memory if that has room, so that no disk has a say."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 10e6 * size + 3e9:
        return str(memory)
    return tempfile.gettempdir()


def slices(text: Path) -> dict[str, Path]:
    """Beginnings of the text, as files of their own."""
    content = text.read_bytes()
    lengths = {name: len(content) // int(name.split("/")[1]) for name in SLICES if "/" in name} | {SMALL: 1024}
    files = {name: text.with_name(name.replace("/", "-")) for name in lengths}
    for name, length in lengths.items():
        files[name].write_bytes(content[:length])
    return files


def measure(top: Path, postgresql: Path, asked: argparse.Namespace) -> Contests:
    """Everything, in directory top."""
    print(f"bench: working in {top}", file=sys.stderr)
    os.environ["TMPDIR"] = str(top)
    with corpora.server(postgresql, top / "server"):
        dumps = corpora.create(asked.size, asked.small, top)
        dumps |= slices(dumps["text"])
        rounds = Rounds(asked.rounds, asked.patience)
        rounds.before = rounds.wait_until_quiet()
        contests = Contests(top, VENV / "python", dumps, rounds)
        contests.all()
        return contests


def main() -> None:
    """Measure, then print the page and draw the chart."""
    asked = options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    postgresql = prepare(asked.tools)
    with tempfile.TemporaryDirectory(prefix="cback-bench-", dir=room(asked.size)) as top:
        Path(top).chmod(0o711)
        contests = measure(Path(top), postgresql, asked)
        page = report.page(contests, os.path.relpath(asked.chart, ROOT / "docs"))
    asked.chart.write_text(chart.draw(contests.rounds.figures, ROOT / "docs/faults.md"))
    sys.stdout.write(page)
    sys.stdout.flush()


try:
    main()
except (WrongOutput, OSError, RuntimeError, subprocess.CalledProcessError) as error:
    sys.exit(f"bench: {error}")
except KeyboardInterrupt:
    sys.exit(130)
