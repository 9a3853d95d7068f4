"""Who competes with whom, in which command lines, which are also their names; each output is proven to be right."""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpora import CORPORA, sql
from measure import Figures, Run, WrongOutput, digest, run

SLICES, SMALL, LEVELS = ("text/1000", "text/100", "text/10", "text"), "1 KiB", range(1, 10)
# Two threads each, of those that have threads.
GZIP, BZIP2, UNPACKER = "cback-compress -p2", "cback-compress -p2 -m bzip2", "cback-compress -d -p2"
LEVELLED = {tool: [f"{tool} -{level}" for level in LEVELS] for tool in ("gzip", "pigz -p2", GZIP)}
PACK = {
    "gzip": [*sum(LEVELLED.values(), []), "crabz -Q -p2 -l6", "bgzip -@2 -l6 -c", "igzip -3 -T2",
             "cback-compress -p1", GZIP],
    "bzip2": ["bzip2 -9", "pbzip2 -c -p2 -9", "lbzip2 -n2 -9", "cback-compress -p1 -m bzip2", BZIP2],
}
UNPACK = {
    "gzip": ["gzip -d", "pigz -d -p2", "bgzip -d -c -@2", "igzip -d -c", "libdeflate-gunzip", "rapidgzip -d -c -P2",
             "cback-compress -d -p1", UNPACKER],
    "bzip2": ["bzip2 -d", "pbzip2 -d -c -p2", "lbzip2 -d -n2", "cback-compress -d -p1", UNPACKER],
}  # fmt: skip
CHECK, VERIFY, RESTORE, BY_HAND = (
    "cback-pgdump --check", "cback-pgverify", "cback-pgverify --restore", "createdb, gzip -d, psql",
)  # fmt: skip
PROVE = {
    "none": ["sha256sum", CHECK, VERIFY],
    "gzip": ["gzip -t", "cback-compress -t -p2", VERIFY],
    "bzip2": ["bzip2 -t", "pbzip2 -t -p2", "lbzip2 -t -n2", "cback-compress -t -p2", VERIFY],
}
START = ["gzip", "pigz", "cback-compress", "bzip2", "lbzip2", "cback-compress -m bzip2", "cback-pgconf shell",
         "python3 -c pass"]  # fmt: skip
STAGE = ["pg_dump", "cback-pgdump"]
# The kernel lets no core sleep while the second file is open and holds a zero.
STAGES = {"stage": os.devnull, "stage, cores kept awake": "/dev/cpu_dma_latency"}
THREADS = [f"cback-compress -p{threads}{mode}" for mode in ("", " -m bzip2") for threads in (1, 2, 4, 8)]
OURS, ONE_AT_A_TIME, PG_BACK = "cback-postgresql", "cback-postgresql -j1", "pg_back"
CBACK3 = {"cback3, our module": "cback_postgresql", "cback3, its own module": "CedarBackup3.extend.postgresql"}
OUR_MODULE, EXTENSION = CBACK3
ALL = [OURS, ONE_AT_A_TIME, OUR_MODULE, EXTENSION]
# A way that begins with pg_dump is a shell's loop over the databases.
BACKUP = {
    "none": [*ALL, "pg_dump"],
    "gzip": [*ALL, PG_BACK, "pg_back -j2", "pg_dump | gzip", "pg_dump | gzip -9", "pg_dump | pigz", "pg_dump -Z6",
             "pg_dump -Fc"],
    "bzip2": [*ALL, "pg_dump | bzip2 -9", "pg_dump | pbzip2 -c -9", "pg_dump | lbzip2 -9"],
}  # fmt: skip
MANY = {
    "none": [OURS, ONE_AT_A_TIME, EXTENSION, "pg_dump"],
    "gzip": [OURS, ONE_AT_A_TIME, EXTENSION, PG_BACK, "pg_back -j2", "pg_dump | gzip"],
}
SUFFIX = {"none": "", "gzip": ".gz", "bzip2": ".bz2"}
CONFIGURATION = """<cb_config><reference><author>bench</author></reference>
<extensions><action><name>postgresql</name><module>{module}</module><function>executeAction</function><index>101</index>
</action></extensions>
<options><starting_day>monday</starting_day><working_dir>{top}</working_dir><rcp_command>scp -B</rcp_command>
<backup_user>{user}</backup_user><backup_group>{group}</backup_group></options>
<collect><collect_dir>{top}/collect</collect_dir><collect_mode>daily</collect_mode><archive_mode>tar</archive_mode>
<ignore_file>.ignore</ignore_file><dir><abs_path>{top}/collect</abs_path></dir></collect>
<postgresql><user>postgres</user><compress_mode>{mode}</compress_mode><all>N</all>{databases}</postgresql></cb_config>
"""


@dataclass
class Contests:
    """All measurements of one run of the benchmark."""

    top: Path  # a directory of our own, in memory if there is room
    python: Path  # one that has Cedar
    dumps: dict[str, Path]  # by database, and beginnings of the text's
    figures: Figures
    digests: dict[str, str] = field(default_factory=dict)  # of the dumps, by name
    packed: dict[tuple[str, str], str] = field(default_factory=dict)  # hashes of packers' outputs, by way and name
    left_out: dict[str, str] = field(default_factory=dict)  # why, by way

    def all(self) -> None:
        """One after the other."""
        self.out = self.top / "out"
        self.digests = {name: digest(path) for name, path in self.dumps.items()}
        self.alternate("start", START, [SMALL], self.start, times=20)
        self.stages()
        for name in CORPORA:
            for mode in ("gzip", "bzip2"):
                run(["cback-compress", "-m", mode], self.file(name, mode), self.dumps[name])
        for mode, ways in PROVE.items():
            self.refuse_half(mode, self.able(ways))
            self.alternate(f"prove {mode}", ways, CORPORA, lambda way, name: self.prove(way, self.file(name, mode)))
        for mode, ways in UNPACK.items():
            self.alternate(f"unpack {mode}", ways, CORPORA, lambda way, name: self.unpack(way, self.file(name, mode)))
        self.alternate("restore", [BY_HAND, RESTORE], CORPORA, self.restore)
        small = tuple(name for name in self.dumps if name.startswith("small"))
        for title, contest, databases in (("backup", BACKUP, CORPORA), ("many", MANY, small)):
            for mode, ways in contest.items():
                self.backups(f"{title} {mode}", mode, ways, databases)
        for mode, ways in PACK.items():
            self.alternate(f"pack {mode}", ways, CORPORA, self.pack)
        self.alternate("growth", [GZIP, BZIP2], SLICES, self.pack)
        self.alternate("threads", THREADS, ["text"], self.pack)

    def alternate(self, contest: str, ways: Iterable[str], inputs: Iterable[str], measure: Callable[[str, str], Run],
                  times: int = 1) -> None:  # fmt: skip
        """Measure each way that can take part with each input in turn, every other round backwards."""
        pairs = [(way, name) for name in inputs for way in self.able(ways)]
        print(f"bench: {contest}: {self.figures.rounds * times} times {len(pairs)} runs", file=sys.stderr)
        for number in range(self.figures.rounds * times):
            for pair in reversed(pairs) if number % 2 else pairs:
                self.figures.runs.setdefault((contest, *pair), []).append(measure(*pair))

    def able(self, ways: Iterable[str]) -> list[str]:
        """The ways whose program is installed; of the others it is noted."""
        present = []
        for way in ways:
            program = str(self.python) if way in CBACK3 else way.removeprefix("pg_dump | ").split()[0]
            needed = [program.strip(","), *["bwrap"] * (way == RESTORE)]
            if absent := [name for name in needed if not shutil.which(name)]:
                self.left_out[way] = f"{absent[0]} is not installed"
            else:
                present.append(way)
        return present

    def file(self, name: str, mode: str) -> Path:
        """A dump as our backups are packed."""
        return self.dumps[name].with_suffix(".sql" + SUFFIX[mode])

    def pack(self, way: str, name: str, light: bool = False) -> Run:
        """One compressor on one input. Its output is unpacked and compared, the same bytes but once."""
        output = self.top / ("out.bz2" if "bzip2" in way else "out.gz")
        cost = run(shlex.split(way), output, self.dumps[name], light=light)
        packed = hashlib.sha256(output.read_bytes()).hexdigest()
        unpacked = {known for (_, of), known in self.packed.items() if of == name}
        if packed not in unpacked and digest(output) != self.digests[name]:
            raise WrongOutput(f"{way}: does not unpack to {name}")
        self.packed[way, name] = packed
        return cost

    def start(self, way: str, name: str) -> Run:
        if not way.startswith(("cback-pgconf", "python3")):
            return self.pack(way, name, light=True)
        argv = shlex.split(way.replace("python3", sys.executable))  # the one on PATH may be a script that looks for one
        return run(argv, self.out, self.configuration("gzip", "unused", CORPORA), light=True)

    def stages(self) -> None:
        """cback-pgdump and pg_dump, into a pipe; and again with the cores kept awake, where we may."""
        for name in CORPORA:
            run(["cback-pgdump", name], self.out)
            if digest(self.out) != self.digests[name]:
                raise WrongOutput(f"cback-pgdump {name}: not what pg_dump writes")

        def measure(way: str, name: str) -> Run:
            return run(["sh", "-c", f"{way} {name} | cat >/dev/null"], self.out)

        for stage, device in STAGES.items():
            if os.access(device, os.W_OK):
                with open(device, "wb", buffering=0) as request:
                    request.write(bytes(4))
                    self.alternate(stage, STAGE, CORPORA, measure, times=3)

    def backups(self, contest: str, mode: str, ways: list[str], databases: tuple[str, ...]) -> None:
        """Whole backups, every file unpacked and compared."""
        collect = self.top / "collect"
        wanted = sorted(self.digests[name] for name in databases)

        def backup(way: str, _: str) -> Run:
            shutil.rmtree(collect, ignore_errors=True)
            collect.mkdir()
            cost = run(self.command(way, mode, databases), self.out)
            # pg_back adds roles and settings.
            files = [file for file in collect.iterdir() if file.name.split("_")[0] not in ("pg", "hba", "ident")]
            if sorted(map(digest, files)) != wanted:
                raise WrongOutput(f"{way}, {mode}: not what pg_dump writes")
            return replace(cost, size=sum(file.stat().st_size for file in files))

        self.alternate(contest, ways, ["all"], backup)

    def command(self, way: str, mode: str, databases: tuple[str, ...]) -> list[str]:
        """The command that backs the databases up in this mode."""
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
        file = self.top / "cback3.conf"
        names = "".join(f"<database>{name}</database>" for name in databases)
        values = {"top": self.top, "user": self.top.owner(), "group": self.top.group()}
        file.write_text(CONFIGURATION.format(mode=mode, module=module, databases=names, **values))
        file.chmod(0o600)
        return file

    def unpack(self, way: str, file: Path) -> Run:
        """One program on one packed dump, its output compared."""
        cost = run(shlex.split(way), self.out, file, pipe=False)
        if digest(self.out) != self.digests[file.name.split(".")[0]]:
            raise WrongOutput(f"{way}: does not unpack {file.name}")
        return cost

    def refuse_half(self, mode: str, ways: list[str]) -> None:
        """Believe no program that files are whole that says so of half a file."""
        half, whole = self.top / f"half.sql{SUFFIX[mode]}", self.file("text", mode).read_bytes()
        half.write_bytes(whole[: len(whole) // 2])
        for way in ways:
            done = subprocess.run(proving(way, half), stdin=half.open("rb"), capture_output=True, check=False)
            if done.returncode == 0 and way != "sha256sum":
                raise WrongOutput(f"{way}: says that half a file is whole")

    def prove(self, way: str, file: Path) -> Run:
        return run(proving(way, file), self.out, file, pipe=False)

    def restore(self, way: str, name: str) -> Run:
        """Restore one dump: into a server that runs, by hand, or as cback-pgverify does."""
        file = self.file(name, "gzip")
        if way == RESTORE:
            return self.prove(way, file)
        psql = f"createdb restored && gzip -dc {file} | psql -Xq -v ON_ERROR_STOP=1 -d restored"
        cost = run(["sh", "-c", psql], self.out)
        run(["pg_dump", "restored"], self.out)
        sql("postgres", "DROP DATABASE restored")
        if digest(self.out) != self.digests[name]:
            raise WrongOutput(f"{way}: {name} is not what it was")
        return cost


def proving(way: str, file: Path) -> list[str]:
    """The arguments with which a program reads a file that is also its standard input."""
    return [*shlex.split(way), "--", str(file)] if way.startswith(VERIFY) else shlex.split(way)
