"""Measure these programs against what one would pick instead, and put it into docs/bench.md and docs/bench.svg."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import corpora
import page
from contests import Bench

ROOT = Path(__file__).resolve().parents[2]


def prepare(tools: Path | None) -> None:
    """Make the programs, and put them on PATH with PostgreSQL's."""
    prerequisites = ROOT / "scripts/prerequisites"
    subprocess.run([prerequisites, "bench"], stdout=sys.stderr, check=True)
    postgresql = subprocess.check_output([prerequisites, "postgresql"], text=True).strip()
    if not tools:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
        tools = ROOT / "target/release"
    path = [tools.resolve(), ROOT / "scripts", postgresql, os.environ["PATH"], ROOT / "target/venv/bin"]
    os.environ |= {"PATH": ":".join(map(str, path)), "PYTHONPATH": str(ROOT / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"}


def main() -> None:
    """Measure, then fill in the page and draw the chart."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--inputs", nargs="+", default=corpora.CORPORA, choices=corpora.CORPORA, help="kinds of databases")
    parser.add_argument("--size", type=float, default=12.5, metavar="MB", help="of each of the large databases")
    parser.add_argument("--small", type=int, default=30, metavar="N", help="small databases")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is measured")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", metavar="DIR", help="where the page and picture are")
    parser.add_argument("--tools", type=Path, metavar="DIR", help="programs to measure [built by cargo]")
    asked = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    prepare(asked.tools)
    load = os.getloadavg()[0]
    # In memory if that has room, so that no disk has a say.
    memory = "/dev/shm" if shutil.disk_usage("/dev/shm").free > 30e6 * asked.size + 3e9 else None
    with tempfile.TemporaryDirectory(prefix="cback-bench-", dir=memory) as directory:
        top = Path(directory)
        top.chmod(0o711)
        print(f"bench: working in {top}", file=sys.stderr)
        os.environ["TMPDIR"] = directory
        with corpora.server(top / "server"):
            bench = Bench(top, corpora.create(asked.inputs, asked.size, asked.small, top), asked.rounds)
            bench.all()
    run = f"{asked.rounds} rounds; {' '.join(asked.inputs)} of about {asked.size:g} MB each, {asked.small} small databases"
    words = page.fill((asked.docs / "bench.md").read_text(), bench, f"{run}; before it the load was {load:.2f}")
    (asked.docs / "bench.md").write_text(words)
    (asked.docs / "bench.svg").write_text(page.draw(bench.figures, (ROOT / "docs/faults.md").read_text()))


try:
    main()
except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
    sys.exit(f"bench: {error}")
