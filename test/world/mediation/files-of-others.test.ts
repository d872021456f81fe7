/** What is known to be allowed about files of a process in /proc is asked about again when that has another label, or is another one. */
import { expect, it } from 'vitest';
import { session } from './file-session.ts';

const PROGRAM = `
import ctypes, errno, os, select, signal, struct
libc = ctypes.CDLL(None, use_errno=True)
CLONE3 = 435
def become(name):
    with open("/proc/self/attr/current", "w") as file: file.write("u:r:%s:s0" % name)
def seen(pid):
    try: os.close(os.open("/proc/%d/status" % pid, os.O_RDONLY)); return "ok"
    except OSError as e: return errno.errorcode[e.errno]
def see(pid): print(*(seen(pid) for _ in range(4)), flush=True)
class Child:
    """Does what it is told, one thing after another, and says so."""
    def __init__(self, *does):
        (order, self.tell), (self.said, say) = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.tell)
            for one in does:
                if os.read(order, 1) == b"": os._exit(0)
                one()
                os.write(say, b"x")
            os.read(order, 1)
            os._exit(0)
        os.close(order); os.close(say)
    def go(self): os.write(self.tell, b"x"); os.read(self.said, 1)
    def end(self): os.kill(self.pid, signal.SIGKILL); os.waitpid(self.pid, 0)
`;

const PREPARE = 'load mediation-proc.33; mkfifo gate; cp /bin/sh prog; label secret_t prog; enforce 1';
const ALLOWED = 'ok ok ok ok';
const REFUSED = 'EACCES EACCES EACCES EACCES';

/** What it prints in a world. */
const run = async (program: string): Promise<string[]> =>
  await session(`${PREPARE}\npython3 -c '${PROGRAM}${program}'`, '--mediate=default');

it('one that changes its label', async () => {
  const lines = await run(`become("web_t")
child = Child(lambda: become("shut_t"))
see(child.pid); child.go(); see(child.pid); child.end()`);
  expect(lines).toEqual([ALLOWED, REFUSED]);
});

it('one that executes a program with another', async () => {
  const lines = await run(`
become("web_t")
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
pid = os.fork()
if pid == 0:
    signal.sigwait([signal.SIGUSR1])
    os.closerange(0, 256) # Pipes have labels of their makers, which are noted.
    os.execv("./prog", ["prog", "-c", "echo x > gate; read x < gate"])
see(pid); os.kill(pid, signal.SIGUSR1); open("gate").read(); see(pid)
os.kill(pid, 9); os.waitpid(pid, 0)`);
  expect(lines).toEqual([ALLOWED, REFUSED]);
});

it('another one with its number', async () => {
  const lines = await run(`
def again():
    number = ctypes.c_int(first.pid)
    arguments = struct.pack("11Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(number), 1, 0)
    if libc.syscall(CLONE3, arguments, len(arguments)) == 0:
        while True: signal.pause()
become("web_t")
first = Child()
second = Child(lambda: become("shut_t"), again)
second.go(); see(first.pid); first.end(); second.go(); see(first.pid)
become("admin_t"); second.end()
last = os.pidfd_open(first.pid); os.kill(first.pid, 9); select.select([last], [], [])`);
  expect(lines).toEqual([ALLOWED, REFUSED]);
});
