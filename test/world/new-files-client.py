"""Labels of new files while what they follow from changes between two of them."""
import ctypes, json, os, shutil, struct, sys

from labelling_client import SELINUX, label, say, type_of, when_relabelled, write

DIRECTORY, POLICY, RELOADED = sys.argv[1:4]
libc = ctypes.CDLL(None, use_errno=True)
serial = 0


def attribute(name, value):
    write(f"/proc/thread-self/attr/{name}", value)


def make(name=None, directory=DIRECTORY):
    """The type of a new file."""
    global serial
    serial += 1
    path = os.path.join(directory, name or f"f{serial}")
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        return type_of(path)
    finally:
        os.unlink(path)


def warm(directory=DIRECTORY):
    return {make(directory=directory) for _ in range(3)}.pop()


def in_child(act, tid=0):
    """What `act` returns in a child, with this process number if one is given."""
    receive, send = os.pipe()
    wanted = (ctypes.c_int * 1)(tid)
    # struct clone_args: 11 u64; exit_signal is the fifth, set_tid and set_tid_size the ninth and the tenth.
    args = struct.pack("11Q", 0, 0, 0, 0, 17, 0, 0, 0, ctypes.addressof(wanted) if tid else 0, 1 if tid else 0, 0)
    pid = libc.syscall(435, args, len(args))
    if pid < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if pid == 0:
        try:
            os.write(send, json.dumps(act()).encode())
        finally:
            os._exit(0)
    os.close(send)
    value = json.loads(os.read(receive, 4096))
    os.close(receive)
    os.waitpid(pid, 0)
    return pid, value


def changes():
    write(SELINUX + "load", open(POLICY, "rb").read())
    say("not labelled", warm())
    other = os.path.join(DIRECTORY, "other")
    os.mkdir(other)
    label(other, "dir_t")
    descriptor = os.open(other, os.O_RDONLY | os.O_DIRECTORY)
    say("in another directory, by its descriptor", make(directory=f"/dev/fd/{descriptor}"))
    os.close(descriptor)
    os.rmdir(other)
    say("not labelled, again", make())

    label(DIRECTORY, "dir_t")
    say("directory labelled", make())
    warm()
    say("name of a rule", make("special"))
    say("another name", make())

    attribute("fscreate", "u:object_r:asked_t")
    say("fscreate", make())
    warm()
    attribute("fscreate", b"")
    say("fscreate taken back", make())

    warm()
    write(SELINUX + "booleans/flag", "1")
    say("boolean that is pending", make())
    write(SELINUX + "commit_pending_bools", "1")
    say("boolean", make())
    write(SELINUX + "booleans/flag", "0")
    write(SELINUX + "commit_pending_bools", "1")
    say("boolean taken back", make())

    warm()
    attribute("current", "u:r:other_t")
    say("another domain", make())
    warm()
    attribute("current", "u:r:maker_t")
    say("the former domain", make())

    warm()
    say("child with another label", in_child(lambda: (attribute("current", "u:r:other_t"), make())[1])[1])
    say("the parent of it", make())

    tid, value = in_child(warm)
    say("child", value)
    attribute("current", "u:r:other_t")
    say("another child with its number", in_child(make, tid)[1])
    attribute("current", "u:r:maker_t")

    inside = os.path.join(DIRECTORY, "inside")
    os.mkdir(inside)
    label(inside, "dir_t")
    say("in a directory", warm(inside))
    shutil.rmtree(inside)
    os.mkdir(inside)
    say("in another by that name", make(directory=inside))
    label(inside, "asked_t")
    warm(inside)
    os.rename(inside, inside + "2")
    os.symlink(DIRECTORY, inside)
    say("in what a symbolic link has in its place", make(directory=inside))
    os.unlink(inside)
    shutil.rmtree(inside + "2")

    warm()
    when_relabelled(DIRECTORY)
    say("directory relabelled from outside", make())
    label(DIRECTORY, "dir_t")

    warm()
    write(SELINUX + "load", open(RELOADED, "rb").read())
    say("policy reloaded", make())

    warm()
    attribute("exec", "u:r:other_t")
    os.execv(sys.executable, [sys.executable, *sys.argv, "executed"])


if sys.argv[-1] == "executed":
    say("after execve", make())
    say("a name again", make("special"))
else:
    changes()
