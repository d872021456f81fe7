"""A query daemon of TOMOYO and its callers, in a world. Prints JSON lines of steps."""
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

POLICY = "/sys/kernel/security/tomoyo/"
SHELL = sys.argv[1]
TRIGGER = sys.argv[2]
PYTHON = os.path.realpath(sys.executable)
DOMAIN = "<kernel> " + SHELL
LIMIT = 60
SCRIPT = "none"


def step(name, value):
    print(json.dumps({"step": name, "value": value}), flush=True)


def write(name, *lines):
    with open(POLICY + name, "w") as node:
        node.write("".join(line + "\n" for line in lines))


def until(what):
    end = time.monotonic() + LIMIT
    while not what():
        os.write(query, b"\n")  # all that wait have ten seconds from now
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


def questions(fd):
    """Serial numbers, retries and rules of all that wait."""
    found = []
    while text := os.read(fd, 65536):
        head, _, domain, rule, _ = text.decode().split("\n", 4)
        serial, retry = head[1:].split("-")
        found.append((int(serial), int(retry), domain, rule))
    return found


def next_question(fd):
    """Waits by poll(2) for one."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    assert poll.poll(LIMIT * 1000), "nobody asks"
    found = questions(fd)
    assert len(found) == 1, found
    return found[0]


def asking(text, **more):
    """A shell whose programs are asked about. Its exit status: 126 = refused."""
    return subprocess.Popen([SHELL, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **more)


def ended(process):
    return process.communicate(timeout=LIMIT)[0].strip(), process.returncode


def answered(fd, *answers, text="/usr/bin/printf ran"):
    process = asking(text)
    seen = []
    for answer in answers:
        serial, retry, domain, rule = next_question(fd)
        seen.append([retry, *(text.replace(SHELL, "SHELL").replace(SCRIPT, "SCRIPT") for text in (domain, rule))])
        os.write(fd, ("A%u=%u\n" % (serial, answer)).encode())
    return seen, ended(process)


write("profile", "0-CONFIG={ mode=disabled }", "1-CONFIG={ mode=enforcing }")
write("manager", PYTHON)
write("exception_policy", "initialize_domain %s from any" % SHELL)
write("domain_policy", DOMAIN, "use_profile 1")
subprocess.run([TRIGGER], check=True)

step("nobody there", ended(asking("/usr/bin/printf ran")))
query = os.open(POLICY + "query", os.O_RDWR)
step("allowed", answered(query, 1))
step("denied", answered(query, 2, text="/usr/bin/tr a b"))
if sys.argv[3:] == ["measured"]:
    with open("/sys/kernel/security/ima/ascii_runtime_measurements") as node:
        programs = [line.split()[-1] for line in node]
    step("measured", [programs.count("/usr/bin/" + name) for name in ("printf", "tr")])
    sys.exit()
step("retried", answered(query, 3, 1))
with tempfile.TemporaryDirectory() as directory:
    SCRIPT = directory + "/script"
    with open(SCRIPT, "w") as file:
        file.write("#!%s\necho of a script" % SHELL)
    os.chmod(SCRIPT, 0o755)
    step("script", answered(query, 1, 1, text=SCRIPT))

# A rule that is written before the answer counts when it is judged anew.
process = asking("/usr/bin/printf ran")
serial = next_question(query)[0]
write("domain_policy", DOMAIN, "file execute /usr/bin/printf")
os.write(query, b"A%u=3\n" % serial)
step("learned", ended(process))
write("domain_policy", DOMAIN, "delete file execute /usr/bin/printf")

# An answer to a question that is gone changes nothing.
process = asking("exec /usr/bin/printf ran")
serial = next_question(query)[0]
process.kill()
ended(process)
until(lambda: not questions(query))
step("gone", os.write(query, b"A%u=1\n" % serial))

# A signal ends the wait; the handler runs, and the program goes on without the other one.
write("domain_policy", DOMAIN, "file execute " + PYTHON)
handling = """
import os, signal
caught = []
signal.signal(signal.SIGUSR1, lambda *_: caught.append("caught"))
try:
    os.execv("/usr/bin/printf", ["printf"])
except PermissionError:
    while not caught:
        pass
    print(caught[0])
"""
process = subprocess.Popen(
    [SHELL, "-c", 'exec "$0" -c "$1"', PYTHON, handling], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
)
next_question(query)
process.send_signal(signal.SIGUSR1)
step("signal", ended(process))

# A thread waits, the others go on; what is executed is in its domain.
threads = """
import ctypes, sys, threading
def run(): # os.execv() would keep the others waiting by itself
    argv = (ctypes.c_char_p * 3)(b"cat", b"/sys/kernel/security/tomoyo/self_domain", None)
    ctypes.CDLL(None).execv(b"/usr/bin/cat", argv)
threading.Thread(target=run, daemon=True).start()
sys.stdin.readline()
for _ in range(50):
    open("/etc/passwd").close()
print("goes on", flush=True)
sys.stdin.readline()
"""
process = subprocess.Popen(
    [SHELL, "-c", 'exec "$0" -c "$1"', PYTHON, threads], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
)
serial = next_question(query)[0]
process.stdin.write("\n")
process.stdin.flush()
line = process.stdout.readline().strip()
os.write(query, b"A%u=1\n" % serial)
step("threads", [line, process.stdout.read().replace(SHELL, "SHELL").replace(PYTHON, "PYTHON"), process.wait(LIMIT)])

# A daemon that never answers: a user's calls wait, up to their number; others go on meanwhile.
def become_user():
    os.setgid(2000001000)
    os.setuid(2000001000)


waiting = [asking("exec /usr/bin/printf ran", preexec_fn=become_user) for _ in range(70)]
until(lambda: sum(process.poll() is not None for process in waiting) + len(questions(query)) == 70)
refused = [process for process in waiting if process.poll() is not None]
step("refused at once", [len(refused), sorted({process.returncode for process in refused})])
others = [os.write(query, b"\n") - 1 + subprocess.run(["/usr/bin/true"]).returncode for _ in range(50)]
step("others", [sum(others), len(questions(query))])
other = asking("/usr/bin/printf ran")
until(lambda: len(questions(query)) == 65)
os.write(query, b"A%u=1\n" % questions(query)[-1][0])
step("another is answered", ended(other))
os.close(query)
step("nobody left", sorted({ended(process)[1] for process in waiting}))
