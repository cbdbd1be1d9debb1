"""Root file systems: layers that never change, and one on top that the guest writes.

A container from a template stands on the common base, a linked clone on its template's layers. So both are there at once,
and a clone costs no copy. A full clone copies the top layer; what lies below is kept as long as somebody stands on it.
"""

import asyncio
import os
import shutil
import uuid
from pathlib import Path

from . import commands


class Layers:
    """All layers of a lab, with the number of roots that stand on each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.users: dict[Path, int] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def hold(self, layers: list[Path]) -> None:
        """One more root stands on these."""
        for layer in layers:
            self.users[layer] = self.users.get(layer, 0) + 1

    async def leave(self, layers: list[Path]) -> None:
        """One root less. A layer of ours that nobody needs goes; the common base is not ours."""
        for layer in layers:
            self.users[layer] -= 1
            if self.users[layer] == 0:
                del self.users[layer]
                if layer.is_relative_to(self.folder):
                    await remove(layer)


class Root:
    """The root file system of one guest."""

    def __init__(self, folder: Path, mount_point: Path, layers: Layers, below: list[Path], owner: int) -> None:
        self.folder = folder
        self.path = mount_point
        self.layers = layers
        self.below = list(below)
        self.owner = owner
        self.mounted = False
        layers.hold(self.below)

    @property
    def top(self) -> Path:
        """What the guest wrote."""
        return self.folder / "top"

    def _snapshot(self, name: str) -> Path:
        return self.folder / f"snapshot-{name}"

    async def make(self, copy_of: "Root | Path | None" = None) -> None:
        """Makes the top layer, empty or as a copy, and mounts everything."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if copy_of is None:
            self.top.mkdir(mode=0o755)
            os.chown(self.top, self.owner, self.owner)
        else:
            source = copy_of.top if isinstance(copy_of, Root) else copy_of
            await commands.must("cp", "-a", "--reflink=auto", str(source), str(self.top), timeout=300)
        await self.mount()

    async def mount(self) -> None:
        """Puts the layers together where lxc looks for them."""
        work = self.folder / "work"
        await remove(work)
        work.mkdir()
        self.path.mkdir(parents=True, exist_ok=True)
        below = ":".join(str(layer) for layer in self.below)
        options = f"lowerdir={below},upperdir={self.top},workdir={work}"
        await commands.must("mount", "-t", "overlay", "overlay", "-o", options, str(self.path))
        self.mounted = True

    async def unmount(self) -> None:
        """Takes the layers apart."""
        if self.mounted:
            await commands.must("umount", "-l", str(self.path))
            self.mounted = False

    async def seal(self) -> None:
        """For a template: the top layer becomes one that never changes, for clones to stand on."""
        await self.unmount()
        sealed = self.layers.folder / uuid.uuid4().hex
        self.top.rename(sealed)
        self.layers.hold([sealed])
        self.below.insert(0, sealed)
        self.top.mkdir(mode=0o755)
        os.chown(self.top, self.owner, self.owner)

    async def snapshot(self, name: str) -> None:
        """Copies the top layer, as it is at this moment."""
        await commands.must("cp", "-a", "--reflink=auto", str(self.top), str(self._snapshot(name)), timeout=300)

    async def drop_snapshot(self, name: str) -> None:
        """Forgets a copy."""
        await remove(self._snapshot(name))

    def snapshot_path(self, name: str) -> Path:
        """Where the copy is."""
        return self._snapshot(name)

    async def roll_back(self, name: str) -> None:
        """Puts a copy in the place of the top layer. The guest is stopped."""
        await self.unmount()
        await remove(self.top)
        await commands.must("cp", "-a", "--reflink=auto", str(self._snapshot(name)), str(self.top), timeout=300)
        await self.mount()

    async def destroy(self) -> None:
        """Nothing of it is left."""
        await self.unmount()
        await remove(self.folder)
        await remove(self.path.parent)
        await self.layers.leave(self.below)
        self.below = []


async def remove(path: Path) -> None:
    """Deletes a folder beside the event loop; a missing one is no fault."""
    await asyncio.to_thread(shutil.rmtree, path, True)
