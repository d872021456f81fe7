"""`walk`: one outcome for every entry of a tree: attributes, content, link target, names."""
import os
import re
import stat

from outcome import DEFAULT_LIMIT, attributes, error_name, failure, normalise, show

DEEPEST = 20
MANY_NAMES = 400


def matches(pattern, text):
    return pattern is not None and re.search(pattern, text) is not None


def read_content(path, step):
    """Content until end of file; what was read before an error is kept, with the error as `then`."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        return failure(error, "open")
    content = b""
    outcome = {}
    try:
        for piece in iter(lambda: os.read(fd, 65536), b""):
            content += piece
    except OSError as error:
        if not content:
            return failure(error, "read")
        outcome["then"] = error_name(error.errno)
    finally:
        os.close(fd)
    return {"data": normalise(show(content, step.get("limit", DEFAULT_LIMIT)), step), **outcome}


def describe(path, relative, step, status):
    if stat.S_ISLNK(status.st_mode):
        try:
            return {"link": normalise(os.readlink(path), step)}
        except OSError as error:
            return failure(error, "readlink")
    if stat.S_ISREG(status.st_mode) and step.get("read", True) and not matches(step.get("noread"), relative):
        return read_content(path, step)
    return {}


def walk(session, step, key, path, depth, relative=""):
    outcome = {"k": "%s:%s" % (key, relative or "."), "op": "walk", "what": relative or step["path"]}
    try:
        status = os.lstat(path)
    except OSError as error:
        session.emit({**outcome, **failure(error, "lstat")})
        return
    outcome.update(attributes(status, step))
    outcome.update(describe(path, relative, step, status))
    names = []
    if stat.S_ISDIR(status.st_mode) and depth > 0:
        try:
            names = sorted(os.listdir(path))
            outcome["names"] = names if len(names) <= MANY_NAMES else {"count": len(names)}
        except OSError as error:
            outcome.update(failure(error, "readdir"))
    session.emit(outcome)
    sample = step.get("sample", {}).get(relative)
    for name in names:
        below = relative + "/" + name if relative else name
        if (sample is None or name in sample) and not matches(step.get("prune"), below):
            walk(session, step, key, path + "/" + name, depth - 1, below)


def walk_step(session, step, key):
    walk(session, step, key, session.text(step["path"]), step.get("depth", DEEPEST))
