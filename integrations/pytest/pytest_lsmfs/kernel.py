"""What the kernel under the tests seems to have, be it the machine's or that of a world."""

import os
from pathlib import Path
from typing import List, Optional

SELINUXFS = Path("/sys/fs/selinux")

#: Where a module can be seen when securityfs is not mounted.
TRACES = {
    "selinux": SELINUXFS / "enforce",
    "smack": Path("/sys/fs/smackfs/load2"),
    "apparmor": Path("/sys/kernel/security/apparmor"),
    "yama": Path("/proc/sys/kernel/yama/ptrace_scope"),
}

#: Set in every process of a world.
WORLD_VARIABLE = "LSMFS_WORLD"


def world() -> Optional[str]:
    """Name of the world that this process is in."""
    return os.environ.get(WORLD_VARIABLE) or None


def modules() -> List[str]:
    """The security modules that run."""
    text = _read(Path("/sys/kernel/security/lsm"))
    if text:
        return text.strip().split(",")
    return [name for name, trace in TRACES.items() if trace.exists()]


def policy() -> Optional[str]:
    """Name of SELinux's policy, as /etc/selinux/config has it; that of a world, in a world."""
    for line in (_read(Path("/etc/selinux/config")) or "").splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "SELINUXTYPE":
            return value.strip()
    return None


def enforcing() -> Optional[bool]:
    """SELinux's mode; None where there is none."""
    text = _read(SELINUXFS / "enforce")
    return None if text is None else text.strip() == "1"


def set_enforcing(value: bool) -> None:
    (SELINUXFS / "enforce").write_text("1" if value else "0")


def boolean(name: str) -> bool:
    """The active value of a boolean of SELinux's policy."""
    return (SELINUXFS / "booleans" / name).read_text().split()[0] == "1"


def set_boolean(name: str, value: bool) -> None:
    (SELINUXFS / "booleans" / name).write_text("1" if value else "0")
    (SELINUXFS / "commit_pending_bools").write_text("1")


def _read(file: Path) -> Optional[str]:
    try:
        return file.read_text()
    except OSError:
        return None
