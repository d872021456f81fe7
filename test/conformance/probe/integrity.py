"""`imalist`, `imarun`, `modload`, `klogq`, `evmx`: the measurement list, files that are used, the log about both."""
import ctypes
import errno
import hashlib
import json
import os
import re
import struct
import time

import children
import klog
import syscalls
from commands import become
from outcome import failure, normalise

IMA = "/sys/kernel/security/integrity/ima/"
SEEN = "imalist"  # in the session's saved texts: how many lines of each bank were seen
REGISTERS = "imalist/pcrs"
O_TMPFILE = 0o20200000
FLAGS = {
    "read": os.O_RDONLY, "write": os.O_WRONLY, "rw": os.O_RDWR, "append": os.O_WRONLY | os.O_APPEND,
    "trunc": os.O_WRONLY | os.O_TRUNC, "direct": os.O_RDONLY | os.O_DIRECT, "creat": os.O_WRONLY | os.O_CREAT,
    "excl": os.O_WRONLY | os.O_CREAT | os.O_EXCL, "path": os.O_PATH, "tmpfile": os.O_RDWR | O_TMPFILE,
}
PROTECTION = {"mmapx": "rx", "mmapr": "r", "mmaponlyx": "x", "mprotect": "r"}
READ_EXEC = 5
SETTLE_SECONDS, IDLE_ROUNDS = 0.02, 1
PAGE = 4096
INIT_MODULE, FINIT_MODULE, KEXEC_FILE_LOAD = 175, 313, 320
KEXEC_FILE_NO_INITRAMFS = 4


def whole(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        return b"".join(iter(lambda: os.read(fd, 65536), b""))
    finally:
        os.close(fd)


def parse(raw, digest_size):
    """The binary list as (register, digest, template, data); the template `ima` has no total length."""
    rows, at = [], 0
    while at < len(raw):
        pcr, = struct.unpack_from("<I", raw, at)
        digest = raw[at + 4:at + 4 + digest_size]
        at += 4 + digest_size
        length, = struct.unpack_from("<I", raw, at)
        name = raw[at + 4:at + 4 + length].decode("latin-1")
        at += 4 + length
        if name == "ima":
            length, = struct.unpack_from("<I", raw, at + 20)
            data = raw[at:at + 24 + length]
            at += 24 + length
        else:
            length, = struct.unpack_from("<I", raw, at)
            data = raw[at + 4:at + 4 + length]
            at += 4 + length
        rows.append((pcr, digest, name, data))
    return rows


def agreement(raw, text, algorithm):
    """Do both lists agree, and does every digest follow from its data? With the registers that the list leads to."""
    def digest_of(data):
        return hashlib.new(algorithm, data).digest()
    size = hashlib.new(algorithm).digest_size
    registers = {}
    try:
        rows = parse(raw, size)
    except struct.error:
        return "unparsable", registers
    lines = text.split(b"\n")[:-1]
    if len(rows) != len(lines):
        return "%d binary, %d ascii" % (len(rows), len(lines)), registers
    for (pcr, digest, name, data), line in zip(rows, lines):
        if not line.startswith(b"%2d %s %s" % (pcr, digest.hex().encode(), name.encode())):
            return "differs: " + line[:80].decode("latin-1"), registers
        hashed = data if name != "ima" else data[:20] + data[24:].ljust(256, b"\0")
        violation = digest == bytes(size)
        if not violation and digest_of(hashed) != digest:
            return "digest: " + line[:80].decode("latin-1"), registers
        registers[pcr] = digest_of(registers.get(pcr, bytes(size)) + (b"\xff" * size if violation else digest))
    return "ok", registers


def shortened(line, head):
    return line if head is None or len(line) < 600 else line[:head] + "... %d" % len(line)


def list_step(session, step):
    """New lines of the list since the last such step, the two counters, and whether both forms agree."""
    bank = step.get("bank", "sha1")
    suffix = "_" + bank if "bank" in step else ""
    try:
        text = whole(IMA + "ascii_runtime_measurements" + suffix)
        lines = text.decode("latin-1").split("\n")[:-1]
        key = SEEN + bank
        start = 0 if step.get("all") else int(session.saved.get(key, 0))
        session.saved[key] = str(len(lines))
        if step.get("quiet_list"):
            return {"lines": len(lines)} if step.get("count") else {"marked": True}
        new = [line.replace(session.scratch, "@S").replace(session.base, "@D") for line in lines[start:]]
        new = [normalise(line, step) for line in new]
        outcome = {}
        if "match" in step:
            new = [line for line in new if re.search(step["match"], line)]
        else:
            outcome["count"] = whole(IMA + "runtime_measurements_count").decode()
        outcome["new"] = [shortened(line, step.get("head")) for line in new]
        outcome["violations"] = whole(IMA + "violations").decode()
        if step.get("check", bool(step.get("pcrs")) or len(lines) <= 40):
            outcome["check"], registers = agreement(whole(IMA + "binary_runtime_measurements" + suffix), text, bank)
            if outcome["check"] == "ok":  # otherwise those of the last list that did agree
                values = {str(pcr): value.hex() for pcr, value in sorted(registers.items())}
                session.saved[REGISTERS] = json.dumps(values)
            if step.get("pcrs"):
                outcome["pcrs"] = json.loads(session.saved[REGISTERS])
        return outcome
    except OSError as error:
        return failure(error)


def execute(session, step, path):
    argv = [session.text(word) for word in step.get("argv", [path])]
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.execv(path, argv)


def map_opened(fd, how):
    """A mapping of the first page, and what fails about it."""
    try:
        address = syscalls.map_file(fd, PAGE, PROTECTION[how], "private")
    except OSError as error:
        return failure(error, "mmap")
    if how == "mprotect":
        try:
            syscalls.protect(address, PAGE, READ_EXEC)
        except OSError as error:
            return failure(error, "mprotect")
    return {"ok": True}


def use(session, step, path):
    how = step["how"]
    if "who" in step:
        become(step["who"])
    try:
        if how == "exec":
            execute(session, step, path)
        fd = os.open(path, FLAGS.get(how, os.O_RDONLY), int(step.get("mode", "644"), 8))
        outcome = {"ok": True}
        if "data" in step:
            if how in ("creat", "excl"):
                time.sleep(0.03)  # a change in the tick of the creation may not count
            outcome = {"n": os.write(fd, session.data(step["data"]))}
        if how in PROTECTION:
            mapped = map_opened(fd, how)
            outcome = mapped if "err" in mapped else outcome
        os.close(fd)
        return outcome
    except OSError as error:
        return failure(error, "exec" if how == "exec" else "open")


def run_step(session, step):
    """A file is used in a child: {"path", "how", "argv"?, "who"?, "data"?, "mode"?}."""
    path = session.text(step["path"])
    outcomes, code = children.run_forked(session, lambda child: child.emit(use(child, step, path)))
    outcome = dict(outcomes[0]) if outcomes else {"ran": True}
    outcome.pop("k", None)
    if code:
        outcome["exit"] = code
    return outcome


def load_step(session, step):
    """finit_module, init_module or kexec_file_load of a file that is none; only the errno matters."""
    path = session.text(step["path"])
    how = step.get("how")
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as error:
        return failure(error, "open")
    size = ctypes.c_ulong
    try:
        if how == "init":
            data = whole(path)
            result = syscalls.libc.syscall(INIT_MODULE, data, size(len(data)), b"")
        elif how == "kexec":
            line = step.get("cmdline", "x").encode() + b"\0"
            initrd = fd if step.get("initrd") else -1
            flags = 0 if step.get("initrd") else KEXEC_FILE_NO_INITRAMFS
            result = syscalls.libc.syscall(KEXEC_FILE_LOAD, fd, initrd, size(len(line)), line, size(flags))
        else:
            result = syscalls.libc.syscall(FINIT_MODULE, fd, b"", step.get("mflags", 0))
        code = ctypes.get_errno()
    finally:
        os.close(fd)
    if step.get("any"):
        return {}  # whether this kernel has such calls is its own business
    return {"ok": True} if result == 0 else {"err": errno.errorcode.get(code, "E%d" % code)}


QUIET_STABLE = klog.STABLE + (
    (r"\bppid=\d+", "ppid=N"),
    (r'name="/\d+/comm"', 'name="/N/comm"'),
)


def settle_log():
    """A file that is closed may be told of later than close(2) returns, but before anything else on its filesystem is."""
    try:
        whole(IMA + "violations")
    except OSError:
        pass  # no such kernel


def log_step(session, step):
    """Like `klog`, with the scratch folder as @S; the audit thread prints when it likes, so its lines are apart from the others."""
    settle_log()
    lines = klog.new_lines(session, step, QUIET_STABLE, SETTLE_SECONDS, IDLE_ROUNDS)
    if lines is None:
        return {"mark": True}
    lines = [line.replace(session.scratch, "@S").replace(session.base, "@D") for line in lines]
    is_audit = [line.startswith("audit:") for line in lines]
    return {"lines": [line for line, audit in zip(lines, is_audit) if audit],
            "direct": [line for line, audit in zip(lines, is_audit) if not audit]}


def evm_step(session, step):
    """security.evm: type and length only, because the value follows from a random inode generation, unless "full"."""
    try:
        value = os.getxattr(session.text(step["path"]), "security.evm", follow_symlinks=False)
    except OSError as error:
        return failure(error)
    return {"value": value.hex()} if step.get("full") else {"type": value[:1].hex(), "len": len(value)}


STEPS = {"imalist": list_step, "imarun": run_step, "modload": load_step, "klogq": log_step, "evmx": evm_step}
