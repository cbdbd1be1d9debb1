"""All guests of the lab, and what can be done to them. Every operation is the work of a task: it ends when the thing is done
and raises what the task has to tell."""

import asyncio
import logging
import shutil
from typing import Any

from . import firewall, forms, guests, identity, site
from .containers import Container
from .emulator import Emulator, EmulatorError
from .guests import Guest
from .jobs import Jobs, TaskFailed
from .roots import Layers, Root
from .settings import Settings

log = logging.getLogger("lab")


class Lab:
    """The real side of the cluster."""

    def __init__(self, settings: Settings, emulator: Emulator) -> None:
        self.settings = settings
        self.emulator = emulator
        self.jobs = Jobs()
        self.guests: dict[int, Guest] = {}
        self.layers = Layers(settings.roots / "layers")
        self.site = site.make_layer(self.layers.folder / "site", settings.first_uid)
        # The site's layer stays whoever leaves it.
        self.layers.hold([self.site])
        self.nameservers = site.nameservers()

    async def stop(self) -> None:
        """Ends every guest and removes what it had."""
        await self.jobs.finish()
        await asyncio.gather(*(guest.container.kill() for guest in self.guests.values()))
        for guest in self.guests.values():
            await guest.root.destroy()
        shutil.rmtree(self.layers.folder, ignore_errors=True)

    # ---------------------------------------------------------------- the emulator's side

    def path(self, guest: Guest, rest: str = "") -> str:
        """Where the API has it."""
        return f"/nodes/{self.settings.node}/{guest.kind}/{guest.vmid}{rest}"

    async def read_config(self, guest: Guest) -> None:
        """Takes over what the emulator holds. Pending values wait for the next start, so they are not asked for."""
        asked = {"current": 1} if guest.kind == "lxc" else None
        guest.config = await self.emulator.call("GET", self.path(guest, "/config"), asked)

    async def settle(self, guest: Guest) -> None:
        """Tells the emulator what the guest really is, so that it judges the next request by that."""
        try:
            held = (await self.emulator.call("GET", self.path(guest, "/status/current")))["status"]
            if held != guest.status and not guest.template:
                await self.emulator.call("POST", self.path(guest, "/status/start" if guest.running else "/status/stop"))
        except EmulatorError as error:
            log.info("settling %s: %s", guest.vmid, error)

    async def forget(self, guest: Guest) -> None:
        """Removes its configuration from the emulator, for a guest that could not be made or that was deleted by hand."""
        self.guests.pop(guest.vmid, None)
        await self.settle(guest)
        try:
            if guest.config.get("protection"):
                await self.emulator.call("PUT", self.path(guest, "/config"), {"protection": 0})
            await self.emulator.call("DELETE", self.path(guest))
        except EmulatorError as error:
            log.info("forgetting %s: %s", guest.vmid, error)

    # ---------------------------------------------------------------- making and unmaking

    def files(self, guest: Guest) -> identity.Files:
        """The files of its root."""
        return identity.Files(guest.root.path, self.settings.first_uid)

    def _new(self, kind: str, vmid: int, below: list[Any]) -> Guest:
        container = Container(self.settings, vmid)
        folder, mount_point = self.settings.roots / f"guest-{vmid}", container.folder / "rootfs"
        root = Root(folder, mount_point, self.layers, below, self.settings.first_uid)
        taken = {guest.dhcp for guest in self.guests.values()}
        dhcp = next((n for n in range(guests.FIRST_DHCP, guests.LAST_DHCP) if n not in taken), None)
        guest = Guest(kind, vmid, root, container, {}, dhcp=dhcp, lock="create")
        self.guests[vmid] = guest
        return guest

    def new_from_template(self, kind: str, vmid: int) -> Guest:
        """A guest that stands on the common base. It is locked until `create` ended."""
        return self._new(kind, vmid, [self.site, self.settings.base])

    def new_clone(self, source: Guest, vmid: int, linked: bool) -> Guest:
        """A guest that stands on what its source stands on. It is locked until `clone` ended."""
        guest = self._new(source.kind, vmid, source.root.below)
        guest.parent = source.vmid if linked else None
        guest.instance = source.instance
        return guest

    async def create(self, guest: Guest, keys: str, start: bool) -> None:
        """Makes the root of a new guest. What fails leaves nothing."""
        try:
            await self.read_config(guest)
            await guest.root.make()
            files = self.files(guest)
            identity.forget_machine_id(files)
            if guest.kind == "lxc":
                await identity.new_host_keys(files)
            if keys:
                identity.authorize(files, keys)
        except BaseException as error:
            await self._give_up(guest)
            raise TaskFailed(f"unable to create CT {guest.vmid} - {error}") from error
        guest.lock = None
        if start:
            await self.start(guest)

    async def clone(self, source: Guest, guest: Guest, snapshot: str | None) -> None:
        """Makes the root of a clone: empty over a template, else a copy of the source's top layer."""
        try:
            await self.read_config(guest)
            whole = source.root.snapshot_path(snapshot) if snapshot else source.root
            await guest.root.make(copy_of=None if guest.parent else whole)
            identity.forget_machine_id(self.files(guest))
        except BaseException as error:
            await self._give_up(guest)
            raise TaskFailed(f"clone failed: {error}") from error
        finally:
            source.lock = None
        guest.lock = None

    async def _give_up(self, guest: Guest) -> None:
        await guest.root.destroy()
        await self.forget(guest)

    async def destroy(self, guest: Guest) -> None:
        """Ends it and removes all that it had."""
        guest.lock = "destroyed"
        await guest.container.kill()
        await guest.root.destroy()
        self.guests.pop(guest.vmid, None)

    def clones_of(self, guest: Guest) -> list[int]:
        """The linked clones that stand on it."""
        return [other.vmid for other in self.guests.values() if other.parent == guest.vmid]

    # ---------------------------------------------------------------- power

    async def start(self, guest: Guest) -> None:
        """Starts it; it is running when this ends."""
        try:
            await self.read_config(guest)
            files = self.files(guest)
            guests.write_names(guest, files, self.nameservers)
            if guest.kind == "qemu":
                await guests.cloud_init(guest, files)
            await guest.container.start(guests.shape_of(guest, self.settings))
            guest.uptime_shift = 0
            await self.guard(guest)
        finally:
            # A template never gets here: the emulator refuses it.
            guest.lock = None
            await self.settle(guest)

    async def stop_guest(self, guest: Guest) -> None:
        """Ends it at once."""
        await guest.container.kill()
        await self.settle(guest)

    async def shut_down(self, guest: Guest, seconds: float, force: bool) -> None:
        """Asks it to end."""
        try:
            await guest.container.shut_down(seconds, force)
        finally:
            await self.settle(guest)

    async def reboot(self, guest: Guest, seconds: float) -> None:
        """Shuts it down and starts it again, as Proxmox VE does: with what its configuration says by now."""
        await guest.container.shut_down(seconds, True)
        await self.start(guest)

    # ---------------------------------------------------------------- changes

    async def reconfigure(self, guest: Guest) -> None:
        """Lets the guest follow its configuration, as far as a running one may."""
        before = dict(guest.config)
        await self.read_config(guest)
        if not guest.running or guest.kind == "qemu":
            return
        changed = {key for key in {*before, *guest.config} if before.get(key) != guest.config.get(key)}
        if "memory" in changed:
            await guest.container.limit_memory(guests.shape_of(guest, self.settings).memory)
        if "hostname" in changed:
            await guest.container.rename(guests.hostname_of(guest))
            guests.write_names(guest, self.files(guest), self.nameservers)
        if "net0" in changed and (network := guests.network_of(guest, self.settings)):
            await guest.container.readdress(network)
            await self.guard(guest)

    async def guard(self, guest: Guest) -> None:
        """Lets the guest's firewall follow what the API holds: on where it is on for the cluster, the guest and the interface."""
        if not guest.running:
            return
        cluster = await self.emulator.call("GET", "/cluster/firewall/options")
        options = await self.emulator.call("GET", self.path(guest, "/firewall/options"))
        net = forms.properties(guest.config.get("net0"))
        text = firewall.EMPTY
        if firewall.is_on(cluster) and firewall.is_on(options) and net.get("firewall") == "1":
            text = firewall.ruleset(options, await self.emulator.call("GET", self.path(guest, "/firewall/rules")))
        await guest.container.in_network("nft", "-f", "-", stdin=text.encode())

    async def guard_all(self) -> None:
        """After a change that concerns every guest."""
        for guest in list(self.guests.values()):
            await self.guard(guest)

    async def make_template(self, guest: Guest) -> None:
        """Its root never changes again, and clones can stand on it."""
        await guest.root.seal()
        guest.template = True
        await self.read_config(guest)

    async def snapshot(self, guest: Guest, name: str) -> None:
        """Keeps its root as it is now."""
        guest.lock = "snapshot"
        try:
            await guest.root.snapshot(name)
            guest.snapshots.append(name)
        finally:
            guest.lock = None

    async def drop_snapshot(self, guest: Guest, name: str) -> None:
        """Forgets a snapshot."""
        await guest.root.drop_snapshot(name)
        if name in guest.snapshots:
            guest.snapshots.remove(name)

    async def roll_back(self, guest: Guest, name: str, start: bool) -> None:
        """Puts its root back; a guest that runs is ended for it."""
        guest.lock = "rollback"
        try:
            await guest.container.kill()
            await guest.root.roll_back(name)
            await self.read_config(guest)
        finally:
            guest.lock = None
        if start:
            await self.start(guest)
        await self.settle(guest)
