"""The six environments of the Smack namespace series' tests: no namespace, a user namespace, one with a map of labels; each as root and as
user 2000001000. Usage: FILE, a Python file that defines action(), which runs in each; prints one line: the outcome in each."""
import ctypes, errno, os, sys

MAP = "_ floor\n* *\ninside name_in\nshared name_shared\noutside name_out\n"
CLONE_NEWUSER = 0x10000000
libc = ctypes.CDLL(None, use_errno=True)
names = {}
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), names)


def wait(fd):
    os.read(fd, 1)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def outcome():
    try:
        names["action"]()
        return "ok"
    except OSError as error:
        return errno.errorcode[error.errno]


def environment(space, mapped, uid):
    made, go, said = os.pipe(), os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        write("/proc/self/attr/current", "inside")
        if space and libc.unshare(CLONE_NEWUSER) != 0:
            os._exit(1)
        os.write(made[1], b"x")
        wait(go[0])
        if uid:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        os.write(said[1], outcome().encode())
        os._exit(0)
    wait(made[0])
    if space:
        for name in "uid_map", "gid_map":
            write(f"/proc/{child}/{name}", "0 0 1\n2000001000 2000001000 1")
    if mapped:
        write(f"/proc/{child}/attr/label_map", MAP)
    os.write(go[1], b"x")
    os.waitpid(child, 0)
    return os.read(said[0], 100).decode()


spaces = (False, False), (True, False), (True, True)
print("; ".join("/".join(environment(space, mapped, uid) for uid in (0, 2000001000)) for space, mapped in spaces), flush=True)
