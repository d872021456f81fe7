"""audit-watch.py PATH: an administrator watches a path, by a rule of the host's audit.

Until its filesystem has answered nobody else's messages to audit are read (audit_receive() of kernel/audit.c). Exit status: 77 where audit
cannot be changed or the path cannot be looked up, so that there is no rule. Whoever has the lock of audit-rule.py alone keeps rules away.
Format: struct audit_rule_data of include/uapi/linux/audit.h.
"""
import fcntl
import os
import socket
import struct
import sys

NETLINK_AUDIT = 9
ADD_RULE, DEL_RULE = 1011, 1012
FILTER_EXIT, ALWAYS, FIELD_WATCH, EQUAL = 4, 2, 105, 0x40000000
REQUEST, ACK = 1, 4

lock = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../world/audit-rule.py"))
fcntl.flock(lock, fcntl.LOCK_SH)
path = os.path.abspath(sys.argv[1]).encode()
rule = struct.pack("3I256II", FILTER_EXIT, ALWAYS, 1, *[0xFFFFFFFF] * 64, FIELD_WATCH, *[0] * 63, len(path), *[0] * 63, EQUAL, *[0] * 63, len(path)) + path


def ask(kind):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
    sock.send(struct.pack("IHHII", 16 + len(rule), kind, REQUEST | ACK, 1, 0) + rule)
    return -struct.unpack_from("i", sock.recv(8192), 16)[0]


try:
    if ask(ADD_RULE) != 0:
        sys.exit(77)
except OSError:
    sys.exit(77)
ask(DEL_RULE)
