"""Measure these programs against what one would pick instead."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import chart
import corpora
import page
from contests import Contests
from measure import Figures, WrongOutput, stop, used_by_others

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / "target/venv/bin"


def options() -> tuple[argparse.Namespace, str]:
    """What is asked for, and in what that is not the usual run, for the page's title."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--inputs", nargs="+", default=list(corpora.CORPORA), choices=corpora.CORPORA, help="kinds of databases")
    parser.add_argument("--size", type=float, default=12.5, metavar="MB", help="of each of the large databases")
    parser.add_argument("--small", type=int, default=30, metavar="N", help="small databases")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is measured")
    parser.add_argument("--chart", type=Path, default=ROOT / "docs/bench.svg", metavar="FILE", help="to draw it into")
    parser.add_argument("--tools", type=Path, metavar="DIR", help="programs to measure [built by cargo]")
    asked, usual = parser.parse_args(), vars(parser.parse_args([]))
    asked.inputs = [name for name in corpora.CORPORA if name in asked.inputs]
    names = [name for name in ("inputs", "size", "small", "rounds") if getattr(asked, name) != usual[name]]
    return asked, "".join(f", {name} {getattr(asked, name)}" for name in names)


def prepare(tools: Path | None) -> Path:
    """Make the programs, put them on PATH with PostgreSQL's; return where PostgreSQL's are."""
    prerequisites = ROOT / "scripts/prerequisites"
    subprocess.run([prerequisites, "bench"], stdout=sys.stderr, check=True)
    postgresql = subprocess.check_output([prerequisites, "postgresql"], text=True).strip()
    if not tools:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
        tools = ROOT / "target/release"
    path = [tools.resolve(), ROOT / "scripts", postgresql, os.environ["PATH"], VENV]
    os.environ |= {"PATH": ":".join(map(str, path)), "PYTHONPATH": str(ROOT / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"}
    return Path(postgresql)


def main() -> None:
    """Measure, then print the page and draw the chart."""
    asked, unusual = options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    postgresql = prepare(asked.tools)
    start, before = time.perf_counter(), used_by_others()
    time.sleep(1)
    before = (used_by_others() - before) / (time.perf_counter() - start)
    # In memory if that has room, so that no disk has a say.
    memory = "/dev/shm" if shutil.disk_usage("/dev/shm").free > 30e6 * asked.size + 3e9 else None
    with tempfile.TemporaryDirectory(prefix="cback-bench-", dir=memory) as directory:
        top = Path(directory)
        top.chmod(0o711)
        print(f"bench: working in {top}", file=sys.stderr)
        os.environ["TMPDIR"] = directory
        try:
            with corpora.server(postgresql, top / "server"):
                dumps = corpora.create(asked.inputs, asked.size, asked.small, top)
                contests = Contests(top, VENV / "python", asked.inputs, dumps, Figures(asked.rounds))
                contests.all()
        finally:
            stop(os.getpid())
        words = page.page(contests, os.path.relpath(asked.chart, ROOT / "docs"), before, unusual)
    asked.chart.write_text(chart.draw(contests.figures, ROOT / "docs/faults.md"))
    sys.stdout.write(words)
    sys.stdout.flush()


try:
    main()
except (WrongOutput, OSError, RuntimeError, subprocess.CalledProcessError) as error:
    sys.exit(f"bench: {error}")
except KeyboardInterrupt:
    sys.exit(130)
