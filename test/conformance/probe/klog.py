"""`klog`: kernel log records since the last such step, without times, pids and counters. The first use only marks."""
import os
import re
import time

from outcome import normalise

# The audit thread prints some time after the event.
SETTLE_SECONDS = 0.3
IDLE_SECONDS = 0.1
IDLE_ROUNDS = 8
KEPT = "/dev/kmsg"  # the session's name for the log descriptor; no step can have a slash in its names

STABLE = (
    (r"audit\([0-9.]+:[0-9]+\)", "audit(T:N)"),
    (r"\bpid=\d+", "pid=N"),
    (r"\bino=\d+", "ino=N"),
    (r"\b(pipe|socket):\[\d+\]", r"\1:[N]"),
    (r'\bdev="[^"]*"', 'dev="D"'),
    (r"^(SELinux: \S+) \(\d+\)", r"\1 (N)"),
)


def records(fd, rounds):
    idle = 0
    while idle <= rounds:
        try:
            record = os.read(fd, 8192)
        except BlockingIOError:
            idle += 1
            time.sleep(IDLE_SECONDS)
            continue
        except BrokenPipeError:
            continue  # records were overwritten before they were read
        idle = 0
        yield record.decode("latin-1").split(";", 1)[1].split("\n")[0]


def new_lines(session, step, stable, settle=SETTLE_SECONDS, rounds=IDLE_ROUNDS):
    """None the first time, when the place is only marked."""
    time.sleep(settle)
    fd = session.descriptors.get(KEPT)
    if fd is None:
        fd = session.descriptors[KEPT] = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(fd, 0, os.SEEK_END)
        return None
    lines = []
    for text in records(fd, rounds):
        if re.search(step.get("match", "."), text):
            for pattern, replacement in stable:
                text = re.sub(pattern, replacement, text)
            lines.append(normalise(text, step))
    return lines


def klog_step(session, step):
    lines = new_lines(session, step, STABLE)
    return {"mark": True} if lines is None else {"lines": lines}


STEPS = {"klog": klog_step}
