"""Measure these programs against what one would pick instead."""

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
from contests import CORPORA, SLICES, SMALL, Contests
from measure import Proof, WrongOutput, digest
from report import Results

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "target/venv/bin/python"


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--size", type=float, default=300, metavar="MB", help="of all inputs together [300]")
    parser.add_argument("--quick", dest="size", action="store_const", const=30, help="the same as --size 30")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is measured [3]")
    parser.add_argument(
        "--chart", type=Path, default=ROOT / "docs/bench.svg", metavar="FILE", help="[docs/bench.svg]"
    )
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
    path = [str(tools.resolve()), str(ROOT / "scripts"), postgresql, os.environ["PATH"]]
    os.environ |= {
        "PATH": ":".join(path),
        "PYTHONPATH": str(ROOT / "scripts"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Path(postgresql)


def room(size: float) -> str:
    """A directory in memory if that has room, so that no disk has a say."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 6e6 * size + 1e9:
        return str(memory)
    return tempfile.gettempdir()


def slices(dumps: dict[str, Path]) -> dict[str, Path]:
    """The inputs: the dumps, and beginnings of the text."""
    text = dumps["text"].read_bytes()
    inputs = dict(dumps)
    for name in (*SLICES, SMALL):
        inputs[name] = dumps["text"].with_name(name.replace("/", "-"))
        inputs[name].write_bytes(text[: 1024 if name == SMALL else len(text) // int(name.split("/")[1])])
    return inputs


def measure(top: Path, postgresql: Path, size: float, rounds: int) -> Results:
    """Everything, in directory top."""
    print(f"bench: working in {top}", file=sys.stderr)
    with corpora.server(postgresql, top / "server"):
        dumps = corpora.create(size, top)
        inputs = slices({name: dumps[name] for name in CORPORA})
        proof = Proof({name: digest(path) for name, path in inputs.items()})
        contests = Contests(top, PYTHON, inputs, rounds)
        runs = contests.starts(proof) | contests.stages() | contests.backups() | contests.compressors(proof)
        sizes = {name: path.stat().st_size for name, path in inputs.items()}
        return Results(runs, proof, sizes, contests.threads())


def main() -> None:
    """Measure, then print the page and draw the chart."""
    asked = options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    postgresql = prepare(asked.tools)
    machine = page.machine(PYTHON)
    with tempfile.TemporaryDirectory(prefix="cback-bench-", dir=room(asked.size)) as top:
        Path(top).chmod(0o711)
        results = measure(Path(top), postgresql, asked.size, asked.rounds)
    page.draw(results, PYTHON, asked.chart)
    sys.stdout.write(page.page(results, machine, asked.rounds, os.path.relpath(asked.chart, ROOT / "docs")))
    sys.stdout.flush()


try:
    main()
except (WrongOutput, OSError, RuntimeError, subprocess.CalledProcessError) as error:
    sys.exit(f"bench: {error}")
except KeyboardInterrupt:
    sys.exit(130)
