"""Steps that are one system call on a path. Each takes (session, step, path); no result means {"ok": true}."""
import os
import re
import stat

import syscalls
from outcome import attributes, failure, normalise, show

ACCESS = {"f": os.F_OK, "r": os.R_OK, "w": os.W_OK, "x": os.X_OK}
XATTR_FLAGS = {"": 0, "create": os.XATTR_CREATE, "replace": os.XATTR_REPLACE}


def octal(step, default):
    return int(step.get("mode", default), 8)


def followed(step):
    return not step.get("nofollow")


def list_names(session, step, path):
    names = [name for name in sorted(os.listdir(path)) if re.search(step.get("match", "."), name)]
    return {"count": len(names)} if step.get("count") else {"names": [normalise(name, step) for name in names]}


def make_file(session, step, path):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, octal(step, "644"))
    try:
        os.write(fd, session.data(step.get("data")))
    finally:
        os.close(fd)


def set_xattr(session, step, path):
    os.setxattr(path, step["name"], session.data(step.get("data")), XATTR_FLAGS[step.get("xflags", "")],
                follow_symlinks=followed(step))


CALLS = {
    "list": list_names,
    "stat": lambda session, step, path: attributes(os.stat(path) if step.get("follow") else os.lstat(path), step),
    "access": lambda session, step, path: {"ok": os.access(path, sum(ACCESS[letter] for letter in step["mode"]))},
    "mkdir": lambda session, step, path: os.mkdir(path, octal(step, "755")),
    "rmdir": lambda session, step, path: os.rmdir(path),
    "unlink": lambda session, step, path: os.unlink(path),
    "rename": lambda session, step, path: os.rename(path, session.text(step["to"])),
    "link": lambda session, step, path: os.link(path, session.text(step["to"])),
    "symlink": lambda session, step, path: os.symlink(session.text(step["target"]), path),
    "readlink": lambda session, step, path: {"link": normalise(os.readlink(path), step)},
    "chmod": lambda session, step, path: os.chmod(path, octal(step, "644")),
    "chown": lambda session, step, path: os.chown(path, step["uid"], step["gid"]),
    "truncate": lambda session, step, path: os.truncate(path, step.get("size", 0)),
    "utime": lambda session, step, path: os.utime(path, (1, 1)),
    "mknod": lambda session, step, path: os.mknod(path, stat.S_IFIFO | 0o644),
    "mkfile": make_file,
    "statfs": lambda session, step, path: syscalls.statfs(path),
    "getxattr": lambda session, step, path: {
        "value": show(os.getxattr(path, step["name"], follow_symlinks=followed(step)))},
    "getxattrn": lambda session, step, path: {"ret": syscalls.xattr_length(path, step["name"], step["size"])},
    "setxattr": set_xattr,
    "removexattr": lambda session, step, path: os.removexattr(path, step["name"], follow_symlinks=followed(step)),
    "listxattr": lambda session, step, path: {"names": sorted(os.listxattr(path))},
    "mount": lambda session, step, path: syscalls.mount(
        session.text(step.get("src", "none")), path, step.get("type"), step.get("mflags", 0), step.get("mdata")),
    "umount": lambda session, step, path: syscalls.umount(path, step.get("mflags", 0)),
}


def path_step(session, step):
    try:
        outcome = CALLS[step["op"]](session, step, session.text(step["path"]))
    except OSError as error:
        return failure(error)
    return {"ok": True} if outcome is None else outcome


STEPS = dict.fromkeys(CALLS, path_step)
