"""The label of a file while what it follows from changes between two looks. One JSON object per line: {"step": ..., "value": ...}."""
import errno, json, os, sys, time

DIRECTORY, POLICY = sys.argv[1:3]
SELINUX = "/sys/fs/selinux/"
NAME = "security.selinux"
FILE = os.path.join(DIRECTORY, "f")


def say(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


def write(path, data):
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, data if isinstance(data, bytes) else data.encode())
    finally:
        os.close(fd)


def read(path=FILE):
    try:
        return os.getxattr(path, NAME).decode().rstrip("\0").split(":")[2]
    except OSError as error:
        return errno.errorcode[error.errno]


def warm():
    """It is remembered now, if ever: the first look leaves a record in the log."""
    return {read() for _ in range(4)}.pop()


def label(value, path=FILE):
    os.setxattr(path, NAME, f"u:object_r:{value}\0".encode())


def in_child(act):
    if os.fork() == 0:
        try:
            act()
        finally:
            os._exit(0)
    os.wait()


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


open(FILE, "w").close()
warm()
write(SELINUX + "load", open(POLICY, "rb").read())
say("policy loaded", warm())
label("dir_t")
say("labelled", warm())
in_child(lambda: label("asked_t"))
say("labelled by a child", warm())
label("dir_t")
warm()
other = os.path.join(DIRECTORY, "g")
open(other, "w").close()
label("special_t", other)
os.rename(other, FILE)
say("another file by that name", warm())
open(os.path.join(DIRECTORY, "warm"), "w").close()
until(lambda: os.path.exists(os.path.join(DIRECTORY, "relabelled")))
say("relabelled from outside", warm())
os.unlink(FILE)
open(FILE, "w").close()
say("a new file", warm())
write("/proc/thread-self/attr/current", "u:r:other_t")
say("in another domain", warm())
write(SELINUX + "enforce", "1")
say("enforcing", read())
