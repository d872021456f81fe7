"""What a listener of audit hears, as lines of a log file, until the file `stop` is there: of events in which SELinux decided about a process or itself."""
import os
import re
import select
import socket
import struct

NAMES = {1300: "SYSCALL", 1327: "PROCTITLE", 1400: "AVC"}
PATIENCE = 1.5

audit = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
audit.bind((0, 1))
audit.sendto(struct.pack("<IHHII", 60, 1001, 1, 1, 0) + struct.pack("<11I", 1, 1, *[0] * 9), (0, 0))
open("ready", "w").close()
events = {}
while select.select([audit], [], [], PATIENCE)[0] or not os.path.exists("stop"):
    if not select.select([audit], [], [], 0)[0]:
        continue
    message = audit.recv(9000)
    kind, = struct.unpack_from("<H", message, 4)
    text = message[16:].decode("latin-1")
    stamp = re.match(r"audit\([0-9.:]+\)", text)
    if stamp and kind in NAMES:
        events.setdefault(stamp[0], []).append("type=%s msg=%s\n" % (NAMES[kind], text))
with open("log", "w") as log:
    for records in events.values():
        if any(re.search("tclass=(process|security) ", text) for text in records):
            log.writelines(records)
