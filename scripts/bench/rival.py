#!/usr/bin/env python3
"""What SQLAlchemy 2 does on the same database: 16 threads in one process, as Flask runs it.

Usage: rival.py URL get|insert SECONDS THREADS     prints one JSON object: operations per second, p50 and p99 in ms, errors.
The model is the seed document's, and each operation is what a request of it does: a session, one operation, a commit.
"""

import json
import random
import sys
import threading
import time
import uuid
from datetime import datetime, timezone

from sqlalchemy import JSON, DateTime, Integer, String, Text, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Deployment(Base):
    __tablename__ = "deployments"
    id = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    name = mapped_column(String(255), nullable=False)
    deployment_type = mapped_column(String(50))
    framework = mapped_column(String(100))
    github_url = mapped_column(String(500))
    resources = mapped_column(JSON)
    status = mapped_column(String(50), nullable=False)
    created_at = mapped_column(DateTime, default=lambda: datetime.now(timezone.utc).replace(tzinfo=None))
    deployed_at = mapped_column(DateTime)
    deleted_at = mapped_column(DateTime)
    ip_address = mapped_column(String(50))
    vm_id = mapped_column(Integer)
    error_message = mapped_column(Text)
    user_id = mapped_column(String(100))
    tags = mapped_column(String(255))


def get(engine, ids, rng):
    with Session(engine) as session:
        assert session.get(Deployment, rng.choice(ids)) is not None


def insert(engine, _ids, rng):
    with Session(engine) as session:
        session.add(Deployment(
            name=f"bench-{rng.getrandbits(48):012x}", deployment_type="lxc", framework="flask",
            github_url="https://github.com/acme/shop", resources={"cores": 1, "memory": 512, "disk": 5},
            status="running", user_id="bench", tags="bench"))
        session.commit()


def work(operation, engine, ids, until, seed, out):
    rng = random.Random(seed)
    took, errors = [], 0
    while time.perf_counter() < until:
        begin = time.perf_counter()
        try:
            operation(engine, ids, rng)
        except Exception as error:  # noqa: BLE001 - what it fails with is what is counted
            errors += 1
            if errors == 1:
                print(type(error).__name__, str(error)[:120], file=sys.stderr)
            continue
        took.append(time.perf_counter() - begin)
    out.append((took, errors))


def main():
    url, name, seconds, threads = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    engine = create_engine(url, pool_size=threads, max_overflow=0)
    with Session(engine) as session:
        ids = list(session.scalars(select(Deployment.id).limit(5000)))
        assert ids, "the table is empty"
        session.scalar(select(func.count()).select_from(Deployment))
    operation = {"get": get, "insert": insert}[name]
    out, begin = [], time.perf_counter()
    workers = [threading.Thread(target=work, args=(operation, engine, ids, begin + seconds, seed, out))
               for seed in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    spent = time.perf_counter() - begin
    took = sorted(value for part, _ in out for value in part)
    place = lambda share: round(1000 * took[min(len(took) - 1, int(share * len(took)))], 3) if took else None
    print(json.dumps({"per_second": round(len(took) / spent, 1), "p50_ms": place(0.5), "p99_ms": place(0.99),
                      "errors": sum(errors for _, errors in out)}))


if __name__ == "__main__":
    main()
