"""`klog`: kernel log records since the last such step, without times, pids and counters. The first use only marks."""
import os
import re
import time

from outcome import error_name, normalise

# The audit thread of a kernel prints some time after the event; where it does so at once, nobody need wait.
AT_ONCE = "ORACLE_KLOG_AT_ONCE" in os.environ
SETTLE_SECONDS = 0 if AT_ONCE else 0.3
IDLE_SECONDS = 0.01 if AT_ONCE else 0.1
IDLE_ROUNDS = 1 if AT_ONCE else 8
KEPT = "/dev/kmsg"  # the session's name for the log descriptor; no step can have a slash in its names

STABLE = (
    (r"audit\([0-9.]+:[0-9]+\)", "audit(T:N)"),
    (r"\bpid=\d+", "pid=N"),
    (r"\bino=\d+", "ino=N"),
    (r"\b(pipe|socket):\[\d+\]", r"\1:[N]"),
    (r'\bdev="[^"]*"', 'dev="D"'),
    (r"^(SELinux: \S+) \(\d+\)", r"\1 (N)"),
)


def waiting(fd):
    """Texts of the records that are there now."""
    while True:
        try:
            record = os.read(fd, 8192)
        except BlockingIOError:
            return
        except BrokenPipeError:
            continue  # records were overwritten before they were read
        yield record.decode("latin-1").split(";", 1)[1].split("\n")[0]


def records(fd, rounds):
    idle = 0
    while idle <= rounds:
        found = [*waiting(fd)]
        yield from found
        if found:
            idle = 0
        else:
            idle += 1
            time.sleep(IDLE_SECONDS)


def log_descriptor(session):
    """The session's reader of the kernel log, and whether it was there already; a new one stands at the end."""
    fd = session.descriptors.get(KEPT)
    if fd is not None:
        return fd, True
    fd = session.descriptors[KEPT] = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    os.lseek(fd, 0, os.SEEK_END)
    return fd, False


def stable_text(text, rules):
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return text


def new_lines(session, step, stable, settle=SETTLE_SECONDS, rounds=IDLE_ROUNDS):
    """None the first time, when the place is only marked."""
    time.sleep(settle)
    fd, marked = log_descriptor(session)
    if not marked:
        return None
    return [normalise(stable_text(text, stable), step)
            for text in records(fd, rounds) if re.search(step.get("match", "."), text)]


def klog_step(session, step):
    lines = new_lines(session, step, STABLE)
    return {"mark": True} if lines is None else {"lines": lines}


# Records of one call: the audit thread prints a moment after it, later after a refusal on a busy machine.
CALL_SETTLE_SECONDS = float(os.environ.get("ORACLE_SETTLE", "0.004"))
LOOKS, LOOKS_AFTER_REFUSAL = 2, 5
OF_MODULES = re.compile("avc:|apparmor=|lsm=SMACK|SELinux:")
STABLE_IN_CALLS = (
    (r"audit\([0-9.]+:[0-9]+\)", "audit(T:N)"),
    (r"^audit: type=1400 audit\(T:N\): ", ""),
    (r"\b(o?pid|ino|key_serial)=\d+", r"\1=N"),
    (r"(lsm=SMACK.* ipc_key)=\d+", r"\1=N"),
    # ports that a kernel chooses
    (r"\b(lport|fport|src|dest)=(?:32[7-9]\d\d|3[3-9]\d{3}|[45]\d{4}|6[0-5]\d{3})\b", r"\1=P"),
    (r"\b(pipe|socket):\[\d+\]", r"\1:[N]"),
    (r'\bdev="?[^" ]*"?', 'dev="D"'),
    (r"/(proc|task)/\d+\b", r"/\1/N"),
    (r'name="\d+"', 'name="N"'),
    (r"/#\d+", "/#N"),
    (r'path="/\d+/', 'path="/N/'),
)


def call_records(session, refused):
    """The modules' records since the last look; a read that fails is its error's name."""
    fd, _marked = log_descriptor(session)
    lines, looks = [], 0
    while looks < (LOOKS_AFTER_REFUSAL if refused and not lines else LOOKS):
        time.sleep(CALL_SETTLE_SECONDS * (1 if looks < LOOKS else 3))
        try:
            found = [stable_text(text, STABLE_IN_CALLS) for text in waiting(fd) if OF_MODULES.search(text)]
        except OSError as error:
            return [*lines, error_name(error.errno)]
        lines += found
        looks = 1 if found else looks + 1
    return lines


STEPS = {"klog": klog_step}
