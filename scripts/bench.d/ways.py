"""Who competes with whom: the command lines, which are also their names."""

# Inputs: beginnings of the text.
SLICES = ("text/1000", "text/100", "text/10", "text")
SMALL = "1 KiB"
LEVELS = range(1, 10)

# Two threads each, of those that have threads.
GZIP, BZIP2 = "cback-compress -p2", "cback-compress -p2 -m bzip2"
SERIAL = {"gzip": "cback-compress -p1", "bzip2": "cback-compress -p1 -m bzip2"}
LEVELLED = {tool: [f"{tool} -{level}" for level in LEVELS] for tool in ("gzip", "pigz -p2", GZIP)}
BEST_GZIP, BGZIP, IGZIP, CRABZ = "pigz -p2 -9", "bgzip -@2 -l6 -c", "igzip -3 -T2", "crabz -Q -p2 -l6"
CEDAR = {"gzip": "Cedar's loop, gzip", "bzip2": "Cedar's loop, bzip2"}
PACK = {
    "gzip": [*sum(LEVELLED.values(), []), CRABZ, BGZIP, IGZIP, CEDAR["gzip"], SERIAL["gzip"], GZIP],
    "bzip2": ["bzip2 -9", "pbzip2 -c -p2 -9", "lbzip2 -n2 -9", CEDAR["bzip2"], SERIAL["bzip2"], BZIP2],
}

UNPACKER = "cback-compress -d -p2"
UNPACK = {
    "gzip": ["gzip -d", "pigz -d -p2", "bgzip -d -c -@2", "igzip -d -c", "libdeflate-gunzip",
             "rapidgzip -d -c -P2", "cback-compress -d -p1", UNPACKER],
    "bzip2": ["bzip2 -d", "pbzip2 -d -c -p2", "lbzip2 -d -n2", "cback-compress -d -p1", UNPACKER],
}  # fmt: skip
CHECKSUM, CHECK, VERIFY, RESTORE, BY_HAND = (
    "sha256sum", "cback-pgdump --check", "cback-pgverify", "cback-pgverify --restore", "createdb, gzip -d, psql",
)  # fmt: skip
PROVE = {
    "none": [CHECKSUM, CHECK, VERIFY],
    "gzip": ["gzip -t", "cback-compress -t -p2", VERIFY],
    "bzip2": ["bzip2 -t", "pbzip2 -t -p2", "lbzip2 -t -n2", "cback-compress -t -p2", VERIFY],
}
SUFFIX = {"none": "", "gzip": ".gz", "bzip2": ".bz2"}

START = ["gzip", "pigz", "cback-compress", "bzip2", "lbzip2", "cback-compress -m bzip2",
         "cback-pgconf shell", "python3 -c pass"]  # fmt: skip
STAGE = ["pg_dump", "cback-pgdump"]
STAGES = ("stage", "stage, cores kept awake")
THREADS = [f"cback-compress -p{threads}{mode}" for mode in ("", " -m bzip2") for threads in (1, 2, 4, 8)]

OURS, ONE_AT_A_TIME = "cback-postgresql", "cback-postgresql -j1"
CBACK3 = {"cback3, our module": "cback_postgresql", "cback3, its own module": "CedarBackup3.extend.postgresql"}
OUR_MODULE, EXTENSION = CBACK3
PG_BACK, PG_BACK_TWO = "pg_back", "pg_back -j2"
# What begins with pg_dump is a shell's loop over the databases.
BACKUP = {
    "none": [OURS, ONE_AT_A_TIME, OUR_MODULE, EXTENSION, "pg_dump"],
    "gzip": [OURS, ONE_AT_A_TIME, OUR_MODULE, EXTENSION, PG_BACK, PG_BACK_TWO, "pg_dump | gzip", "pg_dump | gzip -9",
             "pg_dump | pigz", "pg_dump -Z6", "pg_dump -Fc"],
    "bzip2": [OURS, ONE_AT_A_TIME, OUR_MODULE, EXTENSION, "pg_dump | bzip2 -9", "pg_dump | pbzip2 -c -9",
              "pg_dump | lbzip2 -9"],
}  # fmt: skip
MANY = {
    "none": [OURS, ONE_AT_A_TIME, EXTENSION, "pg_dump"],
    "gzip": [OURS, ONE_AT_A_TIME, EXTENSION, PG_BACK, PG_BACK_TWO, "pg_dump | gzip"],
}
