"""Mounts a sysfs at the directory of argv[1]: each step and what came of it, one JSON object per line."""
import ctypes, errno, json, os, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
PLACE = sys.argv[1]
FSOPEN, FSCONFIG, FSMOUNT, MOVE_MOUNT = 430, 431, 432, 429
MNT_DETACH = 2


def say(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


def tried(function, *args):
    ctypes.set_errno(0)
    result = function(*args)
    return result if result >= 0 else errno.errorcode[ctypes.get_errno()]


def mount(kind, place=PLACE, data=None):
    return tried(libc.mount, b"none", place.encode(), kind, 0, data)


def umount(place=PLACE, flags=0):
    return tried(libc.umount2, place.encode(), flags)


def names(directory):
    return sorted(os.listdir(PLACE + directory))


SELINUX = PLACE + "/fs/selinux"
first = mount(b"sysfs")
say("mount", first)
if first != 0:
    sys.exit()
say("fs has selinux, and what the host has", set(names("/fs")) >= {"selinux", "fuse"})
say("selinux", [oct(os.stat(SELINUX).st_mode), names("/fs/selinux")])
types = subprocess.check_output(["stat", "-f", "-c", "%T", PLACE, PLACE + "/fs", SELINUX, PLACE + "/fs/fuse"], text=True)
say("type, of what makes room, too", types.split())
empty = [name for name in names("/fs") if os.stat(f"{PLACE}/fs/{name}").st_mode == 0o40555 and not names(f"/fs/{name}")]
say("nothing seems mounted", all(os.stat(f"{PLACE}/fs/{name}").st_dev == os.stat(PLACE + "/fs").st_dev for name in empty))
say("a file of the host", os.path.exists(PLACE + "/fs/fuse/connections"))
say("mount at the same place", mount(b"sysfs"))
lines = lambda table: sum(f" {PLACE}" in line for line in open("/proc/self/" + table))
say("lines", [lines("mounts"), lines("mountinfo"), lines("mountstats")])
say("mount selinuxfs", mount(b"selinuxfs", SELINUX))
say("enforce", open(SELINUX + "/enforce").read() if os.path.exists(SELINUX + "/enforce") else None)
say("umount below a mount", umount() if os.listdir(SELINUX) else 0)
say("umount selinuxfs", umount(SELINUX))
os.chdir(PLACE + "/fs/fuse")
say("umount, in use", umount())
os.chdir("/")
say("still there", "selinux" in names("/fs"))
say("umount", umount())
say("nothing", names("") if os.access(PLACE, os.R_OK) else [])
context = libc.syscall(FSOPEN, b"sysfs", 1)
libc.syscall(FSCONFIG, context, 6, None, None, 0)
tree = libc.syscall(FSMOUNT, context, 1, 0)
say("new mount API", [tried(libc.syscall, MOVE_MOUNT, tree, b"", -100, PLACE.encode(), 4), os.path.isdir(SELINUX)])
say("umount, lazily", umount(flags=MNT_DETACH))
os.close(tree)
say("on a file", mount(b"sysfs", sys.executable))
say("on nothing", mount(b"sysfs", PLACE + "/nothing"))
say("unknown option", mount(b"sysfs", data=b"nosuch"))
umount(flags=MNT_DETACH)
