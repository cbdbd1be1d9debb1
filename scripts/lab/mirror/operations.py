"""What follows from a request that the emulator took: which operation of the lab, under which task."""

from typing import Any

from . import forms
from .guests import Guest
from .jobs import TaskFailed
from .lab import Lab

SHUTDOWN_SECONDS = 60.0


class Operations:
    """Starts the work for requests. Each method gives what the API answers with."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def _task(self, guest: Guest, upid: Any, work: Any) -> Any:
        """Runs the work under the task, after what the guest is busy with."""

        async def in_turn() -> None:
            async with guest.busy:
                await work()

        self.lab.jobs.start(str(upid), in_turn)
        return upid

    def create(self, kind: str, upid: Any, values: forms.Values) -> Any:
        """POST lxc or qemu."""
        guest = self.lab.new_from_template(kind, int(values["vmid"]))
        keys, start = str(values.get("ssh-public-keys") or ""), forms.truth(values.get("start", 0))
        return self._task(guest, upid, lambda: self.lab.create(guest, keys, start))

    def clone(self, source: Guest, upid: Any, values: forms.Values) -> Any:
        """POST clone: linked from a template when `full` is not asked for."""
        linked = source.template and not forms.truth(values.get("full", 0))
        guest = self.lab.new_clone(source, int(values["newid"]), linked)
        snapshot = values.get("snapname")
        source.lock = "disk" if source.kind == "lxc" else "clone"
        return self._task(guest, upid, lambda: self.lab.clone(source, guest, snapshot))

    def destroy(self, guest: Guest, upid: Any) -> Any:
        """DELETE."""
        return self._task(guest, upid, lambda: self.lab.destroy(guest))

    def refuse_to_destroy(self, guest: Guest, clones: list[int]) -> str:
        """A template with clones on it: a real storage keeps the volume, so the task fails. The emulator does not know that."""
        kind = "vzdestroy" if guest.kind == "lxc" else "qmdestroy"
        upid = self.lab.jobs.new_upid(self.lab.settings.node, kind, guest.vmid, "root@pam")
        text = f"base volume 'base-{guest.vmid}-disk-0' is still in use (use by 'vm-{clones[0]}-disk-0')"

        async def fail() -> None:
            raise TaskFailed(text)

        self.lab.jobs.start(upid, fail, own=True)
        return upid

    def power(self, guest: Guest, action: str, upid: Any, values: forms.Values) -> Any:
        """POST status/ACTION."""
        seconds = float(values.get("timeout") or SHUTDOWN_SECONDS)
        force = forms.truth(values.get("forceStop", 0))
        works = {
            "start": lambda: self.lab.start(guest),
            "stop": lambda: self.lab.stop_guest(guest),
            "shutdown": lambda: self.lab.shut_down(guest, seconds, force),
            "reboot": lambda: self.lab.reboot(guest, seconds),
            "reset": lambda: self.lab.reboot(guest, 1),
        }
        return self._task(guest, upid, works[action])

    async def configure(self, guest: Guest, answer: Any) -> Any:
        """PUT config: answers when it is done. POST config of a VM gives a task, which has done by now."""
        await self.lab.reconfigure(guest)
        return answer

    async def template(self, guest: Guest, upid: Any) -> Any:
        """POST template: a container's answers null, a VM's with a task."""
        self._task(guest, upid, lambda: self.lab.make_template(guest))
        await self.wait(upid)
        return None if guest.kind == "lxc" else upid

    async def wait(self, upid: Any) -> None:
        """Until the work of a task ended."""
        job = self.lab.jobs.by_upid[str(upid)]
        if job.work:
            await job.work

    def snapshot(self, guest: Guest, upid: Any, values: forms.Values) -> Any:
        """POST snapshot."""
        return self._task(guest, upid, lambda: self.lab.snapshot(guest, str(values["snapname"])))

    def drop_snapshot(self, guest: Guest, upid: Any, name: str) -> Any:
        """DELETE snapshot/NAME."""
        return self._task(guest, upid, lambda: self.lab.drop_snapshot(guest, name))

    def roll_back(self, guest: Guest, upid: Any, name: str, values: forms.Values) -> Any:
        """POST snapshot/NAME/rollback."""
        start = forms.truth(values.get("start", 0))
        return self._task(guest, upid, lambda: self.lab.roll_back(guest, name, start))
