"""SO_PEERSEC of sockets whose makers change their labels, and of sockets that have no peer. One case per run, named by the argument."""
import os, socket, sys

CONTEXT = "system_u:system_r:{}:s0"


def write(name, domain):
    fd = os.open("/proc/thread-self/attr/" + name, os.O_WRONLY)
    os.write(fd, CONTEXT.format(domain).encode() if domain else b"\n")
    os.close(fd)


def peer(sock):
    try:
        return sock.getsockopt(socket.SOL_SOCKET, 31, 255).decode()
    except OSError as error:
        return os.strerror(error.errno)


# What would be closed at the end of a case.
kept = []


def listener(family=socket.AF_UNIX):
    server = socket.socket(family)
    server.bind("\0peers" if family == socket.AF_UNIX else ("127.0.0.1", 0))
    server.listen()
    return server


def connected(server, client):
    client.connect(server.getsockname())
    return server.accept()[0]


def pair():
    one, other = socket.socketpair()
    write("current", "sshd_t")
    return one, other


def seqpacket():
    write("current", "sshd_t")
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def sockcreate():
    write("sockcreate", "crond_t")
    one, other = socket.socketpair()
    write("sockcreate", None)
    return one, other, *socket.socketpair()


def sockcreate_kept():
    write("sockcreate", "crond_t")
    return socket.socketpair()


def client_changed_after():
    client = socket.socket(socket.AF_UNIX)
    accepted = connected(listener(), client)
    write("current", "sshd_t")
    return (accepted,)


def client_changed_before_accept(keep=kept.append):
    server, client = listener(), socket.socket(socket.AF_UNIX)
    keep(client)
    client.connect(server.getsockname())
    write("current", "sshd_t")
    return (server.accept()[0],)


def client_changed_before_connect(keep=kept.append):
    client = socket.socket(socket.AF_UNIX)
    keep(client)
    write("current", "sshd_t")
    return (connected(listener(), client),)


def gone_before_accept():
    return client_changed_before_accept(lambda _client: None)


def gone_after_late_connect():
    return client_changed_before_connect(lambda _client: None)


def client_gone():
    server, client = listener(), socket.socket(socket.AF_UNIX)
    accepted = connected(server, client)
    write("current", "sshd_t")
    client.close()
    return (accepted,)


def server_changed_after():
    client = socket.socket(socket.AF_UNIX)
    accepted = connected(listener(), client)
    write("current", "sshd_t")
    return client, accepted


def server_changed_before():
    server, client = listener(), socket.socket(socket.AF_UNIX)
    write("current", "sshd_t")
    accepted = connected(server, client)
    return (client,)


def without_peer():
    unix = [socket.socket(socket.AF_UNIX, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM)]
    return *unix, listener(), socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0]


def network():
    os.system("ip link set lo up 2>/dev/null")
    server, client = listener(socket.AF_INET), socket.socket()
    accepted = connected(server, client)
    return socket.socket(), server, client, accepted, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def others():
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0),


for sock in globals()[sys.argv[1]]():
    print(peer(sock).replace("\0", "\\0"))
