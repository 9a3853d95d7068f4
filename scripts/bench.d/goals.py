"""What was to be reached, and whether it was."""

from collections.abc import Iterator

from contests import Contests
from corpora import CORPORA
from tables import MB, MIB, show, table
from ways import (
    BEST_GZIP, BGZIP, BY_HAND, BZIP2, CHECK, CRABZ, EXTENSION, GZIP, IGZIP, LEVELS, ONE_AT_A_TIME, OURS, RESTORE,
    SERIAL, STAGE, STAGES, UNPACKER, VERIFY,
)  # fmt: skip

# What, at most, contest, ours, peer: ratios of wall times.
WALL_GOALS: list[tuple[str, float, str, str, str]] = [
    ("whole backup, gzip", 0.23, "backup gzip", OURS, EXTENSION),
    ("whole backup, bzip2", 0.30, "backup bzip2", OURS, EXTENSION),
    ("many databases, gzip", 0.55, "many gzip", OURS, EXTENSION),
    ("many databases, none", 0.55, "many none", OURS, EXTENSION),
    ("many databases, one at a time, gzip", 1.00, "many gzip", ONE_AT_A_TIME, EXTENSION),
    ("many databases, one at a time, none", 1.00, "many none", ONE_AT_A_TIME, EXTENSION),
    ("gzip, default level", 0.25, "pack gzip", GZIP, BEST_GZIP),
    ("gzip, default level", 0.65, "pack gzip", GZIP, BGZIP),
    ("gzip, default level", 0.95, "pack gzip", GZIP, IGZIP),
    ("gzip -6", 0.38, "pack gzip", f"{GZIP} -6", "pigz -p2 -6"),
    ("gzip -6", 0.55, "pack gzip", f"{GZIP} -6", CRABZ),
    ("gzip, two threads", 0.55, "pack gzip", GZIP, SERIAL["gzip"]),
    ("bzip2", 0.26, "pack bzip2", BZIP2, "bzip2 -9"),
    ("bzip2", 0.66, "pack bzip2", BZIP2, "lbzip2 -n2 -9"),
    ("unpacking gzip", 0.45, "unpack gzip", UNPACKER, "gzip -d"),
    ("unpacking bzip2", 0.55, "unpack bzip2", UNPACKER, "bzip2 -d"),
    ("unpacking bzip2", 1.00, "unpack bzip2", UNPACKER, "lbzip2 -d -n2"),
    ("proving a .gz whole", 1.00, "prove gzip", VERIFY, "gzip -t"),
    ("proving a .bz2 whole", 0.60, "prove bzip2", VERIFY, "bzip2 -t"),
    ("restoring, with dump and comparison", 1.20, "restore", RESTORE, BY_HAND),
    ("1 KiB of input", 1.00, "start", "cback-compress", "gzip"),
    *((f"the dump's {stage}", 1.03, stage, STAGE[1], STAGE[0]) for stage in STAGES),
]


def goals(contests: Contests) -> str:
    """What was to be reached, what was, and whether; and the ratio of CPU times beside that of wall times."""

    def row(what: str, limit: float, measured: float | None, cpu: float | None = None) -> list[str]:
        verdict = "not measured" if measured is None else "met" if measured <= limit else "**not met**"
        return [what, show(limit).removesuffix(".00"), show(measured, 3).removesuffix(".000"), verdict, show(cpu, 3)]

    figures = contests.rounds.figures
    rows = [
        row(f"{what}: wall against {peer}", limit, *(figures.ratio(contest, ours, peer, of) for of in costs(contest)))
        for what, limit, contest, ours, peer in WALL_GOALS
    ]
    rows += [row(*goal) for goal in other_goals(contests)]
    return table("goal | at most | measured |  | CPU likewise", rows)


def costs(contest: str) -> list[str]:
    """What to compare. A restore by hand has a server whose CPU time is not counted."""
    return ["wall"] if contest == "restore" else ["wall", "cpu"]


def other_goals(contests: Contests) -> Iterator[tuple[str, float, float | None]]:
    """Those that are no ratio of wall times."""
    figures, packed = contests.rounds.figures, contests.proof.packed
    sizes = [figures.ratio("pack gzip", f"{GZIP} -{level}", f"gzip -{level}", "size") for level in LEVELS]
    yield "gzip, the worst of levels 1 to 9: size against gzip", 1, max(filter(None, sizes))
    different = sum(packed[BZIP2, name] != packed["bzip2 -9", name] for name in CORPORA)
    yield "bzip2: outputs that are not `bzip2 -9`'s to the byte", 0, different
    for command, limit in ((GZIP, 16), (BZIP2, 48)):
        runs = [run for (_, way, _), several in figures.runs.items() if way == command for run in several]
        yield f"peak memory of `{command}`, MiB", limit, max(run.memory for run in runs) / MIB
    check = figures.cost("prove none", CHECK)
    megabytes = sum(contests.dumps[name].stat().st_size for name in CORPORA) / MB
    yield f"`{CHECK}`: ms of wall time per MB", 1.25, check.wall / megabytes * 1000 if check else None
