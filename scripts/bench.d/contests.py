"""Who competes with whom, on what."""

import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from measure import Proof, Run, Runs, WrongOutput, alternate, awake, by_thread, digest, run

CORPORA = ("text", "pgbench", "blob")
SLICES = ("text/1000", "text/100", "text/10")
SMALL = "1 KiB"
LEVELS = range(1, 10)
GZIP, BZIP2 = "cback-compress -p2", "cback-compress -p2 -m bzip2"
SERIAL = {GZIP: "cback-compress -p1", BZIP2: "cback-compress -p1 -m bzip2"}
CEDAR = {"gzip": "Cedar's loop, gzip", "bzip2": "Cedar's loop, bzip2"}
LEVELLED = [f"{tool} -{level}" for level in LEVELS for tool in ("gzip", "pigz -p2", GZIP)]
TO_GZIP = [*LEVELLED, "crabz -Q -p2 -l6", CEDAR["gzip"], SERIAL[GZIP], GZIP]
TO_BZIP2 = ["bzip2 -9", "pbzip2 -c -p2 -9", "lbzip2 -n2 -9", CEDAR["bzip2"], SERIAL[BZIP2], BZIP2]
SHOWN = [
    *(f"{tool} -{level}" for level in (6, 9) for tool in ("gzip", "pigz -p2")),
    *TO_GZIP[len(LEVELLED) :],
]
SLICED = ["gzip -9", "pigz -p2 -9", SERIAL[GZIP], GZIP, *TO_BZIP2]
THREADS = [f"cback-compress -p{threads}{mode}" for mode in ("", " -m bzip2") for threads in (4, 8)]
STARTED = ["gzip", "pigz", "cback-compress", "bzip2", "lbzip2", "cback-compress -m bzip2"]
STARTS = ["cback-pgconf shell", "python3 -c pass"]
STAGES = ["pg_dump", "cback-pgdump"]
AWAKE = ", cores kept awake"

OURS, DOOR, EXTENSION = "cback-postgresql", "cback3, our module", "cback3, its own module"
PIPES = {
    "none": {"cat": ""},
    "gzip": {"gzip -9": ".gz", "pigz -9": ".gz", "pigz": ".gz"},
    "bzip2": {"bzip2 -9": ".bz2", "pbzip2 -c -9": ".bz2", "lbzip2 -9": ".bz2"},
}
OF_PG_DUMP = {"gzip": {"-Z9": ".gz", "-Z6": ".gz", "-Fc": ".dump"}}

# Cedar reads a child's lines and writes each to a Python file object: here the child is cat.
CEDARS_LOOP = """
import sys, gzip, bz2
from CedarBackup3.util import executeCommand
out = sys.stdout.buffer
with gzip.GzipFile(fileobj=out, mode="wb") if sys.argv[1] == "gzip" else bz2.BZ2File(out, "wb") as output:
    executeCommand(["cat"], [sys.argv[2]], ignoreStderr=True, doNotLog=True, outputFile=output)
"""
CONFIGURATION = """<cb_config>
   <reference><author>bench</author></reference>
   <extensions><action>
      <name>postgresql</name><module>{module}</module><function>executeAction</function><index>101</index>
   </action></extensions>
   <options>
      <starting_day>monday</starting_day><working_dir>{top}</working_dir>
      <backup_user>{user}</backup_user><backup_group>{group}</backup_group>
      <rcp_command>scp -B</rcp_command>
   </options>
   <collect>
      <collect_dir>{top}/collect</collect_dir><collect_mode>daily</collect_mode>
      <archive_mode>tar</archive_mode><ignore_file>.ignore</ignore_file>
      <dir><abs_path>{top}/collect</abs_path></dir>
   </collect>
   <postgresql>
      <user>postgres</user><compress_mode>{mode}</compress_mode><all>N</all>
      <database>text</database><database>pgbench</database><database>blob</database>
   </postgresql>
</cb_config>
"""


def competing(commands: list[str]) -> list[str]:
    """Those that are installed; the others are named on stderr."""
    present = []
    for command in commands:
        if command.startswith("Cedar") or shutil.which(command.split()[0]):
            present.append(command)
        else:
            print(f"bench: {command}: not installed, skipped", file=sys.stderr)
    return present


@dataclass(frozen=True)
class Contests:
    """All measurements of one run of the benchmark."""

    top: Path  # a directory of our own, in memory if there is room
    python: Path  # one that has Cedar
    inputs: dict[str, Path]
    rounds: int

    def compressors(self, proof: Proof) -> Runs:
        """The compressors alone, from a pipe."""
        pairs = [
            (command, name)
            for name in (*SLICES, *CORPORA)
            for command in competing(SLICED if name in SLICES else [*TO_GZIP, *TO_BZIP2])
        ] + [(command, "text") for command in THREADS]
        return self.alternate(pairs, lambda command, name: self.compress(command, name, proof))

    def compress(self, command: str, name: str, proof: Proof, *, light: bool = False) -> Run:
        """One compressor on one input, its output unpacked and compared."""
        source = self.inputs[name]
        output = self.top / ("out.bz2" if "bzip2" in command else "out.gz")
        if command in CEDAR.values():
            mode = command.rsplit(maxsplit=1)[-1]
            cost = run([str(self.python), "-c", CEDARS_LOOP, mode, str(source)], output)
        else:
            cost = run(shlex.split(command), output, source, light=light)
        proof.check(command, name, output)
        return cost

    def threads(self) -> dict[str, list[float]]:
        """The CPU seconds of each thread of our compressors, on the text."""
        output, source = self.top / "out", self.inputs["text"]
        return {command: by_thread(shlex.split(command), output, source) for command in (GZIP, BZIP2)}

    def starts(self, proof: Proof) -> Runs:
        """What a process costs that has next to nothing to do."""
        configuration = self.configuration("gzip", "unused")

        def start(command: str, name: str) -> Run:
            if command in STARTED:
                return self.compress(command, name, proof, light=True)
            argv = shlex.split(command)
            if argv[0] == "python3":
                argv[0] = sys.executable  # the one on PATH may be a script that looks for one
            return run(argv, self.top / "out", configuration, light=True)

        pairs = [(command, SMALL) for command in competing([*STARTED, *STARTS])]
        return self.alternate(pairs, start, times=20)

    def stages(self) -> Runs:
        """cback-pgdump and pg_dump, into a pipe; and again with the cores kept awake, where we may."""
        for name in CORPORA:
            output = self.top / "out"
            run(["cback-pgdump", name], output)
            if digest(output) != digest(self.inputs[name]):
                raise WrongOutput(f"cback-pgdump {name}: not what pg_dump writes")

        def stage(command: str, name: str) -> Run:
            name = name.removesuffix(AWAKE)
            return run(["sh", "-c", f"{command} {name} | cat >/dev/null"], self.top / "out")

        runs = self.alternate([(stage, name) for name in CORPORA for stage in STAGES], stage, times=5)
        with awake() as is_awake:
            names = [name + AWAKE for name in CORPORA] if is_awake else []
            return runs | self.alternate([(stage, name) for name in names for stage in STAGES], stage, times=5)

    def backups(self) -> Runs:
        """Whole backups of the three databases, every file unpacked and compared."""
        collect = self.top / "collect"
        collect.mkdir()
        wanted = {digest(self.inputs[name]) for name in CORPORA}
        commands = {(name, mode): argv for mode in PIPES for name, argv in self.whole(mode).items()}

        def backup(name: str, mode: str) -> Run:
            for old in collect.iterdir():
                old.unlink()
            cost = run(commands[name, mode], self.top / "out")
            files = list(collect.iterdir())
            if {digest(file) for file in files} != wanted or len(files) != len(wanted):
                raise WrongOutput(f"{name}, {mode}: not what pg_dump writes")
            return replace(cost, size=sum(file.stat().st_size for file in files))

        return self.alternate(list(commands), backup)

    def whole(self, mode: str) -> dict[str, list[str]]:
        """The ways to back up all three databases in this mode."""
        ours = self.configuration(mode, "cback_postgresql")
        theirs = self.configuration(mode, "CedarBackup3.extend.postgresql")
        cback3 = [str(self.python.with_name("cback3")), "--quiet", "--logfile", str(self.top / "log")]
        ways = {
            OURS: ["cback-postgresql", "--quiet", "--config", str(ours)],
            DOOR: [*cback3, "--config", str(ours), "postgresql"],
            EXTENSION: [*cback3, "--config", str(theirs), "postgresql"],
        }
        piped = {pipe: suffix for pipe, suffix in PIPES[mode].items() if competing([pipe])}
        for pipe, suffix in piped.items():
            ways[f"pg_dump | {pipe}"] = self.loop(f'pg_dump "$d" | {pipe}', suffix)
        for option, suffix in OF_PG_DUMP.get(mode, {}).items():
            ways[f"pg_dump {option}"] = self.loop(f'pg_dump {option} "$d"', suffix)
        return ways

    def loop(self, dump: str, suffix: str) -> list[str]:
        """A shell's loop over the databases."""
        script = f"for d in {' '.join(CORPORA)}; do {dump} >{self.top}/collect/$d{suffix}; done"
        return ["sh", "-c", script]

    def configuration(self, mode: str, module: str) -> Path:
        """A configuration of cback3 that only its owner can read."""
        file = self.top / f"{module}-{mode}.conf"
        owner = {"user": self.top.owner(), "group": self.top.group()}
        file.write_text(CONFIGURATION.format(top=self.top, mode=mode, module=module, **owner))
        file.chmod(0o600)
        return file

    def alternate(
        self, pairs: list[tuple[str, str]], measurement: Callable[[str, str], Run], times: int = 1
    ) -> Runs:
        """Measure each pair of a command and its input, rounds times as often as asked for."""
        print(f"bench: {self.rounds * times} times {len(pairs)} runs", file=sys.stderr)
        measurements = {pair: partial(measurement, *pair) for pair in pairs}
        return alternate(self.rounds * times, measurements)
