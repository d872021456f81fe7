"""
COUNT: after a line from standard input, closes so many sockets that linger while the supervisor may have copies of them.
"""
import os, random, signal, socket, struct, sys, threading, time

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
server.bind(("127.0.0.1", 0))
server.listen()
pairs = []
for _ in range(int(sys.argv[1])):
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20_000)
    end.connect(server.getsockname())
    pairs.append((end, server.accept()[0]))
    end.setblocking(False)
    try:
        while True:
            end.send(bytes(65536))
    except BlockingIOError:
        pass
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3600))
print("made", flush=True)
sys.stdin.readline()


def asks():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    while True:
        try:
            end.getpeername()
        except OSError:
            pass  # it is closed


threading.Thread(target=asks, daemon=True).start()
signal.signal(signal.SIGALRM, lambda *_: None)  # ends its own waits
for end, _ in pairs:
    time.sleep(random.random() / 200)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    os.close(end.detach())
    signal.setitimer(signal.ITIMER_REAL, 0)
print("calling", flush=True)
signal.pause()
