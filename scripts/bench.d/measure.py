"""Run a command and note what it costs; what it wrote is read and compared.

Memory is what GNU time reports: a process that Python starts inherits Python's own peak.
"""

import contextlib
import hashlib
import os
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import reduce
from operator import add
from pathlib import Path

from busy import others

# lbzip2 is as strict as bzip2, and takes a fraction of the time.
BUNZIP2 = ["lbzip2" if shutil.which("lbzip2") else "bzip2", "-dc"]
UNPACK = {".gz": ["gzip", "-dc"], ".bz2": BUNZIP2, ".dump": ["pg_restore", "-f", "-"]}
# pg_dump puts a new random key into each dump.
WITHOUT_KEYS = r"LC_ALL=C grep -av '^\\\(un\)\{0,1\}restrict ' | sha256sum"


class WrongOutput(Exception):
    """A command failed, or what it wrote is not what it should be."""


@dataclass(frozen=True)
class Run:
    """What one run cost, or several one after the other."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, of all its processes
    memory: float  # bytes, the peak of its largest process
    size: float  # bytes of output
    others: float  # CPU seconds that others used meanwhile

    def __add__(self, other: "Run") -> "Run":
        """One after the other."""
        added = {part.name: getattr(self, part.name) + getattr(other, part.name) for part in fields(Run)}
        return Run(**added | {"memory": max(self.memory, other.memory)})

    @property
    def disturbed(self) -> bool:
        """Whether others used more than a tenth of a core, but for what clocks cannot tell."""
        return self.others > 0.1 * self.wall + 0.03


def total(runs: list[Run]) -> Run:
    """One after the other."""
    return reduce(add, runs)


def median(runs: list[Run]) -> Run:
    """The median of each cost."""
    return Run(*(statistics.median(getattr(run, cost.name) for run in runs) for cost in fields(Run)))


def run(argv: list[str], output: Path, source: Path | None = None, *, pipe: bool = True, light: bool = False) -> Run:
    """Run a command with source as its input, through a pipe or as it is, and output, a file.

    Light: do without GNU time, which would be a third of a run of a millisecond, and memory.
    """
    note = output.with_name("time")
    timed = argv if light else ["/usr/bin/time", "-q", "-f", "%M", "-o", str(note), *argv]
    with contextlib.ExitStack() as files:
        sink = files.enter_context(output.open("wb"))
        words = files.enter_context(tempfile.TemporaryFile())
        feeder = subprocess.Popen(["cat", source], stdout=subprocess.PIPE) if source and pipe else None
        stdin = feeder.stdout if feeder else files.enter_context((source or Path(os.devnull)).open("rb"))
        before, start = others(), time.perf_counter()
        process = subprocess.Popen(timed, stdin=stdin, stdout=sink, stderr=words, process_group=0)
        if stdin:
            stdin.close()
        status, cpu = wait(process)
        wall = time.perf_counter() - start
        if status or (feeder and feeder.wait()):
            words.seek(0)
            sys.stderr.write(words.read().decode(errors="replace"))
            raise WrongOutput(f"{shlex.join(argv)} failed")
    memory = 0 if light else int(note.read_text()) * 1024
    return Run(wall, cpu, memory, output.stat().st_size, max(0, others() - before))


def wait(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """The exit status of a command, and the CPU seconds of all its processes; if we are told to stop, so is it."""
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


@contextlib.contextmanager
def awake() -> Iterator[bool]:
    """Keep idle cores from sleeping, if we may: with Linux's PM QoS, 0 us to wake up."""
    with contextlib.ExitStack() as stack:
        try:
            # The request lasts as long as the file is open.
            request = stack.enter_context(open("/dev/cpu_dma_latency", "wb", buffering=0))
            request.write(bytes(4))
        except OSError:
            yield False
        else:
            yield True


def digest(file: Path) -> str:
    """The hash of the dump in a file, compressed or not, but for its random key."""
    unpack = subprocess.Popen([*UNPACK.get(file.suffix, ["cat"]), str(file)], stdout=subprocess.PIPE)
    seen = subprocess.check_output(["sh", "-c", WITHOUT_KEYS], stdin=unpack.stdout, text=True)
    if unpack.wait():
        raise WrongOutput(f"{file.name} does not unpack")
    return seen


@dataclass
class Proof:
    """What was written, unpacked and compared; the same bytes are unpacked but once."""

    inputs: dict[str, str]  # digests by name
    packed: dict[tuple[str, str], str] = field(default_factory=dict)
    unpacked: dict[str, str] = field(default_factory=dict)

    def check(self, command: str, name: str, output: Path) -> None:
        """Fail unless the output of command unpacks to the input of that name."""
        with output.open("rb") as stream:
            packed = hashlib.file_digest(stream, "sha256").hexdigest()
        self.packed[command, name] = packed
        if packed not in self.unpacked:
            self.unpacked[packed] = digest(output)
        if self.unpacked[packed] != self.inputs[name]:
            raise WrongOutput(f"{command}: does not unpack to {name}")
