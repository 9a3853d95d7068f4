"""Run commands, and keep what they cost.

Memory is what GNU time reports: a process that Python starts inherits Python's own peak.
"""

import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

# lbzip2 is as strict as bzip2, and takes a fraction of the time; pg_dump puts a new random key into each dump.
DIGEST = r"""set -o pipefail
case $0 in
*.gz) gzip -dc "$0" ;;
*.bz2) if command -v lbzip2 >/dev/null; then lbzip2 -dc "$0"; else bzip2 -dc "$0"; fi ;;
*.zst) zstd -dc "$0" ;;
*.dump) pg_restore -f - "$0" ;;
*) cat "$0" ;;
esac | LC_ALL=C grep -av '^\\\(un\)\{0,1\}restrict ' | sha256sum"""


class Run(NamedTuple):
    """The costs of one run, or the medians of several."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, of all its processes
    memory: float  # bytes, the peak of its largest process
    size: float  # bytes of output


class Figures(dict[tuple[str, str, str], list[Run]]):
    """The runs by contest, way and input."""

    def cost(self, contest: str, way: str, name: str) -> Run | None:
        """The median of each cost; none if the way took no part."""
        runs = self.get((contest, way, name))
        return runs and Run(*map(statistics.median, zip(*runs)))

    def differ(self, contest: str, way: str, name: str) -> bool:
        """Whether one of the runs took more than a quarter more time than another, so that something disturbed it."""
        times = [run.wall for run in self[contest, way, name]]
        return max(times) > 1.25 * min(times)


def used() -> float:
    """CPU seconds, user and system, of all that we have started and waited for."""
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def run(argv: list[str], output: Path, source: Path = Path(os.devnull), pipe: bool = False) -> Run:
    """Run a command with source as its input, as it is or through a pipe, and output, a file."""
    note = output.with_name("time")
    timed = ["/usr/bin/time", "-q", "-f", "%M", "-o", note, *argv]
    with source.open("rb") as stdin, output.open("wb") as sink, tempfile.TemporaryFile() as words:
        feeder = subprocess.Popen(["cat"], stdin=stdin, stdout=subprocess.PIPE) if pipe else None
        before, start = used(), time.perf_counter()
        done = subprocess.run(timed, stdin=feeder.stdout if feeder else stdin, stdout=sink, stderr=words)
        wall, cpu = time.perf_counter() - start, used() - before
        if feeder:
            feeder.communicate()
        if done.returncode:
            words.seek(0)
            sys.stderr.write(words.read().decode(errors="replace"))
            raise RuntimeError(f"{shlex.join(argv)} failed")
    return Run(wall, cpu, int(note.read_text()) * 1024, output.stat().st_size)


def digest(file: Path) -> str:
    """The hash of the dump in a file, compressed or not, but for its random key."""
    done = subprocess.run(["bash", "-c", DIGEST, file], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"{file.name} does not unpack")
    return done.stdout
