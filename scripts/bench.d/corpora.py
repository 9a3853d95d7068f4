"""Three databases of different kinds and many small ones, in a PostgreSQL that lives as long as it is needed."""

import gzip
import os
import pwd
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MB = 1_000_000
SHARES = {"text": 1 / 2, "pgbench": 1 / 3, "blob": 1 / 6}
CORPORA = tuple(SHARES)
# Twenty tables of fifty rows.
SMALL_TABLES = """DO $$ BEGIN
    FOR n IN 1..20 LOOP
        EXECUTE format('CREATE TABLE item_%s (id int PRIMARY KEY, name text, price numeric)', n);
        EXECUTE format('INSERT INTO item_%s SELECT i, md5(i::text), i * 1.19 FROM generate_series(1, 50) i', n);
    END LOOP;
END $$"""
DOCUMENTS = [
    "/usr/share/doc", "/usr/share/man", "/usr/share/common-licenses", "/usr/share/dict",
    "/usr/lib/python3", os.path.dirname(os.__file__), "/usr/share/perl", "/usr/share/perl5", "/usr/include",
]  # fmt: skip
FIELDS = [
    "Package", "Version", "Architecture", "Section", "Priority", "Maintainer", "Depends",
    "Homepage", "Installed-Size", "Size", "SHA256", "Tag", "Description",
]  # fmt: skip
TABLES = {
    "package": ", ".join(f'"{field.lower()}" text' for field in FIELDS),
    "installed": "package text, path text, md5 text",
    "document": "path text, lines int, body text",
    "blob": "id int, data bytea",
}


@contextmanager
def server(programs: Path, directory: Path) -> Iterator[None]:
    """Run PostgreSQL in directory; our environment then leads every client to it."""
    directory.mkdir()
    user = ["setpriv", "--pdeathsig=INT"]
    if os.geteuid() == 0:  # whom PostgreSQL refuses
        names = {entry.pw_name for entry in pwd.getpwall()}
        account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        os.chown(directory, account.pw_uid, account.pw_gid)
        user += [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    os.environ |= {"PGHOST": str(directory), "PGUSER": "postgres", "LC_ALL": "C.UTF-8"}
    data = directory / "data"
    quiet = ["-N", "--no-locale", "-A", "trust", "-E", "UTF8"]
    initdb: list[str | Path] = [*user, programs / "initdb", "-D", data, "-U", "postgres", *quiet]
    subprocess.run(initdb, cwd=directory, stdout=subprocess.DEVNULL, check=True)
    settings = ["-c", "listen_addresses=", "-c", "autovacuum=off"]
    postgres: list[str | Path] = [*user, programs / "postgres", "-D", data, "-k", directory, *settings]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(postgres, cwd=directory, stderr=log)
    try:
        wait_until_ready(process, directory / "log")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers."""
    deadline = time.monotonic() + 60
    while subprocess.run(["pg_isready", "-q"], check=False).returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server does not start: {log.read_text()}")
        time.sleep(0.05)


def create(megabytes: float, small: int, directory: Path) -> dict[str, Path]:
    """Create the databases, and dump each once: three about as large as asked for, and so many small ones."""
    for database, share in SHARES.items():
        sql("postgres", f"CREATE DATABASE {database}")
        size = int(megabytes * MB * share)
        {"text": load_text, "pgbench": load_pgbench, "blob": load_blob}[database](size)
        sql(database, "VACUUM FREEZE")
    names = [f"small{number}" for number in range(1, small + 1)]
    for name in names:  # none is quite like another
        sql("postgres", f"CREATE DATABASE {name}" + (" TEMPLATE small1" if name != "small1" else ""))
        sql(name, SMALL_TABLES if name == "small1" else f"INSERT INTO item_1 VALUES (0, '{name}', 0)")
    dumps = {name: directory / f"{name}.sql" for name in (*CORPORA, *names)}
    for name, dump in dumps.items():
        subprocess.run(["pg_dump", "-f", dump, name], check=True)
    return dumps


def load_text(size: int) -> None:
    """Fill tables with what this machine has in package lists, documentation and sources."""
    left = size - load("text", "package", packages(), size // 3)
    left -= load("text", "installed", installed_files(), size // 10)
    load("text", "document", documents(), left)


def load_pgbench(size: int) -> None:
    """Fill pgbench's own tables by pgbench itself."""
    rows = size // 97
    pgbench = ["pgbench", "-i", "-q", "-I", "dtgp", "-s", str(rows // 100_000 + 1), "pgbench"]
    subprocess.run(pgbench, stderr=subprocess.DEVNULL, check=True)
    sql("pgbench", f"DELETE FROM pgbench_accounts WHERE aid > {rows}")


def load_blob(size: int) -> None:
    """Fill a table with random bytes, the same each time; two digits of hex a byte."""
    noise = random.Random(9)
    endless = ((str(number), rf"\x{noise.randbytes(30_000).hex()}") for number in range(size))
    load("blob", "blob", endless, size)


def packages() -> Iterator[tuple[str | None, ...]]:
    """Debian's packages, those that apt knows of."""
    listing = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, check=True).stdout
    for stanza in listing.decode(errors="replace").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line)
        yield tuple(fields.get(field) for field in FIELDS)


def installed_files() -> Iterator[tuple[str | None, ...]]:
    """Every file that dpkg has installed, with its checksum."""
    for sums in sorted(Path("/var/lib/dpkg/info").glob("*.md5sums")):
        for line in sums.read_text(errors="replace").splitlines():
            md5, _, path = line.partition("  ")
            yield sums.stem, path, md5


def documents() -> Iterator[tuple[str | None, ...]]:
    """Text files of all kinds, mixed, none twice."""
    paths = sorted(path for root in DOCUMENTS for path in Path(root).rglob("*"))
    random.Random(9).shuffle(paths)
    seen = set()
    for path in paths:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MB:
            continue
        content = path.read_bytes()
        try:
            body = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
        except (ValueError, gzip.BadGzipFile, EOFError):
            continue
        if "\0" not in body and body not in seen:
            seen.add(body)
            yield str(path), str(body.count("\n")), body


def load(database: str, table: str, rows: Iterator[tuple[str | None, ...]], size: int) -> int:
    """Create a table and copy rows into it until they make up size bytes; return the bytes."""
    sql(database, f"CREATE TABLE {table} ({TABLES[table]})")
    escapes = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
    copy = ["psql", "-Xq", "-d", database, "-c", f"COPY {table} FROM STDIN"]
    psql = subprocess.Popen(copy, stdin=subprocess.PIPE)
    assert psql.stdin
    written = 0
    for row in rows:
        if written >= size:
            break
        values = (r"\N" if value is None else value.translate(escapes) for value in row)
        written += psql.stdin.write("\t".join(values).encode() + b"\n")
    psql.communicate()
    if psql.returncode:
        raise RuntimeError(f"{table} could not be loaded")
    return written


def sql(database: str, statement: str) -> str:
    """What psql prints."""
    psql = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement]
    return subprocess.check_output(psql, text=True)
