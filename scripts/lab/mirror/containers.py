"""Containers of Debian's lxc: their configuration, start, stop and what they are at this moment."""

import asyncio
import ipaddress
import json
import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import commands
from .settings import Settings

log = logging.getLogger("lab")
START_SECONDS = 30


@dataclass(frozen=True)
class Network:
    """The one interface of a guest; without an address the guest has none."""

    name: str
    bridge: str
    mac: str
    address: str | None
    gateway: str | None


@dataclass(frozen=True)
class Shape:
    """What a container is started with."""

    hostname: str
    memory: int
    cores: int
    networks: list[Network]


class Container:
    """One container of lxc, by the number of its guest."""

    def __init__(self, settings: Settings, vmid: int) -> None:
        self.settings = settings
        self.name = str(vmid)
        self.folder = settings.lxc_home / self.name
        self.process: asyncio.subprocess.Process | None = None
        self._pid: int | None = None

    @property
    def running(self) -> bool:
        """Whether lxc holds it: true through a reboot that the guest does by itself."""
        return self.process is not None and self.process.returncode is None

    def _lines(self, shape: Shape) -> list[str]:
        limit = shape.memory * 1024 * 1024
        lines = [
            "lxc.include = /usr/share/lxc/config/common.conf",
            # Always unprivileged: that is what the driver asks for, and it keeps guests away from this machine.
            "lxc.include = /usr/share/lxc/config/userns.conf",
            f"lxc.idmap = u 0 {self.settings.first_uid} 65536",
            f"lxc.idmap = g 0 {self.settings.first_uid} 65536",
            "lxc.include = /usr/share/lxc/config/nesting.conf",
            # Proxmox VE drops these as well; without it systemd tries to mount what it may not.
            "lxc.cap.drop = mac_admin mac_override sys_time sys_module sys_rawio",
            "lxc.apparmor.profile = unconfined",
            "lxc.signal.halt = SIGRTMIN+4",
            f"lxc.uts.name = {shape.hostname}",
            f"lxc.rootfs.path = dir:{self.folder}/rootfs",
            f"lxc.cgroup.dir = havre-lab-{self.settings.slot}/{self.name}",
            # The keys of both versions: lxc uses those of the controllers that it finds.
            f"lxc.cgroup.memory.limit_in_bytes = {limit}",
            f"lxc.cgroup2.memory.max = {limit}",
        ]
        for number, network in enumerate(shape.networks):
            lines += self._network(number, network)
        return lines

    def _network(self, number: int, network: Network) -> list[str]:
        key = f"lxc.net.{number}"
        lines = [
            f"{key}.type = veth",
            f"{key}.link = {network.bridge}",
            f"{key}.flags = up",
            f"{key}.name = {network.name}",
            f"{key}.veth.pair = veth{self.name}i{number}",
            f"{key}.hwaddr = {network.mac}",
            f"{key}.mtu = {Path(f'/sys/class/net/{network.bridge}/mtu').read_text().strip()}",
        ]
        if network.address:
            # lxc takes the broadcast address of a wrong network unless it is told.
            whole = ipaddress.ip_interface(network.address).network
            lines.append(f"{key}.ipv4.address = {network.address} {whole.broadcast_address}")
        if network.gateway:
            lines.append(f"{key}.ipv4.gateway = {network.gateway}")
        return lines

    async def start(self, shape: Shape) -> None:
        """Starts it and waits until its first process runs."""
        file = self.folder / "config"
        file.write_text("\n".join(self._lines(shape)) + "\n")
        log_file = self.settings.folder / f"lxc-{self.name}.log"
        self._pid = None
        self.process = await asyncio.create_subprocess_exec(
            *("lxc-start", "-F", "-n", self.name, "-l", "WARN", "-o", str(log_file)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        for _ in range(START_SECONDS * 50):
            if not self.running:
                raise commands.CommandFailed(f"startup for container '{self.name}' failed: {_tail(log_file)}")
            if await self.pid():
                return await announce(shape.networks)
            await asyncio.sleep(0.02)
        await self.kill()
        raise commands.CommandFailed(f"startup for container '{self.name}' failed: no end after {START_SECONDS} s")

    async def pid(self) -> int | None:
        """The first process of the container, as this lab sees it."""
        if not self.running:
            self._pid = None
            return None
        if self._pid is None or not Path(f"/proc/{self._pid}").exists():
            ended = await commands.run("lxc-info", "-n", self.name, "-s", "-p")
            found = re.search(r"RUNNING\s+PID:\s+(\d+)", ended.out.decode())
            self._pid = int(found[1]) if found else None
        return self._pid

    async def uptime(self) -> int:
        """Seconds since its first process started."""
        pid = await self.pid()
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() if pid else None
        except OSError:
            fields = None
        if not fields:
            return 0
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return max(0, int(time.clock_gettime(time.CLOCK_BOOTTIME) - started))

    async def shut_down(self, seconds: float, force: bool) -> None:
        """Asks it to end; after the time kills it, or says that it did not."""
        if not self.running:
            return
        # lxc only sends the signal; waiting is for us, who are told at once when it ends.
        await commands.run("lxc-stop", "-n", self.name, "--nokill", "--nowait")
        try:
            await asyncio.wait_for(asyncio.shield(self._ended()), seconds)
        except asyncio.TimeoutError:
            if not force:
                raise commands.CommandFailed("container did not stop") from None
            await self.kill()

    async def kill(self) -> None:
        """Ends it at once."""
        if self.running:
            await commands.run("lxc-stop", "-n", self.name, "-k", "--nolock")
            try:
                await asyncio.wait_for(asyncio.shield(self._ended()), 10)
            except asyncio.TimeoutError:
                assert self.process
                self.process.kill()
                await self.process.wait()

    async def _ended(self) -> None:
        assert self.process
        await self.process.wait()

    async def limit_memory(self, megabytes: int) -> None:
        """Changes the limit of a running container."""
        limit = str(megabytes * 1024 * 1024)
        first = await commands.run("lxc-cgroup", "-n", self.name, "memory.limit_in_bytes", limit)
        if first.code != 0:
            await commands.must("lxc-cgroup", "-n", self.name, "memory.max", limit)

    async def in_network(self, *argv: str, stdin: bytes = b"") -> bytes:
        """Runs a program of the machine in the container's network."""
        pid = await self.pid()
        if pid is None:
            raise commands.CommandFailed(f"container '{self.name}' is not running")
        return await commands.must("nsenter", "-t", str(pid), "-n", "--", *argv, stdin=stdin)

    async def rename(self, hostname: str) -> None:
        """Changes the host name of a running container."""
        pid = await self.pid()
        if pid is not None:
            await commands.must("nsenter", "-t", str(pid), "-u", "--", "hostname", hostname)

    async def readdress(self, network: Network) -> None:
        """Gives a running container another address, as Proxmox VE does when net0 changes."""
        await self.in_network("ip", "link", "set", "dev", network.name, "address", network.mac)
        await self.in_network("ip", "address", "flush", "dev", network.name, "scope", "global")
        if network.address:
            await self.in_network("ip", "address", "add", network.address, "dev", network.name)
        if network.gateway:
            await self.in_network("ip", "route", "replace", "default", "via", network.gateway, "dev", network.name)
        await announce([network])

    async def interfaces(self) -> list[dict[str, Any]]:
        """The interfaces that it really has, as iproute2 tells them."""
        shown: list[dict[str, Any]] = json.loads(await self.in_network("ip", "-j", "address", "show"))
        return shown

    async def execute(self, argv: list[str], stdin: bytes = b"", timeout: float = 120) -> commands.Ended:
        """Runs a command inside, as root."""
        return await commands.run("lxc-attach", "--clear-env", "-n", self.name, "--", *argv, stdin=stdin, timeout=timeout)


async def announce(networks: list[Network]) -> None:
    """Makes this side forget who had these addresses before, as if the guest had announced itself.

    An address that goes to another guest, or a guest whose hardware address changes, is otherwise not reached for half a minute.
    """
    for network in networks:
        if network.address:
            address = network.address.partition("/")[0]
            await commands.run("ip", "neighbour", "flush", "dev", network.bridge, "to", address)


def _tail(path: Path) -> str:
    """The last words of a log, on one line."""
    try:
        return " ".join(path.read_text(errors="replace").splitlines()[-3:])[-400:]
    except OSError:
        return "no log"
