"""Gives a root file system to the uids of an unprivileged container, as Proxmox VE does when it unpacks a template."""

import os
import stat
import sys


def shift(path: str, by: int, done: set[int]) -> None:
    """Adds `by` to the owner and group of one entry. A change of owner clears setuid, so the mode is set once more.

    A file with two names is shifted once.
    """
    found = os.lstat(path)
    if found.st_ino in done:
        return
    if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
        done.add(found.st_ino)
    os.lchown(path, found.st_uid + by, found.st_gid + by)
    if not stat.S_ISLNK(found.st_mode):
        os.chmod(path, stat.S_IMODE(found.st_mode))


def main(root: str, by: int) -> None:
    """Shifts everything below `root`, and `root` itself. Device nodes go: a container gets its own."""
    done: set[int] = set()
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
                os.unlink(path)
            else:
                shift(path, by, done)
    shift(root, by, done)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
