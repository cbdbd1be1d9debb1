"""The database figures, one function each: they give lines of a table."""

import dataclasses
import statistics
from typing import Callable, Iterator

from dblab import DbLab, Skipped


@dataclasses.dataclass
class Line:
    title: str
    goal: str
    words: str
    missed: bool = False


@dataclasses.dataclass
class Figure:
    lines: Callable[[DbLab], Iterator[Line]]

    def take(self, lab: DbLab) -> Iterator[Line]:
        try:
            yield from self.lines(lab)
        except Skipped as why:
            yield Line(self.lines.__doc__ or self.lines.__name__, "", f"SKIPPED: {why}")


def http(lab):
    """page of 20 of 100,000 rows with total, CPU per HTTP request"""
    with lab.serve(lab.with_rows("SQLite", 100_000)) as server:
        path = "/api/deployments?page=1&per_page=20"
        server.wrk(path, 1)
        requests, cpu = server.wrk(path, lab.seconds)
    yield Line("page of 20 of 100,000, CPU per request, SQLite", "<= 1 ms",
               f"{cpu:.2f} ms ({requests / lab.seconds:.0f} requests/s)", cpu > 1)


def deep(lab):
    """page 4,000 by cursor against page 1"""
    for kind in lab.servers:
        seen = lab.bench(lab.with_rows(kind, 100_000), "deep", 4000, 1)
        ratio = seen["last_ms"] / seen["first_ms"]
        yield Line(f"page 4,000 by cursor against page 1, {kind}", "<= 1.2x",
                   f"{ratio:.2f}x ({seen['last_ms']:.2f} against {seen['first_ms']:.2f} ms)", ratio > 1.2)


def size(lab):
    """1,000,000 rows against 10,000"""
    names = {"page": "page 1 with total", "get": "by id", "find": "by name"}
    for kind in lab.servers:
        for what in ("page", "get", "find"):
            small, large = [], []
            for _ in range(3):
                small.append(lab.bench(lab.with_rows(kind, 10_000), what, tasks=4)["p50_ms"])
                large.append(lab.bench(lab.with_rows(kind, 1_000_000), what, tasks=4)["p50_ms"])
            small, large = statistics.median(small), statistics.median(large)
            ratio = large / small
            yield Line(f"1,000,000 rows against 10,000, {names[what]}, {kind}", "<= 1.3x",
                       f"{ratio:.2f}x ({large:.2f} against {small:.2f} ms, p50)", ratio > 1.3)


def against(lab, what, goal):
    for kind in lab.servers:
        url = lab.with_rows(kind, 100_000)
        ours, theirs = [], []
        for _ in range(3):
            theirs.append(lab.rival(url, what))
            ours.append(lab.bench(url, what))
        rate = lambda runs: statistics.median(run["per_second"] for run in runs)
        ratio, p99 = rate(ours) / rate(theirs), max(run["p99_ms"] for run in ours)
        missed = ratio < goal or (what == "insert" and p99 > 50)
        errors = sum(run["errors"] for run in theirs)
        yield Line(f"{what}, 16 at once, against SQLAlchemy, {kind}", f">= {goal}x",
                   f"{ratio:.1f}x ({rate(ours):.0f} against {rate(theirs):.0f}/s; p99 {p99:.1f} ms; "
                   f"{errors} errors of theirs)", missed)


def get(lab):
    """get by id against SQLAlchemy"""
    yield from against(lab, "get", 8)


def insert(lab):
    """insert against SQLAlchemy"""
    yield from against(lab, "insert", 5)


def seed(lab):
    """seed of 100,000 rows"""
    for kind in lab.servers:
        url = lab.fresh(kind)
        lab.havre(url, "db", "init")
        spent = lab.havre(url, "db", "seed", "--count", "100000").seconds
        yield Line(f"seed --count 100000, {kind}", "<= 5 s" if kind == "SQLite" else "", f"{spent:.1f} s",
                   kind == "SQLite" and spent > 5)
        if kind != "SQLite":
            lab.drop(kind, url)


def backup(lab):
    """backup and restore of 1,000,000 rows"""
    for kind in lab.servers:
        url = lab.with_rows(kind, 1_000_000)
        file = str(lab.folder / f"{kind}.backup")
        wrote = lab.havre_with_memory(url, "db", "backup", file)
        into = lab.fresh(kind)
        read = lab.havre_with_memory(into, "db", "restore", file, "--yes")
        for what, run in (("backup", wrote), ("restore", read)):
            bounded = kind != "MariaDB"
            missed = bounded and (run.seconds > 60 or run.megabytes > 100)
            yield Line(f"{what} of 1,000,000 rows, {kind}", "<= 60 s, 100 MB" if bounded else "",
                       f"{run.seconds:.1f} s, {run.megabytes:.0f} MB", missed)
        if kind != "SQLite":
            lab.drop(kind, into)


def upgrade(lab):
    """upgrade with nothing to do"""
    for kind in lab.servers:
        url = lab.with_rows(kind, 10_000)
        spent = 1000 * statistics.median(lab.havre(url, "db", "upgrade").seconds for _ in range(7))
        yield Line(f"upgrade with nothing to do, {kind}", "<= 50 ms", f"{spent:.0f} ms", spent > 50)


ALL = {name: Figure(take) for name, take in (
    ("seed", seed), ("get", get), ("insert", insert), ("http", http), ("deep", deep), ("upgrade", upgrade),
    ("size", size), ("backup", backup))}
