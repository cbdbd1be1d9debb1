"""Tasks: what the mirror does after a request was taken, told under the UPID that the request was answered with."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger("lab")


class TaskFailed(Exception):
    """Ends a task; the text becomes its exit status."""


@dataclass
class Job:
    """One task. `status` is None as long as it runs, then OK or what went wrong."""

    upid: str
    status: str | None = None
    lines: list[str] = field(default_factory=list)
    ended: float | None = None
    work: asyncio.Task[None] | None = None
    own: bool = False

    def view(self) -> dict[str, Any]:
        """The fields of the status call, from the UPID."""
        _, node, pid, pstart, start, kind, ident, user, _ = self.upid.split(":")
        return {
            "upid": self.upid,
            "node": node,
            "pid": int(pid, 16),
            "pstart": int(pstart, 16),
            "starttime": int(start, 16),
            "type": kind,
            "id": ident,
            "user": user,
        }


class Jobs:
    """All tasks that the mirror did something for, by UPID."""

    def __init__(self) -> None:
        self.by_upid: dict[str, Job] = {}
        self._own = 0

    def new_upid(self, node: str, kind: str, ident: int, user: str) -> str:
        """A UPID of our own, for a task that the emulator must not hear of."""
        self._own += 1
        number = 0xA000 + self._own
        return f"UPID:{node}:{number:08X}:{number * 7:08X}:{int(time.time()):08X}:{kind}:{ident}:{user}:"

    def start(self, upid: str, work: Callable[[], Awaitable[None]], own: bool = False) -> Job:
        """Runs the work of a task in the background."""
        job = Job(upid, own=own)
        self.by_upid[upid] = job
        job.work = asyncio.create_task(self._run(job, work))
        return job

    async def _run(self, job: Job, work: Callable[[], Awaitable[None]]) -> None:
        status = "OK"
        try:
            await work()
        except asyncio.CancelledError:
            status = "received interrupt"
        except Exception as error:  # whatever it was, the task tells it
            status = str(error) or repr(error)
            if not isinstance(error, TaskFailed):
                log.exception("task %s", job.upid)
        job.lines.append("TASK OK" if status == "OK" else f"TASK ERROR: {status}")
        job.ended = time.time()
        job.status = status
        log.info("%s: %s", job.upid, status)

    async def finish(self) -> None:
        """Waits for what runs, at the end of the lab."""
        for job in list(self.by_upid.values()):
            if job.work and not job.work.done():
                job.work.cancel()
                await asyncio.gather(job.work, return_exceptions=True)
