"""Run a command and note what it costs; run many in alternation; believe no output unread.

Memory is what GNU time reports: a process that Python starts inherits Python's own peak.
"""

import contextlib
import hashlib
import os
import shlex
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

UNPACK = {".gz": ["gzip", "-dc"], ".bz2": ["bzip2", "-dc"], ".dump": ["pg_restore", "-f", "-"]}
# pg_dump puts a new random key into each dump.
WITHOUT_KEYS = r"LC_ALL=C grep -av '^\\\(un\)\{0,1\}restrict ' | sha256sum"


class WrongOutput(Exception):
    """A command failed, or what it wrote is not what went in."""


@dataclass(frozen=True)
class Run:
    """What one run cost."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, of all its processes
    memory: float  # bytes, the peak of its largest process
    size: float  # bytes of output

    def __add__(self, other: "Run") -> "Run":
        """One after the other."""
        memory = max(self.memory, other.memory)
        return Run(self.wall + other.wall, self.cpu + other.cpu, memory, self.size + other.size)


Runs = dict[tuple[str, str], list[Run]]  # by the names of a command and of its input


def run(argv: list[str], output: Path, source: Path | None = None, *, light: bool = False) -> Run:
    """Run a command from a pipe with source to output, a file.

    Light: do without GNU time, which would be a third of a run of a millisecond, and memory.
    """
    note = output.with_name("time")
    timed = argv if light else ["/usr/bin/time", "-q", "-f", "%M", "-o", str(note), *argv]
    feeder = subprocess.Popen(["cat", source], stdout=subprocess.PIPE) if source else None
    with output.open("wb") as sink:
        start = time.perf_counter()
        stdin = feeder.stdout if feeder else subprocess.DEVNULL
        process = subprocess.Popen(timed, stdin=stdin, stdout=sink, process_group=0)
        if feeder and feeder.stdout:
            feeder.stdout.close()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # we are told to stop, so they are
            os.killpg(process.pid, signal.SIGTERM)
            raise
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or (feeder and feeder.wait()):
        raise WrongOutput(f"{shlex.join(argv)} failed")
    memory = 0 if light else int(note.read_text()) * 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, memory, output.stat().st_size)


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


def by_thread(argv: list[str], output: Path, source: Path) -> list[float]:
    """CPU seconds of each thread of a command, the first thread's first, as last seen alive."""
    seen: dict[str, float] = {}
    feeder = subprocess.Popen(["cat", source], stdout=subprocess.PIPE)
    with output.open("wb") as sink, subprocess.Popen(argv, stdin=feeder.stdout, stdout=sink) as process:
        while process.poll() is None:
            for task in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
                with contextlib.suppress(OSError):
                    seen[task.parent.name] = int(task.read_text().split()[0]) / 1e9
            time.sleep(0.005)
    if process.returncode or feeder.wait():
        raise WrongOutput(f"{shlex.join(argv)} failed")
    return [seen[task] for task in sorted(seen, key=int)]


def digest(file: Path) -> str:
    """The hash of the dump in a file, compressed or not, but for its random key."""
    unpack = subprocess.Popen([*UNPACK.get(file.suffix, ["cat"]), str(file)], stdout=subprocess.PIPE)
    seen = subprocess.check_output(["sh", "-c", WITHOUT_KEYS], stdin=unpack.stdout, text=True)
    if unpack.wait():
        raise WrongOutput(f"{file.name} does not unpack")
    return seen


@dataclass
class Proof:
    """What compressors wrote, unpacked and compared; the same bytes are unpacked but once."""

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


def alternate(rounds: int, measurements: Mapping[tuple[str, str], Callable[[], Run]]) -> Runs:
    """Take all measurements in turn, every other round backwards."""
    runs: Runs = {key: [] for key in measurements}
    for number in range(rounds):
        turn = list(measurements.items())
        for key, measurement in reversed(turn) if number % 2 else turn:
            runs[key].append(measurement())
    return runs


def total(runs: Runs, command: str, inputs: tuple[str, ...]) -> list[Run]:
    """What the command cost on all the inputs, for each round."""
    rounds = zip(*(runs[command, name] for name in inputs), strict=True)
    return [sum(parts[1:], start=parts[0]) for parts in rounds]


def median(runs: list[Run]) -> Run:
    """The median of each cost."""
    return Run(*(statistics.median(getattr(run, cost.name) for run in runs) for cost in fields(Run)))
