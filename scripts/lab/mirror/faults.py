"""Faults that a test asks for: what is answered instead, or done to an answer that was due."""

import asyncio
import re
from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("answer", "answer_after", "drop", "drop_after", "delay", "fail_task")


@dataclass
class Fault:
    """One fault.

    answer        answers with `status` and `reason`; nothing runs
    answer_after  the request runs, then the answer is `status` and `reason` (596: ambiguous)
    drop          cuts the connection; nothing runs
    drop_after    the request runs, then the connection is cut without an answer
    delay         waits `seconds` first
    fail_task     the request is taken; its task does nothing and ends with `reason`
    """

    kind: str
    method: str = ".*"
    path: str = ".*"
    status: int = 596
    reason: str = "Connection timed out"
    seconds: float = 0
    # How many matching requests pass first, and how many are hit then; 0 hits all.
    skip: int = 0
    times: int = 1
    hits: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Both are regular expressions for the whole text."""
        return bool(re.fullmatch(self.method, method) and re.fullmatch(self.path, path))


class Faults:
    """The faults in force, and whether the API is frozen."""

    def __init__(self) -> None:
        self.held: list[Fault] = []
        self.running = asyncio.Event()
        self.running.set()

    def add(self, given: dict[str, Any]) -> Fault:
        """Adds one as a test describes it; raises ValueError or TypeError for what makes no sense."""
        fault = Fault(**given)
        if fault.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        re.compile(fault.method), re.compile(fault.path)
        self.held.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that hits this request, if any."""
        for fault in self.held:
            if not fault.matches(method, path) or (fault.times and fault.hits >= fault.times):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.hits += 1
            return fault
        return None

    def view(self) -> list[dict[str, Any]]:
        """All of them, with the number of hits."""
        return [asdict(fault) for fault in self.held]
