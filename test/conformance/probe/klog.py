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


def records(fd):
    idle = 0
    while idle <= IDLE_ROUNDS:
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


def klog_step(session, step):
    time.sleep(SETTLE_SECONDS)
    fd = session.descriptors.get(KEPT)
    if fd is None:
        fd = session.descriptors[KEPT] = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(fd, 0, os.SEEK_END)
        return {"mark": True}
    lines = []
    for text in records(fd):
        if re.search(step.get("match", "."), text):
            for pattern, replacement in STABLE:
                text = re.sub(pattern, replacement, text)
            lines.append(normalise(text, step))
    return {"lines": lines}


STEPS = {"klog": klog_step}
