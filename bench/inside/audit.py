"""What a flood in one of many audit containers costs the host, measured inside a world: one line `name<TAB>value` each, times in microseconds."""
import os, signal, socket, struct, sys, time

from operations import median

NETLINK_AUDIT = 9
ERROR, GET, SET, USER, USER_LOGIN, CONFIG_CHANGE = 2, 1000, 1001, 1005, 1112, 1305
REQUEST, ACK = 1, 4
ENABLED, PID, RATE_LIMIT = 1, 4, 8
END = b"the bench has ended"


def audit():
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)


def send(sock, kind, body=b"", flags=REQUEST):
    sock.sendto(struct.pack("<IHHII", 16 + len(body), kind, flags, 1, 0) + body, (0, 0))


def receive(sock, kind):
    while True:
        message = sock.recv(9000)
        if struct.unpack_from("<H", message, 4)[0] == kind:
            return message[16:]


def become_daemon(sock):
    send(sock, SET, struct.pack("<4I", ENABLED | PID, 1, 0, os.getpid()), REQUEST | ACK)
    if struct.unpack_from("<i", receive(sock, ERROR))[0] != 0:
        sys.exit("no daemon")


def lost():
    with audit() as sock:
        send(sock, GET)
        return struct.unpack_from("<7I", receive(sock, GET))[6]


def child(function):
    """Forks. @returns its process, a function that lets it begin, and the end of a pipe where it writes."""
    begin, begin_there = os.pipe()
    said, said_there = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(begin_there)
        os.read(begin, 1)
        function(lambda text: os.write(said_there, text.encode()))
        os._exit(0)
    return pid, lambda: os.write(begin_there, b"x"), said


def host_daemon(say):
    sock = audit()
    become_daemon(sock)
    say("ready")
    changes = 0
    while True:
        message = sock.recv(9000)
        changes += struct.unpack_from("<H", message, 4)[0] == CONFIG_CHANGE and b"op=set audit_rate_limit=0" in message
        if END in message:
            return say(str(changes))


def instance(say):
    sock = audit()
    become_daemon(sock)
    say("ready")
    signal.pause()


def flooder(say):
    class Enough(Exception):
        pass

    def enough(*_):
        raise Enough

    signal.signal(signal.SIGTERM, enough)
    sock = audit()
    become_daemon(sock)
    say("ready")
    sent = 0
    try:
        while True:
            send(sock, USER_LOGIN, b"x" * 200 + b"\0")
            sent += 1
    except Enough:
        say(f"{sent} {lost()}")


def change():
    """An audited call: the host's rate limit is set to what it is, which is answered and recorded."""
    send(OWN, SET, struct.pack("<6I", RATE_LIMIT, 0, 0, 0, 0, 0), REQUEST | ACK)
    receive(OWN, ERROR)


OWN = audit()


def main(instances, rounds, calls):
    _, begin, daemon = child(host_daemon)
    begin()
    os.read(daemon, 9)
    children = []
    for number in range(1, instances + 1):
        pid, begin, said = child(flooder if number == instances else instance)
        with open(f"/proc/{pid}/audit_containerid", "w") as file:
            file.write(str(number))
        begin()
        os.read(said, 9)
        children.append((pid, said))
    flood, flooded = children[-1]
    made = 0
    for _ in range(rounds):
        for name, which in [("quiet", signal.SIGSTOP), ("flood", signal.SIGCONT)]:
            os.kill(flood, which)
            median(change, calls // 10)
            print(f"{name}\t{median(change, calls)}", flush=True)
            made += calls + calls // 10
    os.kill(flood, signal.SIGTERM)
    sent, lost_there = os.read(flooded, 99).split()
    send(OWN, USER, END + b"\0")
    print(f"missing\t{made - int(os.read(daemon, 99))}\nlost\t{lost()}\nsent\t{int(sent)}\nlost there\t{int(lost_there)}")
    for pid, _ in children:
        os.kill(pid, signal.SIGKILL)


main(*map(int, sys.argv[1:]))
