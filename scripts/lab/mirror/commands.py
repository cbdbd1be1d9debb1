"""Programs of the machine, run without a shell."""

import asyncio
from dataclasses import dataclass


class CommandFailed(Exception):
    """A program that ended badly; the text is what it said last."""


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    out: bytes
    err: bytes


async def run(*argv: str, stdin: bytes = b"", timeout: float = 60) -> Ended:
    """Runs a program to its end, at most `timeout` seconds long."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(stdin), timeout)
    except asyncio.TimeoutError as error:
        process.kill()
        await process.wait()
        raise CommandFailed(f"{argv[0]}: no end after {timeout:.0f} s") from error
    return Ended(process.returncode or 0, out, err)


async def must(*argv: str, stdin: bytes = b"", timeout: float = 60) -> bytes:
    """Runs a program that has to succeed; gives its output."""
    ended = await run(*argv, stdin=stdin, timeout=timeout)
    if ended.code != 0:
        words = (ended.err or ended.out).decode(errors="replace").strip()
        raise CommandFailed(f"command '{' '.join(argv)}' failed: exit code {ended.code}: {words[-300:]}")
    return ended.out
