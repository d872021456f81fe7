"""audit-rule.py COMMAND...: runs a command on a host with audit on and one rule, which no process matches.

With any rule the kernel looks at the attributes of every file that a path leads to (audit_copy_inode() of kernel/auditsc.c). Several of us can run
at once: each has a rule of its own, which says whether audit was on before the first, and the last leaves it so. Exit status: the command's,
77 where audit cannot be changed. Whoever has the lock of this file alone keeps rules away; the command finds
LSMFS_AUDIT_RULE in its environment. Format: include/uapi/linux/audit.h.
"""
import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys

NETLINK_AUDIT = 9
GET, SET, ADD_RULE, DEL_RULE, LIST_RULES = 1000, 1001, 1011, 1012, 1013
STATUS_ENABLED = 1
FILTER_EXIT, ALWAYS, FIELD_UID, EQUAL = 4, 2, 1, 0x40000000
# Nobody has such a uid: it is (process, was audit on).
NOBODY = 0xF0000000
REQUEST, ACK = 1, 4
PR_SET_PDEATHSIG = 1
VALUES_AT = 12 + 4 * 64 + 4 * 64


def rule(was_on):
    return struct.pack(
        "3I256II",
        FILTER_EXIT, ALWAYS, 1,
        *[0xFFFFFFFF] * 64,
        FIELD_UID, *[0] * 63,
        NOBODY + 2 * os.getpid() + was_on, *[0] * 63,
        EQUAL, *[0] * 63,
        0,
    )


def talk(kind, data=b""):
    """Sends one request. Returns the messages that are answers to it; raises OSError."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
    sock.bind((0, 0))
    sock.send(struct.pack("IHHII", 16 + len(data), kind, REQUEST | ACK, 1, 0) + data)
    found = []
    acknowledged = ended = False
    while not acknowledged or (kind == GET and not found) or (kind == LIST_RULES and not ended):
        message = sock.recv(16384)
        answer = struct.unpack_from("IHHII", message)[1]
        if answer == 2:
            error = -struct.unpack_from("i", message, 16)[0]
            if error:
                raise OSError(error, errno.errorcode.get(error, "?"))
            acknowledged = True
        elif answer == 3:
            ended = True
        elif answer == kind:
            found.append(message[16:])
    return found


def enable(value):
    talk(SET, struct.pack("10I", STATUS_ENABLED, value, *[0] * 8))


def marks():
    """What the rules of others like us say."""
    values = [struct.unpack_from("I", found, VALUES_AT)[0] for found in talk(LIST_RULES)]
    return [value for value in values if value >= NOBODY]


# Whoever ends us, or the test that has started us, the rule goes.
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _frame: sys.exit(128 + number))
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

lock = open(__file__)
fcntl.flock(lock, fcntl.LOCK_SH)
try:
    enabled = struct.unpack_from("2I", talk(GET)[0])[1]
    if enabled == 2:
        sys.exit(77)  # locked until the next boot
    was_on = next((mark & 1 for mark in marks()), enabled)
    enable(1)
    talk(ADD_RULE, rule(was_on))
except OSError as error:
    print("audit-rule:", error, file=sys.stderr)
    sys.exit(77)
try:
    status = subprocess.run(sys.argv[1:], env={**os.environ, "LSMFS_AUDIT_RULE": "1"}).returncode
finally:
    talk(DEL_RULE, rule(was_on))
    if not marks():
        enable(was_on)
sys.exit(status)
