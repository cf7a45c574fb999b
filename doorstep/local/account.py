"""The account that PostgreSQL runs under, which must not be root, and its way to the files that it needs.

Where we are not root it is ourselves and there is nothing to do. Where we are, a service account gets the right to pass
through the folders above its files and no other right; nobody else gains anything by it, unless the file system knows
no access lists.
"""

import contextlib
import logging
import os
import pwd
import stat
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from doorstep.local.errors import LocalError

log = logging.getLogger(__name__)

SERVICE_ACCOUNT = "pgserver"
"""The name that the wheel's own launcher uses, so that a machine does not end up with two."""

# linux/posix_acl_xattr.h: a version, then entries of (tag, permissions, id), sorted by tag.
ACL = "system.posix_acl_access"
ACL_VERSION = 2
OWNER, USER, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
PASS = 1
NOBODY = 0xFFFFFFFF


@dataclass(frozen=True)
class Account:
    """A user and its group, by number."""

    user: int
    group: int


def database_account(data: Path) -> Account | None:
    """Who PostgreSQL runs as: the owner of its data, else a service account where we are root, else ourselves."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        owner = data.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    entry = _service_account()
    return Account(entry.pw_uid, entry.pw_gid)


def _service_account() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SERVICE_ACCOUNT)
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVICE_ACCOUNT]
    with contextlib.suppress(OSError):
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - a fixed command
    try:
        return pwd.getpwnam(SERVICE_ACCOUNT)
    except KeyError:
        raise LocalError(
            f"PostgreSQL does not run as root, and the account {SERVICE_ACCOUNT} for it could not be made. "
            f"Run `{' '.join(command)}`, or start as another user."
        ) from None


def open_way(account: Account, target: Path) -> None:
    """Let the account pass through the folders above `target`."""
    for folder in reversed(target.resolve().parents):
        if not _may_pass(account, folder.stat()):
            _let_pass(account, folder)


def open_tree(tree: Path) -> None:
    """Let everybody read and run an installed program, as a stricter umask at its installation forbade."""
    for path in [tree, *tree.rglob("*")]:
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(stat.S_IMODE(wanted))


def _may_pass(account: Account, folder: os.stat_result) -> bool:
    if folder.st_uid == account.user:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.group:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def _let_pass(account: Account, folder: Path) -> None:
    present = _entries(folder)
    mask = next((rights for tag, rights, _ in present if tag == MASK), _rights_of_group(present))
    if (USER, PASS, account.user) in present and mask & PASS:  # a later chmod narrows the mask, and so the entry
        return
    entries = [entry for entry in present if entry[0] != MASK and (entry[0], entry[2]) != (USER, account.user)]
    entries += [(USER, PASS, account.user), (MASK, mask | PASS, NOBODY)]
    packed = b"".join(struct.pack("<HHI", *entry) for entry in sorted(entries))
    try:
        os.setxattr(folder, ACL, struct.pack("<I", ACL_VERSION) + packed)
    except (OSError, AttributeError):  # a file system or a system without such lists
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)
        log.warning("%s: every account may now pass through it (o+x), since PostgreSQL does not run as root", folder)


def _entries(folder: Path) -> list[tuple[int, int, int]]:
    try:
        packed = os.getxattr(folder, ACL)
    except (OSError, AttributeError):  # none set yet: what the mode says
        mode = folder.stat().st_mode
        return [(OWNER, mode >> 6 & 7, NOBODY), (GROUP, mode >> 3 & 7, NOBODY), (OTHER, mode & 7, NOBODY)]
    return list(struct.iter_unpack("<HHI", packed[4:]))


def _rights_of_group(entries: list[tuple[int, int, int]]) -> int:
    return next(rights for tag, rights, _ in entries if tag == GROUP)
