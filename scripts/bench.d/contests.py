"""The contests: what is run, and how it is known that it did what it should."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from corpora import CORPORA, sql
from measure import Proof, Run, WrongOutput, awake, digest, run
from rounds import Rounds
from ways import (
    BACKUP, BY_HAND, BZIP2, CBACK3, CEDAR, CHECKSUM, GZIP, MANY, OUR_MODULE, PACK, PROVE, RESTORE, SLICES, SMALL,
    STAGE, STAGES, START, SUFFIX, THREADS, UNPACK, VERIFY,
)  # fmt: skip

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
      {databases}
   </postgresql>
</cb_config>
"""


@dataclass
class Contests:
    """All measurements of one run of the benchmark."""

    top: Path  # a directory of our own, in memory if there is room
    python: Path  # one that has Cedar
    dumps: dict[str, Path]  # by database, and beginnings of the text's
    rounds: Rounds
    proof: Proof = field(init=False)
    packed: dict[tuple[str, str], Path] = field(default_factory=dict)  # by database and mode
    left_out: dict[str, str] = field(default_factory=dict)  # why, by command

    def __post_init__(self) -> None:
        """Know what must come out."""
        self.proof = Proof({name: digest(path) for name, path in self.dumps.items()})

    def all(self) -> None:
        """One after the other."""
        self.rounds.alternate("start", self.able(START), [SMALL], self.start, times=20)
        self.stages()
        self.pack_for_proofs()
        for mode, ways in PROVE.items():
            self.proofs(mode, self.able(ways))
        for mode, ways in UNPACK.items():
            self.rounds.alternate(f"unpack {mode}", self.able(ways), CORPORA, partial(self.unpack, mode))
        if able := self.able([RESTORE]):
            self.rounds.alternate("restore", [BY_HAND, *able], CORPORA, self.restore)
        small = tuple(name for name in self.dumps if name.startswith("small"))
        for title, contest, databases in (("backup", BACKUP, CORPORA), ("many", MANY, small)):
            for mode, ways in contest.items():
                self.backups(f"{title} {mode}", mode, self.able(ways), databases)
        for mode, ways in PACK.items():
            self.rounds.alternate(f"pack {mode}", self.able(ways), CORPORA, self.pack)
        self.rounds.alternate("growth", [GZIP, BZIP2], SLICES, self.pack)
        self.rounds.alternate("threads", THREADS, ["text"], self.pack)

    def able(self, commands: Iterable[str]) -> list[str]:
        """The commands that can take part; of the others it is noted why they cannot."""
        present = []
        for command in commands:
            if missing := lacking(command):
                if command not in self.left_out:
                    print(f"bench: left out: {command}: {missing}", file=sys.stderr)
                self.left_out[command] = missing
            else:
                present.append(command)
        return present

    def pack(self, command: str, name: str, *, light: bool = False) -> Run:
        """One compressor on one input, its output unpacked and compared."""
        source = self.dumps[name]
        output = self.top / ("out.bz2" if "bzip2" in command else "out.gz")
        if command in CEDAR.values():
            mode = command.rsplit(maxsplit=1)[-1]
            cost = run([str(self.python), "-c", CEDARS_LOOP, mode, str(source)], output)
        else:
            cost = run(shlex.split(command), output, source, light=light)
        self.proof.check(command, name, output)
        return cost

    def start(self, command: str, name: str) -> Run:
        """What a process costs that has next to nothing to do."""
        if not command.startswith(("cback-pgconf", "python3")):
            return self.pack(command, name, light=True)
        argv = shlex.split(command)
        if argv[0] == "python3":
            argv[0] = sys.executable  # the one on PATH may be a script that looks for one
        source = self.configuration("gzip", "unused", CORPORA)
        return run(argv, self.top / "out", source, light=True)

    def stages(self) -> None:
        """cback-pgdump and pg_dump, into a pipe; and again with the cores kept awake, where we may."""
        for name in CORPORA:
            run(["cback-pgdump", name], self.top / "out")
            if digest(self.top / "out") != self.proof.inputs[name]:
                raise WrongOutput(f"cback-pgdump {name}: not what pg_dump writes")

        def stage(command: str, name: str) -> Run:
            return run(["sh", "-c", f"{command} {name} | cat >/dev/null"], self.top / "out")

        self.rounds.alternate(STAGES[0], STAGE, CORPORA, stage, times=3)
        with awake() as is_awake:
            if is_awake:
                self.rounds.alternate(STAGES[1], STAGE, CORPORA, stage, times=3)

    def backups(self, contest: str, mode: str, ways: list[str], databases: tuple[str, ...]) -> None:
        """Whole backups, every file unpacked and compared."""
        collect = self.top / "collect"
        collect.mkdir(exist_ok=True)
        wanted = sorted(self.proof.inputs[name] for name in databases)
        commands = {way: self.command(way, mode, databases) for way in ways}

        def backup(way: str, _: str) -> Run:
            for old in collect.iterdir():
                old.unlink()
            cost = run(commands[way], self.top / "out")
            # pg_back adds roles and settings.
            files = [file for file in collect.iterdir() if file.name.split("_")[0] not in ("pg", "hba", "ident")]
            if sorted(map(digest, files)) != wanted:
                raise WrongOutput(f"{way}, {mode}: not what pg_dump writes")
            return replace(cost, size=sum(file.stat().st_size for file in files))

        self.rounds.alternate(contest, commands, ["all"], backup)

    def command(self, way: str, mode: str, databases: tuple[str, ...]) -> list[str]:
        """How the databases are backed up that way in this mode."""
        if way.startswith("cback"):
            file = str(self.configuration(mode, CBACK3.get(way, CBACK3[OUR_MODULE]), databases))
            if way not in CBACK3:
                return [*way.split(), "--quiet", "--config", file]
            cback3 = [str(self.python.with_name("cback3")), "--quiet", "--logfile", str(self.top / "log")]
            return [*cback3, "--config", file, "postgresql"]
        if way.startswith("pg_back"):
            return [*way.split(), "-F", "custom", "-b", str(self.top / "collect"), *databases]
        dump, *filters = way.split(" | ")
        suffix = ".dump" if "-Fc" in dump else SUFFIX[mode]
        pipe = " | ".join([f'{dump} "$d"', *filters])
        return ["sh", "-c", f"for d in {' '.join(databases)}; do {pipe} >{self.top}/collect/$d{suffix}; done"]

    def configuration(self, mode: str, module: str, databases: Iterable[str]) -> Path:
        """A configuration of cback3 that only its owner can read."""
        file = self.top / f"{module}-{mode}-{len(tuple(databases))}.conf"
        names = "".join(f"<database>{name}</database>" for name in databases)
        owner = {"user": self.top.owner(), "group": self.top.group()}
        file.write_text(CONFIGURATION.format(top=self.top, mode=mode, module=module, databases=names, **owner))
        file.chmod(0o600)
        return file

    def pack_for_proofs(self) -> None:
        """Pack each dump, as our backups are packed."""
        for name in CORPORA:
            self.packed[name, "none"] = self.dumps[name]
            for mode in ("gzip", "bzip2"):
                file = self.packed[name, mode] = self.top / f"{name}.sql{SUFFIX[mode]}"
                run(["cback-compress", "-m", mode], file, self.dumps[name])

    def unpack(self, mode: str, command: str, name: str) -> Run:
        """One program on one packed dump, its output compared."""
        output = self.top / "out"
        cost = run(shlex.split(command), output, self.packed[name, mode], pipe=False)
        if digest(output) != self.proof.inputs[name]:
            raise WrongOutput(f"{command}: does not unpack {name}{SUFFIX[mode]}")
        return cost

    def proofs(self, mode: str, ways: list[str]) -> None:
        """Programs that say whether a file is whole; first that they do not say so of half a file."""
        whole = self.packed["text", mode].read_bytes()
        half = self.top / f"half.sql{SUFFIX[mode]}"
        half.write_bytes(whole[: len(whole) // 2])
        for way in ways:
            argv, stdin = proving(way, half)
            with stdin.open("rb") as source:
                done = subprocess.run(argv, stdin=source, capture_output=True, check=False)
            if done.returncode == 0 and way != CHECKSUM:
                raise WrongOutput(f"{way}: says that half a file is whole")
        self.rounds.alternate(
            f"prove {mode}", ways, CORPORA, lambda way, name: self.prove(way, self.packed[name, mode])
        )

    def prove(self, command: str, file: Path) -> Run:
        """One program on one file."""
        argv, stdin = proving(command, file)
        return run(argv, self.top / "out", stdin, pipe=False)

    def restore(self, way: str, name: str) -> Run:
        """Restore one dump: into a server that runs, by hand, or as cback-pgverify does."""
        file = self.packed[name, "gzip"]
        if way == RESTORE:
            return self.prove(way, file)
        psql = f"createdb restored && gzip -dc {file} | psql -Xq -v ON_ERROR_STOP=1 -d restored"
        cost = run(["sh", "-c", psql], self.top / "out")
        run(["pg_dump", "restored"], self.top / "out")
        sql("postgres", "DROP DATABASE restored")
        if digest(self.top / "out") != self.proof.inputs[name]:
            raise WrongOutput(f"{way}: {name} is not what it was")
        return cost


def proving(command: str, file: Path) -> tuple[list[str], Path]:
    """The arguments and the input with which a program reads a file."""
    if command.startswith(VERIFY):
        return [*shlex.split(command), "--", str(file)], Path(os.devnull)
    return shlex.split(command), file


def lacking(command: str) -> str:
    """What the command needs and this machine lacks: a program, or an option of the one of ours that is installed."""
    program = command.removeprefix("pg_dump | ").split()[0]
    needed = [] if command in (*CEDAR.values(), *CBACK3) else [program]
    needed += ["bwrap"] if command == RESTORE else []
    if absent := [name for name in needed if not shutil.which(name)]:
        return f"{absent[0]} is not installed"
    if not program.startswith("cback-"):
        return ""
    page = subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout
    options = re.findall(r"(?<= )(?:--[a-z-]+|-[a-z])", command)
    absent = [option for option in options if not re.search(rf"^ +(-\w, )?{option}\b", page, re.MULTILINE)]
    return f"the installed {program} has no {absent[0]}" if absent else ""
