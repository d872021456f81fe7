"""The label of a file while what it follows from changes between two looks."""
import errno, os, sys

from labelling_client import SELINUX, label, say, type_of, when_relabelled, write

DIRECTORY, POLICY = sys.argv[1:3]
FILE = os.path.join(DIRECTORY, "f")


def read():
    try:
        return type_of(FILE)
    except OSError as error:
        return errno.errorcode[error.errno]


def warm():
    """It is remembered now, if ever: the first look leaves a record in the log."""
    return {read() for _ in range(4)}.pop()


def in_child(act):
    if os.fork() == 0:
        try:
            act()
        finally:
            os._exit(0)
    os.wait()


open(FILE, "w").close()
warm()
write(SELINUX + "load", open(POLICY, "rb").read())
say("policy loaded", warm())
label(FILE, "dir_t")
say("labelled", warm())
in_child(lambda: label(FILE, "asked_t"))
say("labelled by a child", warm())
label(FILE, "dir_t")
warm()
other = os.path.join(DIRECTORY, "g")
open(other, "w").close()
label(other, "special_t")
os.rename(other, FILE)
say("another file by that name", warm())
when_relabelled(DIRECTORY)
say("relabelled from outside", warm())
os.unlink(FILE)
open(FILE, "w").close()
say("a new file", warm())
write("/proc/thread-self/attr/current", "u:r:other_t")
say("in another domain", warm())
write(SELINUX + "enforce", "1")
say("enforcing", read())
