"""What IMA is given that is wrong: one JSON line for each step. Arguments: a folder of one's own, names of functions here."""
import errno
import hashlib
import json
import os
import subprocess
import sys
import threading

IMA = "/sys/kernel/security/ima"
POLICY = IMA + "/policy"
LISTS = ["ascii_runtime_measurements", "binary_runtime_measurements"]
folder = sys.argv[1]
os.chdir(folder)


def attempt(act, *args):
    try:
        return act(*args)
    except OSError as error:
        return errno.errorcode[error.errno]


def load(*texts):
    """Results of the writes, each by one call, of a session."""
    fd = os.open(POLICY, os.O_WRONLY)
    try:
        return [attempt(os.write, fd, text if isinstance(text, bytes) else text.encode()) for text in texts]
    finally:
        os.close(fd)


def rules():
    with open(POLICY) as file:
        return file.read().count("\n")


def tell(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


MALFORMED = [
    "nothing", "measure measure", "measure audit", "measure func=", "measure func=NOPE", "measure func=FILE_CHECK func=FILE_CHECK",
    "measure mask=", "measure mask=MAY_FLY", "measure mask=^", "measure mask=MAY_READ|MAY_WRITE", "measure fsmagic=xyz", "measure fsmagic=1 fsmagic=1",
    "measure fsuuid=1234", "measure uid=-1", "measure uid=x", "measure uid=4294967295", "measure uid=4294967296", "measure uid=1 euid=1",
    "measure uid=1 uid=1", "measure gid=1 egid=1", "measure fowner=", "measure fowner=1 fowner=1", "measure fgroup=0x", "measure pcr=64", "measure pcr=-1",
    "measure pcr=x", "audit pcr=1", "measure template=nope", "template=ima-ng measure", "measure template=ima-ng template=ima-ng", "audit template=ima-ng",
    "measure keyrings=.ima", "measure func=KEY_CHECK keyrings=", "measure func=KEY_CHECK keyrings=a||b", "measure func=KEY_CHECK mask=MAY_READ",
    "appraise func=KEY_CHECK", "measure label=selinux", "measure func=CRITICAL_DATA label=", "measure func=KEXEC_CMDLINE mask=MAY_READ",
    "appraise func=KEXEC_CMDLINE", "measure appraise_type=imasig", "appraise appraise_type=nope", "appraise appraise_type=sigv3",
    "appraise digest_type=verity", "appraise appraise_type=imasig digest_type=verity", "appraise digest_type=nope", "measure appraise_algos=sha256",
    "appraise appraise_algos=", "appraise appraise_algos=nope", "appraise appraise_algos=sha256 appraise_algos=sha256", "measure func=SETXATTR_CHECK",
    "appraise func=SETXATTR_CHECK", "appraise func=SETXATTR_CHECK appraise_algos=sha256 uid=0", "measure obj_type=nobody_has_this_t",
    "\xff", "=", "measure =",
]


def malformed():
    before = rules()
    tell("malformed", [[rule, taken] for rule in MALFORMED for taken in load(rule + "\n") if taken != "EINVAL"])
    tell("sessions", len(MALFORMED))
    tell("a good line after a bad one", [load("nothing\n", "dont_hash\n"), rules() - before])
    tell("what follows a NUL", [load("dont_hash\0nothing\n"), rules() - before])


def long():
    before = rules()
    tell("a rule that is cut", load("dont_hash fsname=" + "a" * 5000 + "\n"))
    tell("what is left of it", load("dont_hash fsname=" + "a" * 5000 + "\n", "a" * 900 + "\n"))
    tell("nothing of it", rules() - before)
    with open("long", "w") as file:
        file.write("dont_hash fsname=" + "a" * 9000 + "\n")
    tell("in a file", [load(folder + "/long\n") == [len(folder) + 6], rules() - before])


def paths():
    before = rules()
    os.mkdir("directory")
    os.mkfifo("fifo")
    os.symlink("loop", "loop")
    open("empty", "w").close()
    writer = open("written", "w")
    writer.write("dont_hash\n")
    writer.flush()
    with open("bad", "w") as file:
        file.write("dont_hash\nnothing\n")
    with open("unended", "w") as file:
        file.write("dont_hash")
    said = {}
    for name in ["directory", "fifo", "loop", "empty", "bad", "unended", "written", "missing", "bad/below", "n" * 256]:
        said[name[:9]] = load(f"{folder}/{name}\n")[0]
    for path in ["/", "/dev/zero", "/proc/self/mem", "/" + "x/" * 2100]:
        said[path[:14]] = load(path + "\n")[0]
    tell("paths", said)
    tell("no rule of them", rules() - before)


def opens():
    before = rules()
    writer = os.open(POLICY, os.O_WRONLY)
    others = [attempt(os.open, POLICY, flags) for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_TRUNC)]
    tell("beside a writer", [*others, rules() - before])
    tell("elsewhere than at 0", [attempt(os.pwrite, writer, b"dont_hash\n", at) for at in (1, 10, 4096, 2**62)])
    os.lseek(writer, 5, os.SEEK_SET)
    tell("after lseek", [attempt(os.write, writer, b"dont_hash\n"), attempt(os.lseek, writer, -1, os.SEEK_SET)])
    os.lseek(writer, 0, os.SEEK_SET)
    tell("at 0 again", attempt(os.write, writer, b"dont_hash\n"))
    tell("read by the writer", attempt(os.read, writer, 1))
    os.close(writer)
    tell("of a spoilt session", rules() - before)
    tell("the next one", [load("dont_hash fowner=99\n"), rules() - before])


def lists():
    """Read in parts. A sequence file may return less than was asked for."""
    begins = lambda part, rest: rest.startswith(part) and (part == b"") == (rest == b"")
    wrong = []
    for name in LISTS:
        with open(f"{IMA}/{name}", "rb") as file:
            whole = file.read()
        for size in (1, 3, 7, 61, 4095, 4096, 4097, 65537):
            fd = os.open(f"{IMA}/{name}", os.O_RDONLY)
            parts = iter(lambda: os.read(fd, size), b"")
            if b"".join(parts) != whole:
                wrong.append([name, size])
            for at in (0, 1, size, len(whole) - 1, len(whole), len(whole) + 1, size // 2, 2**40):
                if not begins(os.pread(fd, size, at), whole[at:at + size]):
                    wrong.append([name, size, at])
            os.lseek(fd, size, os.SEEK_SET)
            if not begins(os.read(fd, 5), whole[size:size + 5]):
                wrong.append([name, size, "lseek"])
            os.close(fd)
    tell("sizes and offsets", wrong)
    fds = [os.open(f"{IMA}/{name}", os.O_WRONLY) for name in [*LISTS, "violations", "runtime_measurements_count"]]
    tell("written to", [attempt(os.write, fd, b"1\n") for fd in fds])


def changing():
    """A file that is cut, grows, is replaced and removed while others have it hashed."""
    with open(POLICY, "w") as file:
        file.write("measure func=FILE_CHECK mask=MAY_READ fowner=2000004771\n")
    size = 4000000

    def fill(name):
        with open(name, "wb") as made:
            made.truncate(size)
        os.chown(name, 2000004771, 0)

    fill("changing")
    stop = threading.Event()

    def change():
        at = 0
        while not stop.is_set():
            at += 7919
            os.truncate("changing", at % size)
            if at % 3 == 0:
                fill("new")
                os.rename("new", "changing")

    thread = threading.Thread(target=change)
    thread.start()
    opened = {attempt(lambda: os.close(os.open("changing", os.O_RDONLY))) for _ in range(40)}
    stop.set()
    thread.join()
    fd = os.open("changing", os.O_RDONLY)
    os.unlink("changing")
    gone = attempt(os.open, f"/proc/self/fd/{fd}", os.O_RDONLY)
    tell("changing", [list(opened), isinstance(gone, int)])
    with open("still", "w") as file:
        file.write("still")
    os.chown("still", 2000004771, 0)
    os.close(os.open("still", os.O_RDONLY))
    with open(IMA + "/ascii_runtime_measurements") as file:
        tell("the next file", file.read().splitlines()[-1].split(" ")[3] == "sha256:" + hashlib.sha256(b"still").hexdigest())


def full():
    """A tmpfs without room for attributes, which count as its inodes do (Linux 6.6)."""
    os.mkdir("full")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "nr_inodes=4", "none", "full"], check=True)
    open("full/file", "w").close()
    put = lambda size: attempt(os.setxattr, "full/file", "security.ima", b"\x04\x04" + bytes(size))
    tell("full", [put(1), put(60000), len(os.getxattr("full/file", "security.ima"))])
    os.chown("full/file", 2000004771, 2000004771)
    os.chmod(".", 0o755)
    os.chmod("full", 0o755)
    within = ["setpriv", "--reuid=2000004771", "--regid=2000004771", "--clear-groups", "unshare", "-Ur"]
    inside = "import os; sys = __import__('sys'); os.setxattr('full/file', 'security.ima', b'\\4\\4' + bytes(int(sys.argv[1])))"
    run = lambda size: subprocess.run([*within, "/usr/bin/python3", "-c", inside, str(size)], capture_output=True, text=True, check=False)
    tell("full, in a container", [run(1).stderr, run(60000).stderr.strip().split("] ")[-1], os.listxattr("full/file")])
    subprocess.run(["umount", "full"], check=True)


def values():
    """Attributes as setxattr(2) takes them."""
    put = lambda size: attempt(os.setxattr, "file", "security.ima", (b"\x04\x04" + bytes(size))[:size])
    first = lambda byte: attempt(os.setxattr, "file", "security.ima", bytes([byte, 4, 1]))
    tell("types", [first(byte) for byte in (0, 1, 2, 3, 4, 5, 6, 7, 255)])
    tell("sizes", [put(size) for size in (0, 1, 2, 34, 65536, 65537)])
    os.removexattr("file", "security.ima")
    tell("evm", [attempt(os.setxattr, "file", "security.evm", value) for value in (b"", b"\x02" + b"\0" * 20, b"\x04\x04", b"\x03")])


for wanted in sys.argv[2:]:
    globals()[wanted]()
