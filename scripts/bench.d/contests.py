"""Who competes with whom, in which command lines, which are also their names; each output is proven to be right."""

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from corpora import CORPORA, sql
from measure import Figures, Run, digest, run

MANY, CLUSTER, LEVELS = "small", "cluster", range(1, 10)
FEW = ("documents", "keys")  # where all inputs would tell nothing more
# Two threads each, of those that have threads.
GZIP, BZIP2, UNPACKER = "cback-compress -p2", "cback-compress -p2 -m bzip2", "cback-compress -d -p2"
DUMP, CHECK, VERIFY, TEST = "cback-pgdump", "cback-pgdump --check", "cback-pgverify", "cback-compress -t -p2"
BY_HAND, PGRESTORE, RESTORE = "createdb, gzip -d, psql", "cback-pgrestore", "cback-pgverify --restore"
COMMANDS = {  # of those whose names are not their command lines
    VERIFY: "cback-pgverify -- {}",
    BY_HAND: "createdb restored && gzip -dc {} | psql -Xq -v ON_ERROR_STOP=1 -d restored",
    PGRESTORE: "cback-pgrestore --quiet --into restored {}",
    RESTORE: "cback-pgverify --restore -- {}",
}
OURS, ONE_AT_A_TIME, SEPARATE = "cback-postgresql", "cback-postgresql -j1", "cback-postgresql, separate=Y"
CBACK3 = {"cback3, our module": "cback_postgresql", "cback3, its own module": "CedarBackup3.extend.postgresql"}
OUR_MODULE, EXTENSION = CBACK3
ALL = [OURS, ONE_AT_A_TIME, OUR_MODULE, EXTENSION]


class Contest(NamedTuple):
    """A thing to do, with what mode, and those who do it, one of them ours, with whose costs the others' are compared."""

    title: str
    ours: str
    ways: list[str]
    inputs: tuple[str, ...] = FEW


# A backup by a program that dumps is a shell's loop over the databases.
CONTESTS = [
    Contest("backup none", OURS, [*ALL, "pg_dump"], (*FEW, MANY)),
    Contest("backup gzip", OURS, [*ALL, "pg_dump | gzip", "pg_dump | pigz", "pg_dump | igzip -3", "pg_dump | zstd -1 -T2",
        "pg_dump -Z6", "pg_dump -Fc"], (*CORPORA, MANY)),
    Contest("backup bzip2", OURS, [*ALL, "pg_dump | bzip2 -9", "pg_dump | pbzip2 -c -9", "pg_dump | lbzip2 -9"]),
    Contest("whole", OURS, [OURS, SEPARATE, EXTENSION, "pg_dumpall | gzip", "pg_dumpall | pigz", "pg_dumpall | igzip -3",
        "pg_dumpall | zstd -1 -T2"], (CLUSTER,)),
    Contest("pack gzip", GZIP, ["gzip -6", "gzip -9", "pigz -p2 -6", "pigz -p2 -9", "crabz -Q -p2 -l6", "bgzip -@2 -l6 -c",
        "gzippy -p2 -6", "igzip -3 -T2", "zstd -1 -T2", "cback-compress -p1", GZIP, f"{GZIP} -9"], CORPORA),
    Contest("pack bzip2", BZIP2, ["bzip2 -9", "pbzip2 -c -p2 -9", "lbzip2 -n2 -9", "cback-compress -p1 -m bzip2", BZIP2]),
    Contest("levels", "", [f"{tool} -{level}" for level in LEVELS for tool in ("gzip", GZIP)], CORPORA),
    Contest("unpack gzip", UNPACKER, ["gzip -d", "pigz -d -p2", "bgzip -d -c -@2", "igzip -d -c", "libdeflate-gunzip",
        "rapidgzip -d -c -P2", UNPACKER]),
    Contest("unpack bzip2", UNPACKER, ["bzip2 -d", "pbzip2 -d -c -p2", "lbzip2 -d -n2", UNPACKER]),
    Contest("prove none", VERIFY, ["sha256sum", CHECK, VERIFY]),
    Contest("prove gzip", VERIFY, ["gzip -t", TEST, VERIFY]),
    Contest("prove bzip2", VERIFY, ["bzip2 -t", "pbzip2 -t -p2", "lbzip2 -t -n2", TEST, VERIFY]),
    Contest("restore", PGRESTORE, [BY_HAND, PGRESTORE, RESTORE]),
    Contest("stage none", DUMP, ["pg_dump", DUMP]),
]  # fmt: skip
# No dumps of ours: what separate=Y has besides.
OTHERS = r"postgresqldump\.sha256|postgresqlglobals|postgresqldump-(postgres|template1)\."
SUFFIX = {"none": "", "gzip": ".gz", "bzip2": ".bz2"}
EXAMPLE = Path(__file__).parents[1] / "examples/cback3.conf"


def programs(way: str) -> list[str]:
    """What has to be installed for it."""
    return [part.split()[0].strip(",") for part in way.split(" | ")] + ["bwrap"] * (way == RESTORE)


@dataclass
class Bench:
    """All measurements of one run."""

    top: Path  # a directory of our own, in memory if there is room
    dumps: dict[str, Path]  # by database, and of the cluster
    rounds: int
    figures: Figures = field(default_factory=Figures)
    left_out: dict[str, str] = field(default_factory=dict)  # a program that is not installed, by way

    def __post_init__(self) -> None:
        self.digests = {name: digest(path) for name, path in self.dumps.items()}
        self.small = [name for name in self.dumps if name.startswith(MANY)]
        self.out = self.top / "out"

    def all(self) -> None:
        """Measure, in each contest, each way that can take part with each input in turn, every other round backwards."""
        for contest in CONTESTS:
            kind, mode = (contest.title + " gzip").split()[:2]
            measure = getattr(self, {"whole": "backup", "stage": "backup", "levels": "pack"}.get(kind, kind))
            inputs = [name for name in contest.inputs if name == MANY or name in self.dumps]
            pairs = [(way, name) for name in inputs for way in self.able(contest.ways)]
            print(f"bench: {contest.title}: {self.rounds} times {len(pairs)} runs", file=sys.stderr)
            for number in range(self.rounds):
                for way, name in reversed(pairs) if number % 2 else pairs:
                    self.figures.setdefault((contest.title, way, name), []).append(measure(way, mode, name))

    def able(self, ways: list[str]) -> list[str]:
        """The ways whose programs are installed; of the others it is noted."""
        self.left_out |= {way: program for way in ways for program in programs(way) if not shutil.which(program)}
        return [way for way in ways if way not in self.left_out]

    def packed(self, name: str, mode: str) -> Path:
        """A dump as our backups are packed."""
        file = self.dumps[name].with_suffix(".sql" + SUFFIX[mode])
        if not file.exists():
            run(["cback-compress", "-m", mode], file, self.dumps[name])
        return file

    def expect(self, file: Path, name: str, fault: str) -> None:
        if digest(file) != self.digests[name]:
            raise RuntimeError(fault)

    def pack(self, way: str, _mode: str, name: str) -> Run:
        """One compressor on one input. Its output is unpacked and compared."""
        output = self.top / ("out.bz2" if "bzip2" in way else "out.zst" if "zstd" in way else "out.gz")
        cost = run(shlex.split(way), output, self.dumps[name], pipe=True)
        self.expect(output, name, f"{way}: does not unpack to {name}")
        return cost

    def backup(self, way: str, mode: str, name: str) -> Run:
        """Back up one database, the small ones or the whole cluster; every file is unpacked and compared."""
        collect = self.top / "collect"
        shutil.rmtree(collect, ignore_errors=True)
        collect.mkdir()
        databases = self.small if name == MANY else [name]
        cost = run(self.command(way, mode, databases), self.out)
        files = list(collect.iterdir())
        if way == SEPARATE:
            databases = [name for name in self.dumps if name != CLUSTER]
        dumps = [digest(file) for file in files if not re.match(OTHERS, file.name)]
        if sorted(dumps) != sorted(self.digests[database] for database in databases):
            raise RuntimeError(f"{way}, {mode}: not what pg_dump writes")
        return cost._replace(size=sum(file.stat().st_size for file in files))

    def command(self, way: str, mode: str, databases: list[str]) -> list[str]:
        """The command that backs the databases up in this mode."""
        file = self.configuration(way, mode, databases)
        if way in CBACK3:
            return ["cback3", "--quiet", "--logfile", str(self.top / "log"), "--config", file, "postgresql"]
        if way.startswith(OURS):
            return [*way.removesuffix(", separate=Y").split(), "--quiet", "--config", file]
        dump, *filters = way.split(" | ")
        suffix = ".dump" if "-Fc" in dump else ".zst" if "zstd" in way else SUFFIX[mode]
        pipe = " | ".join([dump if dump == "pg_dumpall" else f'{dump} "$d"', *filters])
        return ["sh", "-c", f"for d in {' '.join(databases)}; do {pipe} >{self.top}/collect/$d{suffix}; done"]

    def configuration(self, way: str, mode: str, databases: list[str]) -> str:
        """A configuration of cback3 that only its owner can read."""
        file = self.top / "cback3.conf"
        what = "".join(f"<database>{name}</database>" for name in databases)
        what = "<all>Y</all>" if databases == [CLUSTER] else f"<all>N</all>{what}"
        what += "<separate>Y</separate>" if way == SEPARATE else ""
        section = f"<postgresql><user>postgres</user><compress_mode>{mode}</compress_mode>{what}</postgresql>"
        text = re.sub("(?s)<postgresql>.*</postgresql>", section, EXAMPLE.read_text())
        text = text.replace("/opt/backup", str(self.top)).replace("cback_postgresql", CBACK3.get(way, CBACK3[OUR_MODULE]))
        text = text.replace(">backup</backup_user>", f">{self.top.owner()}</backup_user>")
        file.write_text(text.replace(">backup</backup_group>", f">{self.top.group()}</backup_group>"))
        file.chmod(0o600)
        return str(file)

    def unpack(self, way: str, mode: str, name: str) -> Run:
        """One program on one packed dump, its output compared."""
        file = self.packed(name, mode)
        cost = run(shlex.split(way), self.out, file)
        self.expect(self.out, name, f"{way}: does not unpack {file.name}")
        return cost

    def prove(self, way: str, mode: str, name: str) -> Run:
        """Believe no program that a file is whole that says so of half a file."""
        file = self.packed(name, mode)
        half = self.top / f"half{file.suffix}"
        half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        half_argv, argv = (shlex.split(COMMANDS.get(way, way).format(it)) for it in (half, file))
        if not subprocess.run(half_argv, stdin=half.open("rb"), capture_output=True).returncode and way != "sha256sum":
            raise RuntimeError(f"{way}: says that half a file is whole")
        return run(argv, self.out, file)

    def restore(self, way: str, mode: str, name: str) -> Run:
        """Restore one dump, into a server that runs or one of its own; of the former the database is compared."""
        cost = run(["sh", "-c", COMMANDS[way].format(self.packed(name, mode))], self.out)
        if way != RESTORE:
            run(["pg_dump", "restored"], self.out)
            sql("postgres", "DROP DATABASE restored")
            self.expect(self.out, name, f"{way}: {name} is not what it was")
        return cost
