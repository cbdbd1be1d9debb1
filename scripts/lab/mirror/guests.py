"""A guest: a root file system, a container, and the configuration that the emulator keeps for it."""

import asyncio
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from . import forms, identity
from .containers import Container, Network, Shape
from .roots import Root
from .settings import Settings

Config = Mapping[str, Any]
# What a guest with ip=dhcp gets: the lab hands out addresses itself, above those that it tells the tests to use.
FIRST_DHCP, LAST_DHCP = 200, 250


@dataclass
class Guest:
    """A container or VM of the API, and what is behind it."""

    kind: str
    vmid: int
    root: Root
    container: Container
    config: dict[str, Any]
    # The guest whose template this one is a linked clone of.
    parent: int | None = None
    template: bool = False
    # As in the configuration of Proxmox VE: why nothing else may be done to it now.
    lock: str | None = None
    snapshots: list[str] = field(default_factory=list)
    uptime_shift: int = 0
    dhcp: int | None = None
    # For how many questions more the API does not know its addresses, as with DHCP just after a start.
    hidden: int = 0
    # What cloud-init was told when it last ran, and for which machine.
    instance: tuple[Any, ...] | None = None
    # One operation at a time: what Proxmox VE has a lock file for.
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def running(self) -> bool:
        """Whether it really runs."""
        return self.container.running

    @property
    def volume(self) -> str:
        """The volume of its root, such as `local-lvm:vm-100-disk-0`."""
        return str(self.config.get("rootfs" if self.kind == "lxc" else "scsi0") or "").partition(",")[0]

    @property
    def status(self) -> str:
        """The word of the API."""
        return "running" if self.running else "stopped"

    async def uptime(self) -> int:
        """As the API tells it; a test may have shifted it."""
        return max(0, await self.container.uptime() + self.uptime_shift) if self.running else 0


def network_of(guest: Guest, settings: Settings, number: int = 0) -> Network | None:
    """The interface that netN describes (and ipconfigN, for a VM)."""
    text = guest.config.get(f"net{number}")
    if not text:
        return None
    net = forms.properties(text)
    if guest.kind == "qemu":
        mac = next((net[model] for model in ("virtio", "e1000", "vmxnet3", "rtl8139") if model in net), "")
        ip = forms.properties(guest.config.get(f"ipconfig{number}"))
        name = f"eth{number}"
    else:
        mac, ip, name = net.get("hwaddr", ""), net, net.get("name", f"eth{number}")
    address, gateway = ip.get("ip"), ip.get("gw")
    if address == "dhcp":
        whole = ipaddress.ip_network(settings.gateway + "/24", strict=False)
        address, gateway = f"{whole.network_address + (guest.dhcp or FIRST_DHCP)}/24", settings.gateway
    elif address in ("manual", ""):
        address = None
    return Network(name, net.get("bridge", "vmbr0"), mac.lower(), address, gateway)


def shape_of(guest: Guest, settings: Settings) -> Shape:
    """What its configuration says about its container."""
    config = guest.config
    numbers = sorted(int(key[3:]) for key in config if re.fullmatch(r"net\d+", key))
    networks = [network for number in numbers if (network := network_of(guest, settings, number))]
    memory = int(str(config.get("memory") or 512).rpartition("=")[2])
    return Shape(hostname_of(guest), memory, int(config.get("cores") or 0), networks)


def hostname_of(guest: Guest) -> str:
    """Its name: a container's host name, a VM's name."""
    return str(guest.config.get("hostname" if guest.kind == "lxc" else "name") or f"CT{guest.vmid}")


def write_names(guest: Guest, files: identity.Files, nameservers: list[str]) -> None:
    """The files that follow the configuration."""
    own = str(guest.config.get("nameserver") or "").split()
    search = str(guest.config.get("searchdomain") or "")
    identity.name_it(files, hostname_of(guest), own or nameservers, search)


async def cloud_init(guest: Guest, files: identity.Files) -> None:
    """What cloud-init does at the start of a VM: once for each machine and each change of what it is told.

    A machine that it has not seen gets host keys of its own; so a cloned VM does not show those of its source, unless it
    was told `ssh_deletekeys: false`.
    """
    config = guest.config
    told = tuple(config.get(key) for key in ("ciuser", "sshkeys", "ipconfig0", "name"))
    known = guest.instance
    if known == (guest.vmid, told):
        return
    if (known is None or known[0] != guest.vmid) and not identity.keeps_host_keys(files):
        await identity.new_host_keys(files)
    if config.get("sshkeys"):
        identity.add_user(files, str(config.get("ciuser") or "debian"), unquote(str(config["sshkeys"])))
    guest.instance = (guest.vmid, told)
