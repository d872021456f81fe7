"""
Loads the policy argv[1] fifty times while four processes look up names below booleans and class. Prints what they could not find. Listings are
not compared: from open(2) of a directory to getdents(2) a kernel removes what is in it now and then.
"""
import errno
import mmap
import os
import sys

ROOT = "/sys/fs/selinux"
LOADS = 50
LOOKERS = 4


def load(policy):
    fd = os.open(f"{ROOT}/load", os.O_RDWR)
    os.write(fd, policy)
    os.close(fd)


def look(path):
    for call in (os.stat, lambda name: os.close(os.open(name, os.O_RDONLY)), lambda name: os.getxattr(name, "security.selinux")):
        try:
            call(path)
        except OSError as error:
            print(path, errno.errorcode[error.errno], flush=True)


with open(sys.argv[1], "rb") as file:
    policy = file.read()
load(policy)
boolean = os.listdir(f"{ROOT}/booleans")[0]
name = os.listdir(f"{ROOT}/class")[0]
below = ("booleans", f"booleans/{boolean}", "class", f"class/{name}", f"class/{name}/index", f"class/{name}/perms")
over = mmap.mmap(-1, 1)
lookers = []
for _ in range(LOOKERS):
    child = os.fork()
    if child == 0:
        while not over[0]:
            for path in below:
                look(f"{ROOT}/{path}")
        os._exit(0)
    lookers.append(child)
for _ in range(LOADS):
    load(policy)
over[0] = 1
for child in lookers:
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
