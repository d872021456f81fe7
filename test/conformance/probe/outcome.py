"""Outcome values: how bytes, errors, attributes and texts are written down, so that two kernels can be compared."""
import base64
import errno
import hashlib
import os
import re
import stat

DEFAULT_LIMIT = 6000
HEAD = 120
PRINTABLE = re.compile(rb"[\x00\t\n\x20-\x7e]*")

FILE_TYPES = {
    stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link", stat.S_IFCHR: "chr",
    stat.S_IFBLK: "blk", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "sock",
}


def error_name(number):
    """The symbolic name. Numbers with two names have the one Python prefers (EAGAIN, ENOTSUP, EDEADLK)."""
    return errno.errorcode.get(number, "E%d" % number)


def failure(error, at=None):
    outcome = {"err": error_name(error.errno)}
    if at is not None:
        outcome["at"] = at
    return outcome


def failed(value):
    return isinstance(value, dict) and "err" in value


def show(data, limit=DEFAULT_LIMIT):
    """Text if it is printable ASCII, base64 if not; long data as length, digest and beginning."""
    if len(data) > limit:
        return {"len": len(data), "sha256": hashlib.sha256(data).hexdigest(), "head": show(data[:HEAD])}
    if PRINTABLE.fullmatch(data):
        return data.decode("ascii")
    return {"b64": base64.b64encode(data).decode("ascii")}


def normalise(text, step):
    """Applies the step's `norm` rules to a text; any other value passes unchanged."""
    if isinstance(text, str):
        for pattern, replacement in step.get("norm", ()):
            text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text


def attributes(status, step):
    """The comparable part of a stat result. Directory sizes differ between file systems; inode numbers only on request."""
    kind = FILE_TYPES.get(stat.S_IFMT(status.st_mode), "?")
    outcome = {"type": kind, "mode": "%04o" % stat.S_IMODE(status.st_mode), "uid": status.st_uid, "gid": status.st_gid}
    if kind != "dir":
        outcome["size"] = status.st_size
    if kind in ("chr", "blk"):
        outcome["rdev"] = "%d:%d" % (os.major(status.st_rdev), os.minor(status.st_rdev))
    if step.get("nlink"):
        outcome["nlink"] = status.st_nlink
    if step.get("ino"):
        outcome["ino"] = status.st_ino
    return outcome
