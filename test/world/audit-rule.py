"""audit-rule.py COMMAND...: runs a command on a host with audit on and one rule, which no process matches.

With any rule the kernel looks at the attributes of every file that a path leads to (audit_copy_inode() of kernel/auditsc.c). What was on before
is on again afterwards. Exit status: the command's, 77 where audit cannot be changed. Format: include/uapi/linux/audit.h.
"""
import ctypes
import errno
import signal
import socket
import struct
import subprocess
import sys

NETLINK_AUDIT = 9
GET, SET, ADD_RULE, DEL_RULE = 1000, 1001, 1011, 1012
STATUS_ENABLED = 1
FILTER_EXIT, ALWAYS, FIELD_UID, EQUAL = 4, 2, 1, 0x40000000
NOBODY = 0xFFFFFFFE
REQUEST, ACK = 1, 4
PR_SET_PDEATHSIG = 1
RULE = struct.pack(
    "3I256II",
    FILTER_EXIT, ALWAYS, 1,
    *[0xFFFFFFFF] * 64,
    FIELD_UID, *[0] * 63,
    NOBODY, *[0] * 63,
    EQUAL, *[0] * 63,
    0,
)


def talk(kind, data=b""):
    """Sends one request. Returns the first message that is an answer to it; raises OSError."""
    sock.send(struct.pack("IHHII", 16 + len(data), kind, REQUEST | ACK, 1, 0) + data)
    found = None
    while True:
        message = sock.recv(16384)
        answer = struct.unpack_from("IHHII", message)[1]
        if answer == 2:
            error = -struct.unpack_from("i", message, 16)[0]
            if error:
                raise OSError(error, errno.errorcode.get(error, "?"))
            if kind != GET or found is not None:
                return found
        elif answer == kind:
            found = message[16:]
            return found if kind == GET else found


def enable(value):
    talk(SET, struct.pack("10I", STATUS_ENABLED, value, *[0] * 8))


# Whoever ends us, or the test that has started us, the rule goes.
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _frame: sys.exit(128 + number))
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

try:
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
    sock.bind((0, 0))
    before = struct.unpack_from("2I", talk(GET))[1]
    if before == 2:
        sys.exit(77)  # locked until the next boot
    sock.close()
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
    enable(1)
    talk(ADD_RULE, RULE)
except OSError as error:
    print("audit-rule:", error, file=sys.stderr)
    sys.exit(77)
try:
    status = subprocess.run(sys.argv[1:]).returncode
finally:
    talk(DEL_RULE, RULE)
    enable(before)
sys.exit(status)
