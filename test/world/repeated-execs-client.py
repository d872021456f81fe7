"""Executes programs that were executed before, after something was changed that their labels follow from.

argv: a directory on a tmpfs, a policy. Prints JSON lines.
"""
import json
import os
import signal
import subprocess
import sys
import time

directory, policy = sys.argv[1:3]
SELINUX = "/sys/fs/selinux/"


def say(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def run(program, *more):
    """The same by both of its names, which are remembered apart: both answers where they differ."""
    seen = {executed(program, *more), executed(os.path.abspath(program), *more)}
    return seen.pop() if len(seen) == 1 else sorted(seen)


def executed(program, *more):
    """The type that the program runs with, or why it does not."""
    try:
        text = subprocess.run([*more, program, "/proc/self/attr/current"], stdout=subprocess.PIPE).stdout
    except PermissionError:
        return "EACCES"
    return text.decode().rstrip("\0").split(":")[-1]


def known(program, *more):
    """The same of a program whose answer is remembered, where it may be."""
    for _ in range(2):
        run(program, *more)
    return run(program, *more)


def mark(name, label):
    os.setxattr(name, "security.selinux", f"u:object_r:{label}\0".encode())


def made(name, label, source="/bin/cat"):
    subprocess.run(["cp", source, name], check=True)
    mark(name, label)


THREAD = "import os, sys, threading; threading.Thread(target=os.execv, args=(sys.argv[1], sys.argv[1:])).start()"


def lookups():
    with open(SELINUX + "avc/cache_stats") as file:
        return sum(int(line.split()[0]) for line in file.readlines()[1:])


def asked(program, count):
    """How often the modules are asked more than for one execution."""
    differences = []
    for times in (1, count):
        before = lookups()
        for _ in range(times):
            run(program)
        differences.append(lookups() - before)
    return differences[1] - differences[0]


def until(condition):
    while not condition():
        time.sleep(0.01)


os.chdir(directory)
if len(sys.argv) > 3:  # In the other domain, beside the one that has the program remembered.
    say("other domain", [known("./plain"), known("./secret")])
    write("inside", "")
    until(lambda: os.path.exists("done"))
    say("other domain, again", [run("./plain"), run("./secret")])
    sys.exit()

write(SELINUX + "enforce", "1")
with open(policy, "rb") as file, open(SELINUX + "load", "wb", buffering=0) as load:
    load.write(file.read())
made("plain", "tmpfs_t")
say("plain", known("./plain"))
decisions = asked("./plain", 20)
say("decisions about plain", decisions)
made("logged", "logged_t")
known("./logged")
say("decisions about logged", asked("./logged", 20) >= 19)
mark("plain", "door_t")
say("relabelled", known("./plain"))
mark("plain", "tmpfs_t")
say("relabelled again", known("./plain"))
write("warm", "")
until(lambda: os.path.exists("relabelled"))
say("relabelled from outside", run("./plain"))
mark("plain", "tmpfs_t")
known("./plain")
made("next", "door_t")
os.rename("next", "plain")
say("another file of that name", run("./plain"))
made("plain", "tmpfs_t")

made("gated", "gated_t")
say("gated", known("./gated"))
write(SELINUX + "booleans/gate", "0")
write(SELINUX + "commit_pending_bools", "1")
say("gate closed", run("./gated"))
write(SELINUX + "enforce", "0")
say("permissive", known("./gated"))
write(SELINUX + "enforce", "1")
say("enforcing", run("./gated"))

known("./plain")
write("/proc/self/attr/exec", "u:r:other_t")
say("label for the next program", run("./plain"))
write("/proc/self/attr/exec", "\n")
say("that is taken back", known("./plain"))
say("by another program", known("./plain", "/usr/bin/env"))

made("secret", "secret_t")
made("door", "door_t")
made("interpreter", "door_t", os.path.realpath(sys.executable))
say("secret", known("./secret"))
other = subprocess.Popen(["./interpreter", __file__, directory, policy, "other"])
until(lambda: os.path.exists("inside"))
say("secret, beside the other domain", known("./secret"))
write("done", "")
other.wait()
say("secret, after it", known("./secret"))



def failing():
    """A process whose execve(2) of a program with another label has failed, and which makes no call that is notified any more."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.execv("broken", ["broken"])
        except OSError:
            os.write(there, b"failed")
            while True:
                signal.pause()
    os.read(here, 6)
    return child


write("broken", "#!/nowhere\n")
os.chmod("broken", 0o755)
mark("broken", "door_t")
child = failing()
say("beside one that has failed", decisions > 0 or any(asked("./plain", 20) == 0 for _ in range(100)))
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)

write("script", f"#!{directory}/plain\n")
os.chmod("script", 0o755)


def interpreted():
    try:
        subprocess.run(["./script"], stdout=subprocess.DEVNULL)
    except PermissionError:
        return "EACCES"
    return "runs"


say("by a thread that is not the leader", known("./door", sys.executable, "-c", THREAD))

say("script", [interpreted() for _ in range(3)][-1])
made("gated", "gated_t")
write("script", f"#!{directory}/gated\n")
say("another interpreter", interpreted())
write("script", f"#!{directory}/plain\n")
say("the first again", interpreted())
mark("plain", "gated_t")
say("interpreter relabelled", interpreted())
