"""Run commands in turn; keep what they cost and how much others disturbed them.

Memory is what GNU time reports: a process that Python starts inherits Python's own peak.
"""

import contextlib
import os
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# lbzip2 is as strict as bzip2, and takes a fraction of the time.
BUNZIP2 = "lbzip2" if shutil.which("lbzip2") else "bzip2"
DECODE = {".gz": ["gzip", "-dc"], ".bz2": [BUNZIP2, "-dc"], ".zst": ["zstd", "-dc"], ".dump": ["pg_restore", "-f", "-"]}
# pg_dump puts a new random key into each dump.
WITHOUT_KEYS = r"LC_ALL=C grep -av '^\\\(un\)\{0,1\}restrict ' | sha256sum"


class WrongOutput(Exception):
    """A command failed, or its output is not what it should be."""


@dataclass(frozen=True)
class Run:
    """The costs of one run, or of several one after the other."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, of all its processes
    memory: float  # bytes, the peak of its largest process
    size: float  # bytes of output
    others: float  # CPU seconds that others used meanwhile

    @property
    def disturbed(self) -> bool:
        """Whether others used more than a tenth of a core, but for what clocks cannot tell."""
        return self.others > 0.1 * self.wall + 0.03


def median(runs: list[Run]) -> Run:
    """The median of each cost."""
    return Run(*map(statistics.median, zip(*map(astuple, runs))))


def used_by(process: int) -> float:
    """CPU seconds of a process and its descendants; of those that have ended, if they were waited for."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:  # it has just ended
        return 0
    return sum(map(int, stat[11:15])) / TICKS + sum(used_by(int(child)) for child in children)


def used_by_others() -> float:
    """CPU seconds since the machine's start that are not ours, those that a hypervisor took (steal) among them."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = Path("/proc/stat").read_text().split()[1:9]
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / TICKS - used_by(os.getpid())


def stop(process: int, number: int = signal.SIGTERM) -> None:
    """End all that a process has started, children before they can start more. No list of ours is asked: we may have
    been told to stop before Popen told us of the last."""
    for child in map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()):
        os.kill(child, signal.SIGSTOP)
        stop(child, number)
        os.kill(child, number)
        os.kill(child, signal.SIGCONT)


def run(argv: list[str], output: Path, source: Path | None = None, pipe: bool = True) -> Run:
    """Run a command with source as its input, through a pipe or as it is, and output, a file."""
    note = output.with_name("time")
    timed = ["/usr/bin/time", "-q", "-f", "%M", "-o", str(note), *argv]
    with output.open("wb") as sink, tempfile.TemporaryFile() as words, contextlib.ExitStack() as files:
        feeder = subprocess.Popen(["cat", source], stdout=subprocess.PIPE) if source and pipe else None
        stdin = files.enter_context(feeder.stdout if feeder else (source or Path(os.devnull)).open("rb"))
        before, start = used_by_others(), time.perf_counter()
        process = subprocess.Popen(timed, stdin=stdin, stdout=sink, stderr=words)
        stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = status
        if status or (feeder and feeder.wait()):
            words.seek(0)
            sys.stderr.write(words.read().decode(errors="replace"))
            raise WrongOutput(f"{shlex.join(argv)} failed")
    memory = int(note.read_text()) * 1024
    cpu, others = usage.ru_utime + usage.ru_stime, max(0, used_by_others() - before)
    return Run(wall, cpu, memory, output.stat().st_size, others)


def digest(file: Path) -> str:
    """The hash of the dump in a file, compressed or not, but for its random key."""
    unpack = subprocess.Popen([*DECODE.get(file.suffix, ["cat"]), str(file)], stdout=subprocess.PIPE)
    seen = subprocess.check_output(["sh", "-c", WITHOUT_KEYS], stdin=unpack.stdout, text=True)
    if unpack.wait():
        raise WrongOutput(f"{file.name} does not unpack")
    return seen


@dataclass
class Figures:
    """The runs of each way to do a thing, of each input, in each contest."""

    rounds: int  # of each contest
    runs: dict[tuple[str, str, str], list[Run]] = field(default_factory=dict)

    def ways(self, contest: str) -> list[str]:
        """Those that took part."""
        return list(dict.fromkeys(way for name, way, _ in self.runs if name == contest))

    def cost(self, contest: str, way: str, name: str) -> Run | None:
        """The median of each cost of one input; none if the way took no part."""
        runs = self.runs.get((contest, way, name))
        return median(runs) if runs else None

    def ratio(self, contest: str, ours: str, peer: str, of: str, name: str) -> float | None:
        """Our cost in units of the peer's."""
        mine, its = self.cost(contest, ours, name), self.cost(contest, peer, name)
        return getattr(mine, of) / getattr(its, of) if mine and its and getattr(its, of) else None
