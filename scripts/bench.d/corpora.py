"""Databases of five kinds and many small ones, in a PostgreSQL that lives as long as it is needed."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MB = 1_000_000
TEXTS = ["/usr/share/doc", "/usr/share/dict", "/usr/lib/python3", os.path.dirname(os.__file__), "/usr/share/perl",
         "/usr/share/perl5", "/usr/include"]  # fmt: skip
# By database, the rows of its table and the bytes that one takes in a dump; {} is the number of rows.
WORD = "(string_to_array('shop order customer item price city paid sent gift color red blue large berlin wien paris roma', ' '))[1 + floor(random() * 17)::int]"
TABLES = {
    "json": (f"""SELECT i AS id, jsonb_build_object('id', i, 'email', {WORD} || floor(random() * 9999) || '@example.org',
        'status', {WORD}, 'total', round((random() * 900)::numeric, 2), 'items', (SELECT jsonb_agg(jsonb_build_object(
        'sku', 'A' || floor(random() * 99999), 'price', round((random() * 200)::numeric, 2), 'tags', {WORD}))
        FROM generate_series(1, 1 + i % 4))) AS data FROM generate_series(1, {{}}) i""", 247),
    "pgbench": ("""SELECT *, ''::char(84) AS filler FROM (SELECT i AS aid, i / 100000 + 1 AS bid, CASE WHEN random() < 0.7 THEN
        floor(random() * 10000)::int - 5000 ELSE 0 END AS abalance FROM generate_series(1, {}) i) t ORDER BY abalance <> 0, aid""", 97),
    "keys": ("""SELECT i AS id, gen_random_uuid() AS key, md5(random()::text) AS hash, '10.0.0.0'::inet + floor(random()
        * 16777216)::int AS address, now() + random() * interval '1 year' AS time FROM generate_series(1, {}) i""", 118),
    "hex": ("""SELECT i AS id, (SELECT string_agg(sha256(format('%s.%s', i, j)::bytea), '') FROM generate_series(1, 1000)
        j) AS data FROM generate_series(1, {}) i""", 64_008),
}  # fmt: skip
CORPORA = ("documents", *TABLES)
# Twenty tables of fifty rows.
SMALL_TABLES = ";".join(
    f"CREATE TABLE item_{n} (id int PRIMARY KEY, name text, price numeric);"
    f"INSERT INTO item_{n} SELECT i, md5(i::text), i * 1.19 FROM generate_series(1, 50) i"
    for n in range(1, 21)
)


@contextmanager
def server(directory: Path) -> Iterator[None]:
    """Run PostgreSQL in directory; our environment then leads every client to it."""
    directory.mkdir()
    user = ["setpriv", "--pdeathsig=INT"]
    if os.geteuid() == 0:  # whom PostgreSQL refuses
        shutil.chown(directory, "nobody")
        user += ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    os.environ |= {"PGHOST": str(directory), "PGUSER": "postgres", "LC_ALL": "C.UTF-8"}
    initdb = [*user, "initdb", "-U", "postgres", "-N", "--no-locale", "-A", "trust", "-E", "UTF8", "-D", "data"]
    subprocess.run(initdb, cwd=directory, stdout=subprocess.DEVNULL, check=True)
    postgres = [*user, "postgres", "-D", "data", "-k", directory, "-c", "listen_addresses=", "-c", "autovacuum=off"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(postgres, cwd=directory, stderr=log)
    try:
        while subprocess.run(["pg_isready", "-q"]).returncode:
            if process.poll() is not None:
                raise RuntimeError(f"the server does not start: {(directory / 'log').read_text()}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def create(kinds: list[str], megabytes: float, small: int, directory: Path) -> dict[str, Path]:
    """Create the databases, one of each kind about as large as asked for, and so many small ones; dump each, and all."""
    for database in kinds:
        sql("postgres", f"CREATE DATABASE {database}")
        if database in TABLES:
            select, row = TABLES[database]
            sql(database, f"CREATE TABLE item AS {select.format(int(megabytes * MB / row) + 1)}")
        else:
            load_documents(int(megabytes * MB))
        sql(database, "VACUUM FREEZE")
    names = [f"small{number}" for number in range(1, small + 1)]
    for name in names:  # none is quite like another
        sql("postgres", f"CREATE DATABASE {name}" + (" TEMPLATE small1" if name != "small1" else ""))
        sql(name, SMALL_TABLES if name == "small1" else f"INSERT INTO item_1 VALUES (0, '{name}', 0)")
    dumps = {name: directory / f"{name}.sql" for name in (*kinds, *names, "cluster")}
    for name, dump in dumps.items():
        subprocess.run(["pg_dumpall", "-f", dump] if name == "cluster" else ["pg_dump", "-f", dump, name], check=True)
    return dumps


def load_documents(size: int) -> None:
    """Fill a table with text files of all kinds that this machine has, mixed, none twice."""
    paths = sorted(path for root in TEXTS for path in Path(root).rglob("*") if path.is_file())
    random.Random(9).shuffle(paths)
    escapes = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
    rows: dict[str, Path] = {}  # by body
    while size > 0 and paths:
        path = paths.pop()
        with suppress(ValueError, OSError):
            body = path.read_text("utf-8").translate(escapes)
            if len(body) < MB and "\0" not in body and body not in rows:
                rows[body] = path
                size -= len(body.encode())
    sql("documents", "CREATE TABLE document (path text, body text)")
    sql("documents", "COPY document FROM STDIN", "".join(f"{path}\t{body}\n" for body, path in rows.items()))


def sql(database: str, statement: str, data: str = "") -> None:
    """Have psql run a statement on data."""
    psql = ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement]
    subprocess.run(psql, input=data, text=True, stdout=subprocess.DEVNULL, check=True)
