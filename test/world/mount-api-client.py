"""fsopen(2) and what follows on selinuxfs, at the directory of argv[1]: each step and what came of it, one JSON object per line."""
import ctypes, errno, json, os, sys

libc = ctypes.CDLL(None, use_errno=True)
PLACE = sys.argv[1].encode()
FSOPEN, FSCONFIG, FSMOUNT, MOVE_MOUNT = 430, 431, 432, 429
FLAG, STRING, BINARY, PATH, PATH_EMPTY, FD, CREATE, RECONFIGURE, EXCLUSIVE = range(9)


def say(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


def tried(function, *args):
    ctypes.set_errno(0)
    result = function(*args)
    return result if result >= 0 else errno.errorcode[ctypes.get_errno()]


def call(*args):
    return tried(libc.syscall, *args)


def fsopen(name=b"selinuxfs", flags=1):
    return call(FSOPEN, name, flags)


def config(fd, command, key=None, value=None, aux=0):
    return call(FSCONFIG, fd, command, key, value, aux)


def message(fd):
    try:
        return os.read(fd, 200).decode()
    except OSError:
        return None


def opening():
    say("flags", fsopen(flags=2))
    say("unknown type", fsopen(b"nosuchfs"))
    say("no name", call(FSOPEN, None, 1))
    say("long name", fsopen(b"x" * 5000))
    say("inherited", [os.get_inheritable(fsopen(flags=flags)) for flags in (0, 1)])


def parameters(fd):
    say("nothing to read", message(fd))
    say("fsmount first", call(FSMOUNT, fd, 1, 0))
    say("flag", config(fd, FLAG, b"ro"))
    say("unknown flag", [config(fd, FLAG, b"nosuch"), message(fd), message(fd)])
    say("flag, value", config(fd, FLAG, b"ro", b"x"))
    say("flag, no key", config(fd, FLAG))
    say("flag as string", config(fd, STRING, b"ro", b"x"))
    say("source", config(fd, STRING, b"source", b"none"))
    say("source again", [config(fd, STRING, b"source", b"x"), message(fd)])
    say("unknown string", [config(fd, STRING, b"size", b"4"), message(fd)])
    say("string, no value", config(fd, STRING, b"source"))
    say("string, aux", config(fd, STRING, b"source", b"a", 1))
    say("long key, long value", [config(fd, STRING, b"k" * 300, b"a"), config(fd, STRING, b"k", b"a" * 300)])
    say("other kinds", [config(fd, BINARY, b"k", b"abc", 3), config(fd, PATH, b"k", b"/", -100), config(fd, FD, b"k")])
    say("messages of these", [message(fd) for _ in range(3)])
    say("label", config(fd, STRING, b"context", b"system_u:object_r:tmp_t:s0"))
    say("reconfigure first", config(fd, RECONFIGURE))
    say("unknown command", config(fd, 77))
    say("create, key", config(fd, CREATE, b"x"))


def mounting(fd):
    say("create", config(fd, CREATE))
    say("create again", config(fd, CREATE))
    say("parameter after create", config(fd, STRING, b"source", b"z"))
    say("fsmount, wrong", [call(FSMOUNT, fd, 2, 0), call(FSMOUNT, fd, 1, 1 << 30), call(FSMOUNT, fd, 1, 0x70)])
    mount = call(FSMOUNT, fd, 1, 0xF)
    say("fsmount again", call(FSMOUNT, fd, 1, 0))
    say("after mount", [config(fd, FLAG, b"ro"), config(fd, CREATE), config(fd, RECONFIGURE)])
    say("move_mount to a file", call(MOVE_MOUNT, mount, b"", -100, b"/etc/passwd", 4))
    say("move_mount to nothing", call(MOVE_MOUNT, mount, b"", -100, b"/nonexistent", 4))
    say("move_mount", call(MOVE_MOUNT, mount, b"", -100, PLACE, 4))
    say("listed", sorted(os.listdir(PLACE))[0].decode())
    lines = [line.split(" ") for line in open("/proc/self/mountinfo")]
    say("options", [fields[5] for fields in lines if fields[4] == PLACE.decode()])
    say("umount, busy", [libc.umount2(PLACE, 0), os.strerror(ctypes.get_errno())])
    os.close(mount)
    say("umount", libc.umount2(PLACE, 0))


def others():
    say("create exclusive", config(fsopen(), EXCLUSIVE))
    say("no such descriptor", [config(999, CREATE), config(-1, CREATE), call(FSMOUNT, 999, 1, 0)])
    say("not a context", [config(1, CREATE), call(FSMOUNT, 1, 1, 0)])
    tmpfs = fsopen(b"tmpfs")
    say("other filesystems", [config(tmpfs, CREATE), call(MOVE_MOUNT, call(FSMOUNT, tmpfs, 1, 0), b"", -100, PLACE, 4)])
    libc.umount2(PLACE, 2)
    nowhere = ctypes.c_void_p(1)
    arguments = [b"none", PLACE, b"selinuxfs", 0, b""]
    for index in (0, 1, 2, 4):
        given = [nowhere if place == index else argument for place, argument in enumerate(arguments)]
        say(f"mount(2), argument {index}", tried(libc.mount, *given))
    say("without the right", os.getuid() == 0 and (os.setresuid(65534, 65534, 65534) or fsopen()))


opening()
context = fsopen()
parameters(context)
mounting(context)
others()
