"""Gives a root file system to the uids of an unprivileged container, as Proxmox VE does when it unpacks a template."""

import os
import stat
import sys


def shift(path: str, by: int) -> None:
    """Adds `by` to the owner and group of one entry. A change of owner clears setuid, so the mode is set once more."""
    found = os.lstat(path)
    os.lchown(path, found.st_uid + by, found.st_gid + by)
    if not stat.S_ISLNK(found.st_mode):
        os.chmod(path, stat.S_IMODE(found.st_mode))


def main(root: str, by: int) -> None:
    """Shifts everything below `root`, and `root` itself. Device nodes go: a container gets its own."""
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
                os.unlink(path)
            else:
                shift(path, by)
    shift(root, by)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
