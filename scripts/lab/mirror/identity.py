"""The files that make a root file system somebody: names, keys, addresses of name servers, and what cloud-init would write.

A guest may put links anywhere in its root. Every path is therefore opened below the root without following any.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import commands

KEY_TYPES = ("ed25519", "ecdsa")


class Files:
    """Reads and writes files of a root, given to the uids of its container."""

    def __init__(self, root: Path, first_uid: int) -> None:
        self.root = root
        self.first_uid = first_uid

    @contextmanager
    def _folder(self, path: str, mode: int, uid: int) -> Iterator[int]:
        """Opens the folder of a path, making what is missing."""
        at = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in path.strip("/").split("/")[:-1]:
                try:
                    os.mkdir(part, mode, dir_fd=at)
                    os.chown(part, self.first_uid + uid, self.first_uid + uid, dir_fd=at, follow_symlinks=False)
                except FileExistsError:
                    pass
                below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
                os.close(at)
                at = below
            yield at
        finally:
            os.close(at)

    def write(self, path: str, text: str | bytes, mode: int = 0o644, uid: int = 0, folders: int = 0o755) -> None:
        """Puts a file in the place of whatever was there; `uid` is the owner as the guest sees it."""
        data = text.encode() if isinstance(text, str) else text
        with self._folder(path, folders, uid) as at:
            name = f".lab-{secrets.token_hex(4)}"
            file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=at)
            with os.fdopen(file, "wb") as opened:
                opened.write(data)
                os.fchown(opened.fileno(), self.first_uid + uid, self.first_uid + uid)
                os.fchmod(opened.fileno(), mode)
            os.rename(name, Path(path).name, src_dir_fd=at, dst_dir_fd=at)

    def read(self, path: str) -> str:
        """A file's text; empty where there is none."""
        try:
            with self._folder(path, 0o755, 0) as at:
                file = os.open(Path(path).name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=at)
                with os.fdopen(file, encoding="utf-8", errors="replace") as opened:
                    return opened.read()
        except OSError:
            return ""


def forget_machine_id(files: Files) -> None:
    """systemd makes a new one at the next start."""
    files.write("/etc/machine-id", "")


async def new_host_keys(files: Files) -> None:
    """As when a container is created; a clone keeps those of its source."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in KEY_TYPES:
            path = Path(folder) / f"ssh_host_{kind}_key"
            await commands.must("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "root@localhost", "-f", str(path))
            files.write(f"/etc/ssh/{path.name}", path.read_bytes(), mode=0o600)
            files.write(f"/etc/ssh/{path.name}.pub", path.with_suffix(".pub").read_bytes())


def keeps_host_keys(files: Files) -> bool:
    """Whether cloud-init was told to leave host keys alone, in a file of its folder of settings."""
    folder = files.root / "etc/cloud/cloud.cfg.d"
    names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".cfg")) if folder.is_dir() else []
    told = [line.strip() for name in names for line in files.read(f"/etc/cloud/cloud.cfg.d/{name}").splitlines()]
    return "ssh_deletekeys: false" in told


def authorize(files: Files, keys: str, home: str = "/root", uid: int = 0) -> None:
    """Lets the holders of these keys in."""
    files.write(f"{home}/.ssh/authorized_keys", keys.rstrip("\n") + "\n", mode=0o600, uid=uid, folders=0o700)


def name_it(files: Files, hostname: str, nameservers: list[str], search: str) -> None:
    """What Proxmox VE writes at every start."""
    files.write("/etc/hostname", hostname + "\n")
    files.write("/etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {hostname}\n::1 localhost ip6-localhost ip6-loopback\n")
    lines = ([f"search {search}"] if search else []) + [f"nameserver {address}" for address in nameservers]
    files.write("/etc/resolv.conf", "\n".join(lines) + "\n")


def add_user(files: Files, name: str, keys: str) -> None:
    """A user of a cloud image: may become root without a password, and has the keys."""
    if name == "root":
        return authorize(files, keys)
    uid = 1000
    home = f"/home/{name}"
    passwd = files.read("/etc/passwd")
    if found := re.search(rf"^{re.escape(name)}:[^:]*:(\d+):", passwd, re.M):
        uid = int(found.group(1))
    else:
        files.write("/etc/passwd", f"{passwd}{name}:x:{uid}:{uid}::{home}:/bin/bash\n")
        files.write("/etc/group", f"{files.read('/etc/group')}{name}:x:{uid}:\n")
        files.write("/etc/shadow", f"{files.read('/etc/shadow')}{name}:!*:19000:0:99999:7:::\n", mode=0o640)
    files.write(f"/etc/sudoers.d/90-cloud-init-{name}", f"{name} ALL=(ALL) NOPASSWD:ALL\n", mode=0o440)
    # Folders that are missing get the owner of the file, so /home must be there: it is, in the base.
    authorize(files, keys, home, uid)
