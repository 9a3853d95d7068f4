"""Who competes with whom, in which command lines, which are also their names; each output is proven to be right."""

import hashlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpora import sql
from measure import Figures, Run, WrongOutput, digest, run

MANY, CLUSTER, LEVELS = "small", "cluster", range(1, 10)
FEW = ("documents", "keys")  # where all inputs would tell nothing more
# Two threads each, of those that have threads.
GZIP, BZIP2, UNPACKER = "cback-compress -p2", "cback-compress -p2 -m bzip2", "cback-compress -d -p2"
PACK = {
    "gzip": ["gzip -6", "gzip -9", "pigz -p2 -6", "pigz -p2 -9", "crabz -Q -p2 -l6", "bgzip -@2 -l6 -c", "gzippy -p2 -6",
             "igzip -3 -T2", "zstd -1 -T2", "cback-compress -p1", GZIP, f"{GZIP} -9"],
    "bzip2": ["bzip2 -9", "pbzip2 -c -p2 -9", "lbzip2 -n2 -9", "cback-compress -p1 -m bzip2", BZIP2],
}
UNPACK = {
    "gzip": ["gzip -d", "pigz -d -p2", "bgzip -d -c -@2", "igzip -d -c", "libdeflate-gunzip", "rapidgzip -d -c -P2",
             UNPACKER],
    "bzip2": ["bzip2 -d", "pbzip2 -d -c -p2", "lbzip2 -d -n2", UNPACKER],
}  # fmt: skip
CHECK, VERIFY = "cback-pgdump --check", "cback-pgverify"
PROVE = {
    "none": ["sha256sum", CHECK, VERIFY],
    "gzip": ["gzip -t", "cback-compress -t -p2", VERIFY],
    "bzip2": ["bzip2 -t", "pbzip2 -t -p2", "lbzip2 -t -n2", "cback-compress -t -p2", VERIFY],
}
BY_HAND, PGRESTORE, RESTORE = "createdb, gzip -d, psql", "cback-pgrestore", "cback-pgverify --restore"
RESTORES = {
    BY_HAND: "createdb restored && gzip -dc {} | psql -Xq -v ON_ERROR_STOP=1 -d restored",
    PGRESTORE: "cback-pgrestore --quiet --into restored {}",
    RESTORE: "cback-pgverify --restore -- {}",
}
STAGE = ["pg_dump", "cback-pgdump"]
THREADS = [f"cback-compress -p{threads}{mode}" for mode in ("", " -m bzip2") for threads in (1, 2, 4, 8)]
OURS, ONE_AT_A_TIME, PG_BACK = "cback-postgresql", "cback-postgresql -j1", "pg_back"
CBACK3 = {"cback3, our module": "cback_postgresql", "cback3, its own module": "CedarBackup3.extend.postgresql"}
OUR_MODULE, EXTENSION = CBACK3
ALL = [OURS, ONE_AT_A_TIME, OUR_MODULE, EXTENSION]
# A way that begins with pg_dump is a shell's loop over the databases.
BACKUP = {
    "none": [*ALL, "pg_dump"],
    "gzip": [*ALL, PG_BACK, "pg_dump | gzip", "pg_dump | pigz", "pg_dump | igzip -3", "pg_dump | zstd -1 -T2",
             "pg_dump -Z6", "pg_dump -Z zstd:1", "pg_dump -Fc"],
    "bzip2": [*ALL, "pg_dump | bzip2 -9", "pg_dump | pbzip2 -c -9", "pg_dump | lbzip2 -9"],
}  # fmt: skip
SEPARATE = "cback-postgresql, separate=Y"
WHOLE = [OURS, SEPARATE, EXTENSION, "pg_dumpall | gzip", "pg_dumpall | pigz", "pg_dumpall | igzip -3", "pg_dumpall | zstd -1 -T2"]
# No dumps of ours: roles and settings by pg_back; what separate=Y has besides.
OTHERS = r"(pg|hba|ident)_|postgresqldump\.sha256|postgresqlglobals|postgresqldump-(postgres|template1)\."
SUFFIX = {"none": "", "gzip": ".gz", "bzip2": ".bz2"}
CONFIGURATION = """<cb_config><reference><author>bench</author></reference>
<extensions><action><name>postgresql</name><module>{module}</module><function>executeAction</function><index>101</index>
</action></extensions>
<options><starting_day>monday</starting_day><working_dir>{top}</working_dir><rcp_command>scp -B</rcp_command>
<backup_user>{user}</backup_user><backup_group>{group}</backup_group></options>
<collect><collect_dir>{top}/collect</collect_dir><collect_mode>daily</collect_mode><archive_mode>tar</archive_mode>
<ignore_file>.ignore</ignore_file><dir><abs_path>{top}/collect</abs_path></dir></collect>
<postgresql><user>postgres</user><compress_mode>{mode}</compress_mode>{what}</postgresql></cb_config>
"""


@dataclass
class Contests:
    """All measurements of one run of the benchmark."""

    top: Path  # a directory of our own, in memory if there is room
    python: Path  # one that has Cedar
    inputs: list[str]  # of corpora's
    dumps: dict[str, Path]  # by database
    figures: Figures
    digests: dict[str, str] = field(default_factory=dict)  # of the dumps, by name
    packed: dict[tuple[str, str], str] = field(default_factory=dict)  # hashes of packers' outputs, by way and name
    left_out: dict[str, str] = field(default_factory=dict)  # why, by way

    def all(self) -> None:
        """One after the other."""
        self.out = self.top / "out"
        self.small = [name for name in self.dumps if name.startswith(MANY)]
        self.dumps[CLUSTER] = self.top / "cluster.sql"
        run(["pg_dumpall"], self.dumps[CLUSTER])
        self.digests = {name: digest(path) for name, path in self.dumps.items()}
        few = [name for name in self.inputs if name in FEW] or self.inputs
        self.alternate("stage", STAGE, few, self.stage)
        for name in few:
            for mode in ("gzip", "bzip2"):
                run(["cback-compress", "-m", mode], self.file(name, mode), self.dumps[name])
        for mode, ways in PROVE.items():
            self.refuse_half(self.file(few[0], mode), self.able(ways))
            self.alternate(f"prove {mode}", ways, few, lambda way, name: self.prove(way, self.file(name, mode)))
        for mode, ways in UNPACK.items():
            self.alternate(f"unpack {mode}", ways, few, lambda way, name: self.unpack(way, self.file(name, mode)))
        self.alternate("restore", RESTORES, few, self.restore)
        for mode, ways in BACKUP.items():
            names = {"none": [*few, MANY], "gzip": [*self.inputs, MANY], "bzip2": few}[mode]
            self.alternate(f"backup {mode}", ways, names, lambda way, name: self.backup(way, mode, name))
        self.alternate("whole", WHOLE, [CLUSTER], lambda way, name: self.backup(way, "gzip", name))
        for mode, ways in PACK.items():
            self.alternate(f"pack {mode}", ways, self.inputs if mode == "gzip" else few, self.pack)
        levelled = [f"{tool} -{level}" for level in LEVELS for tool in ("gzip", GZIP)]
        self.alternate("levels", levelled, self.inputs, self.pack, rounds=1)  # for the sizes
        self.alternate("threads", THREADS, few[:1], self.pack)

    def alternate(self, contest: str, ways: Iterable[str], inputs: Iterable[str], measure: Callable[[str, str], Run],
                  rounds: int | None = None) -> None:  # fmt: skip
        """Measure each way that can take part with each input in turn, every other round backwards."""
        pairs = [(way, name) for name in inputs for way in self.able(ways)]
        rounds = rounds or self.figures.rounds
        print(f"bench: {contest}: {rounds} times {len(pairs)} runs", file=sys.stderr)
        for number in range(rounds):
            for pair in reversed(pairs) if number % 2 else pairs:
                self.figures.runs.setdefault((contest, *pair), []).append(measure(*pair))

    def able(self, ways: Iterable[str]) -> list[str]:
        """The ways whose programs are installed; of the others it is noted."""
        present = []
        for way in ways:
            programs = [str(self.python)] if way in CBACK3 else [part.split()[0].strip(",") for part in way.split(" | ")]
            absent = [name for name in (*programs, *["bwrap"] * (way == RESTORE)) if not shutil.which(name)]
            if absent:
                self.left_out[way] = f"{absent[0]} is not installed"
            elif "zstd:" in way and subprocess.run(["sh", "-c", f"{way} postgres"], capture_output=True).returncode:
                self.left_out[way] = "this pg_dump does not know it"
            else:
                present.append(way)
        return present

    def file(self, name: str, mode: str) -> Path:
        """A dump as our backups are packed."""
        return self.dumps[name].with_suffix(".sql" + SUFFIX[mode])

    def expect(self, file: Path, name: str, fault: str) -> None:
        if digest(file) != self.digests[name]:
            raise WrongOutput(fault)

    def pack(self, way: str, name: str) -> Run:
        """One compressor on one input. Its output is unpacked and compared, the same bytes but once."""
        output = self.top / ("out.bz2" if "bzip2" in way else "out.zst" if "zstd" in way else "out.gz")
        cost = run(shlex.split(way), output, self.dumps[name])
        packed = hashlib.sha256(output.read_bytes()).hexdigest()
        if packed not in {known for (_, of), known in self.packed.items() if of == name}:
            self.expect(output, name, f"{way}: does not unpack to {name}")
        self.packed[way, name] = packed
        return cost

    def stage(self, way: str, name: str) -> Run:
        """The dump alone, into a pipe."""
        cost = run(["sh", "-c", f"{way} {name} | cat"], self.out)
        self.expect(self.out, name, f"{way} {name}: not what pg_dump writes")
        return cost

    def backup(self, way: str, mode: str, name: str) -> Run:
        """Back up one database, the small ones or the whole cluster; every file is unpacked and compared."""
        collect = self.top / "collect"
        shutil.rmtree(collect, ignore_errors=True)
        collect.mkdir()
        databases = self.small if name == MANY else [name]
        cost = run(self.command(way, mode, databases), self.out)
        files = list(collect.iterdir())
        dumps = [file for file in files if not re.match(OTHERS, file.name)]
        if way == SEPARATE:
            databases = [*self.inputs, *self.small]
        if sorted(map(digest, dumps)) != sorted(self.digests[database] for database in databases):
            raise WrongOutput(f"{way}, {mode}: not what pg_dump writes")
        return replace(cost, size=sum(file.stat().st_size for file in files))

    def command(self, way: str, mode: str, databases: list[str]) -> list[str]:
        """The command that backs the databases up in this mode."""
        if way.startswith("cback"):
            file = str(self.configuration(way, mode, databases))
            if way not in CBACK3:
                return [*way.removesuffix(", separate=Y").split(), "--quiet", "--config", file]
            cback3 = [str(self.python.with_name("cback3")), "--quiet", "--logfile", str(self.top / "log")]
            return [*cback3, "--config", file, "postgresql"]
        if way.startswith("pg_back"):
            return [*way.split(), "-F", "custom", "-b", str(self.top / "collect"), *databases]
        dump, *filters = way.split(" | ")
        suffix = ".dump" if "-Fc" in dump else ".zst" if "zstd" in way else SUFFIX[mode]
        pipe = " | ".join([dump if dump == "pg_dumpall" else f'{dump} "$d"', *filters])
        return ["sh", "-c", f"for d in {' '.join(databases)}; do {pipe} >{self.top}/collect/$d{suffix}; done"]

    def configuration(self, way: str, mode: str, databases: list[str]) -> Path:
        """A configuration of cback3 that only its owner can read."""
        file = self.top / "cback3.conf"
        what = "".join(f"<database>{name}</database>" for name in databases)
        what = "<all>Y</all>" if databases == [CLUSTER] else f"<all>N</all>{what}"
        what += "<separate>Y</separate>" if way == SEPARATE else ""
        values = {"top": self.top, "user": self.top.owner(), "group": self.top.group(), "mode": mode, "what": what}
        file.write_text(CONFIGURATION.format(module=CBACK3.get(way, CBACK3[OUR_MODULE]), **values))
        file.chmod(0o600)
        return file

    def unpack(self, way: str, file: Path) -> Run:
        """One program on one packed dump, its output compared."""
        cost = run(shlex.split(way), self.out, file, pipe=False)
        self.expect(self.out, file.name.split(".")[0], f"{way}: does not unpack {file.name}")
        return cost

    def refuse_half(self, file: Path, ways: list[str]) -> None:
        """Believe no program that files are whole that says so of half a file."""
        half, whole = self.top / f"half{file.suffix}", file.read_bytes()
        half.write_bytes(whole[: len(whole) // 2])
        for way in ways:
            done = subprocess.run(proving(way, half), stdin=half.open("rb"), capture_output=True, check=False)
            if done.returncode == 0 and way != "sha256sum":
                raise WrongOutput(f"{way}: says that half a file is whole")

    def prove(self, way: str, file: Path) -> Run:
        return run(proving(way, file), self.out, file, pipe=False)

    def restore(self, way: str, name: str) -> Run:
        """Restore one dump, into a server that runs or one of its own; of the former the database is compared."""
        cost = run(["sh", "-c", RESTORES[way].format(self.file(name, "gzip"))], self.out)
        if way != RESTORE:
            run(["pg_dump", "restored"], self.out)
            sql("postgres", "DROP DATABASE restored")
            self.expect(self.out, name, f"{way}: {name} is not what it was")
        return cost


def proving(way: str, file: Path) -> list[str]:
    """The arguments with which a program reads a file that is also its standard input."""
    return [*shlex.split(way), "--", str(file)] if way.startswith(VERIFY) else shlex.split(way)
