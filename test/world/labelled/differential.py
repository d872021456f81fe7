"""
Makes the same calls in two directories of one filesystem, in one of them through a mount, and compares errno, result and stat.

usage: differential.py DIRECTORY MOUNTED SEED STEPS; as root. Prints one line per difference, then the number of steps and of those that failed.
"""
import errno
import os
import random
import stat
import sys

plain, mounted, seed, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
chance = random.Random(seed)
NAMES = ['a', 'b', 'c', 'd', 'e/a', 'e/b', 'e/f', 'e/f/a', 'e/f/b', 'g/a', 'g/b', 'l', 'l/a', 'n' * 256, 'none/a', 'a/b', 'e/', 'e/..', 'e/.', 'a/']
PLACES = ['a', 'b', 'c', 'd', 'e', 'g', 'l', 'e/a', 'e/b', 'e/f', 'e/f/a', 'g/a', 'g/b']
IDENTITIES = [(0, 0, []), (0, 0, []), (2000001000, 2000001000, []), (2000001000, 2000001000, [2000002000]), (2000001001, 2000001001, [2000001000])]
MODES = [0o644, 0o600, 0o755, 0o777, 0o000, 0o4755, 0o2775, 0o1777, 0o6777, 0o222]
FLAGS = [os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND, os.O_RDONLY | os.O_DIRECTORY, os.O_RDONLY | os.O_NOFOLLOW]
MORE = [0, 0, os.O_CREAT, os.O_CREAT, os.O_CREAT | os.O_EXCL, os.O_TRUNC, os.O_CREAT | os.O_TRUNC]


def become(uid, gid, groups):
    os.seteuid(0)
    os.setgroups(groups)
    os.setegid(gid)
    os.seteuid(uid)


def use(path, flags, mode, data):
    fd = os.open(path, flags | os.O_NONBLOCK, mode)  # a FIFO would wait for its other end
    try:
        out = []
        for act in (lambda: os.write(fd, data) if flags & os.O_ACCMODE else 0, lambda: os.pread(fd, 100, 0), lambda: os.fstat(fd).st_size if not stat.S_ISDIR(os.fstat(fd).st_mode) else 0):
            try:
                out.append(act())
            except OSError as error:
                out.append(errno.errorcode.get(error.errno))
        return out
    finally:
        os.close(fd)


def device(path):
    """It does not stay: the mount has nodev."""
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    number = os.lstat(path).st_rdev
    os.unlink(path)
    return number


def step():
    """A call that takes the directory, with its description."""
    name, other = chance.choice(NAMES), chance.choice(NAMES)
    mode, number = chance.choice(MODES), chance.randrange(0, 9000)
    flags = chance.choice(FLAGS) | chance.choice(MORE)
    uid, gid = chance.choice([-1, 0, 2000001000, 2000001001]), chance.choice([-1, 0, 2000001000, 2000001001, 2000002000])
    data = bytes([65 + number % 26]) * (number % 70)
    at = lambda root: os.path.join(root, name)
    to = lambda root: os.path.join(root, other)
    calls = [
        ('open %o %o' % (flags, mode), lambda r: use(at(r), flags, mode, data)),
        ('open %o %o' % (flags, mode), lambda r: use(at(r), flags, mode, data)),
        ('mkdir %o' % mode, lambda r: os.mkdir(at(r), mode)),
        ('rmdir', lambda r: os.rmdir(at(r))),
        ('unlink', lambda r: os.unlink(at(r))),
        ('rename ' + other, lambda r: os.rename(at(r), to(r))),
        ('rename ' + other, lambda r: os.rename(at(r), to(r))),
        ('link ' + other, lambda r: os.link(at(r), to(r), follow_symlinks=False)),
        ('symlink ' + other, lambda r: os.symlink(other, at(r))),
        ('chmod %o' % mode, lambda r: os.chmod(at(r), mode)),
        ('chmod %o' % mode, lambda r: os.chmod(at(r), mode)),
        ('chown %d %d' % (uid, gid), lambda r: os.chown(at(r), uid, gid)),
        ('lchown %d %d' % (uid, gid), lambda r: os.lchown(at(r), uid, gid)),
        ('truncate %d' % number, lambda r: os.truncate(at(r), number)),
        ('utime', lambda r: os.utime(at(r), (number, number + 1))),
        ('utime now', lambda r: os.utime(at(r))),
        ('mknod fifo', lambda r: os.mknod(at(r), stat.S_IFIFO | mode)),
        ('mknod device', lambda r: device(at(r))),
        ('access', lambda r: [os.access(at(r), mask, effective_ids=True) for mask in (4, 2, 1)]),
        ('readlink', lambda r: os.readlink(at(r))),
        ('listdir', lambda r: sorted(os.listdir(at(r)))),
        ('setxattr', lambda r: os.setxattr(at(r), 'user.k', data, number % 3, follow_symlinks=number % 2 == 0)),
        ('getxattr', lambda r: os.getxattr(at(r), 'user.k')),
        ('listxattr', lambda r: sorted(os.listxattr(at(r)))),
        ('removexattr', lambda r: os.removexattr(at(r), 'user.k')),
        ('setxattr trusted', lambda r: os.setxattr(at(r), 'trusted.k', data)),
        ('getxattr trusted', lambda r: os.getxattr(at(r), 'trusted.k')),
    ]
    what, call = chance.choice(calls)
    return f'{what} {name[:20]}', call


def run(call, root, identity):
    os.umask(0o022)
    become(*identity)
    try:
        return 'ok', call(root)
    except OSError as error:
        return 'failed', errno.errorcode.get(error.errno, error.errno)
    finally:
        become(0, 0, [])


def state(root):
    """Without the times of reading, which the kernel's cache keeps from the filesystem, and those of now."""
    found = []
    for place in PLACES:
        try:
            s = os.lstat(os.path.join(root, place))
        except OSError as error:
            found.append((place, errno.errorcode.get(error.errno)))
            continue
        size = 0 if stat.S_ISDIR(s.st_mode) else s.st_size
        times = (s.st_mtime_ns,) if s.st_mtime < 10000 and not stat.S_ISFIFO(s.st_mode) else ()
        found.append((place, oct(s.st_mode), s.st_uid, s.st_gid, s.st_nlink, size, s.st_rdev, times))
    return found


for root in (plain, mounted):
    os.mkdir(os.path.join(root, 'e'))
    os.mkdir(os.path.join(root, 'g'))
    os.chmod(root, 0o777)
    os.chmod(os.path.join(root, 'g'), 0o1777)
failures = 0
for number in range(steps):
    what, call = step()
    identity = chance.choice(IDENTITIES)
    results = [run(call, root, identity) for root in (plain, mounted)]
    states = [state(root) for root in (plain, mounted)]
    failures += results[0][0] == 'failed'
    if results[0] != results[1]:
        print(f'step {number} as {identity}: {what}: {results[0]} but {results[1]} through the mount')
    if states[0] != states[1]:
        for one, other in zip(*states):
            if one != other:
                print(f'step {number} as {identity}: {what}: {one} but {other} through the mount')
        break
print(f'{steps} steps, {failures} failed')
