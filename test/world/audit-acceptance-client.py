"""Uses of audit and its container ids, one line each below a title; audit-acceptance.test.ts has what is expected."""
import errno
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

GET, SET, ADD_RULE, LIST_RULES, TRIM, SET_FEATURE = 1000, 1001, 1011, 1013, 1014, 1018
CONFIG_CHANGE, REPLACE, USER = 1305, 1329, 1112
ENABLED, FAILURE, PID, RATE, BACKLOG = 1, 2, 4, 8, 16
UNSET = 2 ** 64 - 1
CAP_AUDIT_CONTROL = 30


def step(title):
    print("=", title, flush=True)


def named(number):
    return "ok" if number == 0 else errno.errorcode[abs(number)]


class Audit:
    def __init__(self, groups=0):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
        if groups:
            self.sock.bind((0, groups))

    def ask(self, kind, body=b""):
        """The error, by name, and what else came."""
        self.sock.sendto(struct.pack("<IHHII", 16 + len(body), kind, 5, 1, 0) + body, (0, 0))
        error, others = None, []
        while select.select([self.sock], [], [], 0 if error is not None and kind != GET or others else 10)[0]:
            raw = self.sock.recv(9000)
            found, = struct.unpack_from("<H", raw, 4)
            if found == 2:
                error, = struct.unpack_from("<i", raw, 16)
            elif found == kind:
                others.append(raw[16:])
        return named(error), others

    def set(self, mask, *values):
        return self.ask(SET, struct.pack("<%dI" % (1 + len(values)), mask, *values))[0]

    def status(self):
        """enabled, failure, pid, rate_limit, backlog_limit, lost, backlog"""
        return struct.unpack_from("<7I", self.ask(GET)[1][0], 4)

    def register(self, pid=None):
        return self.set(PID, 0, 0, os.getpid() if pid is None else pid)

    def say(self, text="x"):
        return self.ask(USER, text.encode() + b"\0")[0]

    def records(self, *kinds):
        """What waits here: type and text without its stamp."""
        found = []
        while select.select([self.sock], [], [], 0)[0]:
            raw = self.sock.recv(9000)
            kind, = struct.unpack_from("<H", raw, 4)
            if not kinds or kind in kinds:
                found.append(raw[16:].decode().split("): ", 1)[-1])
        return found


def rule(flags, *fields):
    """Fields are (number, value), compared by `=`; of system calls none."""
    part = lambda index: [field[index] for field in fields] + [0] * (64 - len(fields))
    return struct.pack("<3I", flags, 2, len(fields)) + bytes(256) + struct.pack("<64I", *part(0)) + struct.pack("<64I", *part(1)) + struct.pack(
        "<64I", *[0x40000000 for _ in fields], *[0] * (64 - len(fields))) + struct.pack("<I", 0)


def write(path, text, offset=None):
    try:
        fd = os.open(path, os.O_WRONLY)
        try:
            os.write(fd, text.encode()) if offset is None else os.pwrite(fd, text.encode(), offset)
        finally:
            os.close(fd)
        return "ok"
    except OSError as error:
        return named(error.errno)


def contid(pid, text, name="audit_containerid", offset=None):
    return write("/proc/%d/%s" % (pid, name), str(text), offset)


def shown(pid="self", name="audit_containerid"):
    with open("/proc/%s/%s" % (pid, name)) as file:
        return file.read()


class Child:
    """A process that does `work` when it is told to, and ends when it is told again."""

    def __init__(self, work=lambda: None):
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            try:
                if theirs.recv(1) == b"g":
                    work()
                    sys.stdout.flush()
                    theirs.send(b"d")
                    theirs.recv(1)
            finally:
                sys.stdout.flush()
                os._exit(0)
        theirs.close()
        self.end = ours

    def go(self):
        self.end.send(b"g")
        self.end.recv(1)
        return self

    def stop(self):
        try:
            self.end.send(b"s")
        except OSError:
            pass  # it was killed
        os.waitpid(self.pid, 0)
        self.end.close()


def without_control():
    """CAP_AUDIT_CONTROL is given up."""
    import ctypes
    header = struct.pack("<Ii", 0x20080522, 0)
    data = ctypes.create_string_buffer(24)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.capget(header, data)
    words = list(struct.unpack("<6I", data.raw))
    for index in (0, 1):
        words[index] &= ~(1 << CAP_AUDIT_CONTROL)
    if libc.capset(header, struct.pack("<6I", *words)) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def ids():
    child = Child()
    step("wrong texts")
    print(*[contid(child.pid, text) for text in ("", "x", "-1", "5x", "0x5", "5 6", 2 ** 64, UNSET)])
    print(contid(child.pid, 5, offset=1), contid(child.pid, 2, "audit_capcontainerid"), contid(child.pid, "x", "audit_capcontainerid"),
          contid(child.pid, 2 ** 32, "audit_capcontainerid"), shown(child.pid))
    step("wrong targets")
    parent_of_one = Child(lambda: Child())
    parent_of_one.go()
    threads = Child(lambda: threading.Thread(target=lambda: signal.pause(), daemon=True).start()).go()
    gone = Child()
    fd = os.open("/proc/%d/audit_containerid" % gone.pid, os.O_WRONLY)
    gone.stop()
    try:
        os.write(fd, b"5")
    except OSError as error:
        print(named(error.errno))
    print(contid(os.getpid(), 5), contid(os.getppid(), 5), contid(parent_of_one.pid, 5), contid(threads.pid, 5),
          contid(os.getpid(), 1, "audit_capcontainerid"))
    step("without the capability")
    def powerless():
        without_control()
        grandchild = Child()
        print(contid(grandchild.pid, 5), contid(grandchild.pid, 1, "audit_capcontainerid"))
        try:
            print(shown())
        except OSError as error:
            print(named(error.errno))
        grandchild.stop()
    writer = Child(powerless).go()
    writer.stop()
    step("0 is a number, given once")
    print(contid(child.pid, 0), shown(child.pid), contid(child.pid, 0), contid(child.pid, 1))
    second = Child()
    print(contid(second.pid, 0))
    step("in use")
    def other_owner():
        grandchild = Child()
        print(contid(grandchild.pid, 0))
        grandchild.stop()
    other = Child(other_owner).go()
    child.stop()
    other.stop()
    other = Child(other_owner).go()
    other.stop()
    second.stop()
    other = Child(other_owner).go()
    other.stop()
    for one in (parent_of_one, threads):
        os.kill(one.pid, signal.SIGKILL)
        one.stop()


def inheritance():
    step("inherited")
    def inside():
        grandchild = Child(lambda: print(shown(), shown(name="audit_capcontainerid"), shown("thread-self")))
        print(contid(grandchild.pid, 2), shown(grandchild.pid))
        grandchild.go().stop()
        unmarked = Child(lambda: print(shown()))
        unmarked.go().stop()
    child = Child(inside)
    print(contid(child.pid, 1), contid(child.pid, 1, "audit_capcontainerid"), shown(child.pid, "audit_capcontainerid"))
    child.go().stop()


def instances(host, listener):
    step("a container that does not read")
    def flood():
        daemon, client = Audit(), Audit()
        print(client.set(ENABLED, 1), client.set(BACKLOG, 0, 0, 0, 0, 4), daemon.register())
        filler = b"f" * 8000
        while client.status()[6] <= 4:
            client.ask(USER, filler + b"\0")
        before = client.status()[5]
        for number in range(100):
            client.say("message %d" % number)
        print(client.status()[5] - before)
    child = Child(flood)
    contid(child.pid, 5)
    heard = set()
    collecting = True
    def collect():
        while collecting:
            if select.select([listener.sock], [], [], 0.05)[0]:
                heard.update(text.split("msg='")[-1].split("'")[0] for text in listener.records(USER))
    thread = threading.Thread(target=collect)
    thread.start()
    child.go()
    collecting = False
    thread.join()
    heard.update(text.split("msg='")[-1].split("'")[0] for text in listener.records(USER))
    child.stop()
    print(host.status()[5], len([text for text in heard if text.startswith("message ")]))

    step("a container that excludes")
    def exclude():
        client, own = Audit(), Audit(1)
        client.set(ENABLED, 1)
        print(client.ask(ADD_RULE, rule(5, (12, USER)))[0], client.say("hidden"), len(own.records(USER)))
    child = Child(exclude)
    contid(child.pid, 6)
    child.go().stop()
    print(len(listener.records(USER)))


def daemons(host):
    step("two listeners")
    first, second = Audit(1), Audit(1)
    first.records()
    host.say("to both")
    heard = first.records()
    print(len(heard), heard == second.records())
    step("one daemon")
    daemon = Audit()
    print(daemon.register(), Audit().register(), host.register(1))
    def others():
        own = Audit()
        print(own.register(), own.register(0))
    child = Child(others).go()
    child.stop()
    print(daemon.register(0), host.status()[2])
    step("a daemon that is gone")
    print(daemon.register())
    daemon.sock.close()
    daemon = Audit()
    print(daemon.register(), host.status()[2] == os.getpid(), daemon.register(0))
    child = Child(lambda: print(Audit().register())).go()
    child = Child(lambda: kept.append(Audit()) or print(kept[0].register())).go()
    print(host.status()[2] == child.pid)
    os.kill(child.pid, signal.SIGKILL)
    child.stop()
    host.say("nobody takes it")
    print(host.status()[2])


kept = []


def limits(host):
    step("a burst")
    began = time.monotonic()
    host.set(RATE, 0, 0, 0, 10)
    for _ in range(100):
        host.say()
    # Nine pass, then the tenth begins another period; each second that it takes lets ten more pass.
    most = 100 - (9 + 10)
    print(most - 10 * int(time.monotonic() - began) <= host.status()[5] <= most)
    host.set(RATE, 0, 0, 0, 0)


def lock(host, listener):
    step("locked")
    print(host.set(ENABLED, 2))
    listener.records()
    print(host.set(ENABLED, 0), host.set(FAILURE, 0, 0), host.set(RATE, 0, 0, 0, 5), host.set(BACKLOG, 0, 0, 0, 0, 5),
          host.ask(ADD_RULE, rule(4, (1, 5)))[0], host.ask(TRIM)[0])
    print(*sorted({text.rsplit(" ", 1)[-1] for text in listener.records(CONFIG_CHANGE)}))
    print(host.say(), host.ask(LIST_RULES)[0])


def main():
    host, listener = Audit(), Audit(1)
    host.set(ENABLED, 1)
    ids()
    inheritance()
    instances(host, listener)
    daemons(host)
    limits(host)
    lock(host, listener)


main()
