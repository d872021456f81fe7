"""
Reads, writes, maps and changes files of two directories of one filesystem in the same way, in one of them through a mount; several users keep
them open meanwhile. Compares errnos, what is read, sizes, modes and, in the end, content on disk.

usage: data.py DIRECTORY MOUNTED SEED STEPS [exact], where DIRECTORY/served is what MOUNTED shows; as root. `exact`: the filesystem has the same blocks and
holes after the same calls. Prints one line per difference, then the number of steps and of those that failed.
"""
import errno
import mmap
import os
import random
import sys

directory, mounted, seed, steps, exact = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), len(sys.argv) > 5
plain, disk = os.path.join(directory, 'plain'), os.path.join(directory, 'served')
chance = random.Random(seed)
NAMES = ['a', 'b', 'c']
USERS = [0, 2000001000, 2000001000, 2000001001]
FLAGS = [os.O_RDONLY, os.O_RDWR, os.O_RDWR, os.O_WRONLY, os.O_WRONLY | os.O_APPEND, os.O_RDWR | os.O_APPEND, os.O_RDWR | os.O_DIRECT]
PAGE = mmap.PAGESIZE
DATA, HOLE = 3, 4
aligned = mmap.mmap(-1, 2 * PAGE)
opened = []  # (name, user, flags, descriptor of the plain file, of the other)


def as_user(user, call):
    os.setegid(user)
    os.seteuid(user)
    try:
        result = call()
        return bytes(result) if isinstance(result, (bytes, memoryview)) else result
    except OSError as error:
        return errno.errorcode.get(error.errno, error.errno)
    finally:
        os.seteuid(0)
        os.setegid(0)


def mapped(fd, at, data):
    size = os.fstat(fd).st_size
    if size == 0:
        return 'empty'
    with mmap.mmap(fd, size) as memory:
        end = min(at + len(data), size)
        if at < end:
            memory[at:end] = data[:end - at]
        return memory[:]


def read_mapped(fd):
    size = os.fstat(fd).st_size
    return mmap.mmap(fd, size, prot=mmap.PROT_READ)[:] if size else 'empty'


def read_direct(fd, at):
    count = os.preadv(fd, [aligned], at)
    return aligned[:count]


def write_direct(fd, at, byte):
    aligned[:] = byte * len(aligned)
    return os.pwritev(fd, [aligned], at)


def of_descriptor():
    """@returns a description, the user and a call for each of the two directories."""
    name, opener, flags, *fds = chance.choice(opened)
    user = chance.choice([opener, opener, chance.choice(USERS)])
    at, size = chance.randrange(0, 20000), chance.choice([0, 1, 100, 5000])
    page = at // PAGE * PAGE
    byte = bytes([65 + at % 26])
    data = byte * size
    calls = [
        (f'write {size}', lambda fd: os.write(fd, data)),
        (f'pwrite {size} at {at}', lambda fd: os.pwrite(fd, data, at)),
        (f'pwrite {size} at {at}', lambda fd: os.pwrite(fd, data, at)),
        (f'pread at {at}', lambda fd: os.pread(fd, 9000, at)),
        ('read', lambda fd: os.read(fd, 3000)),
        ('seek', lambda fd: os.lseek(fd, at, os.SEEK_SET)),
        (f'data from {at}', lambda fd: exact and os.lseek(fd, at, DATA)),
        (f'hole from {at}', lambda fd: exact and os.lseek(fd, at, HOLE)),
        (f'ftruncate {at}', lambda fd: os.ftruncate(fd, at)),
        (f'fallocate {at}', lambda fd: os.posix_fallocate(fd, at, size + 1)),
        (f'map and write at {at}', lambda fd: mapped(fd, at, data)),
        ('map', read_mapped),
        ('fsync', os.fsync),
        ('size', lambda fd: os.fstat(fd).st_size),
    ]
    if flags & os.O_DIRECT:
        calls = [(f'direct write at {page}', lambda fd: write_direct(fd, page, byte)), (f'direct read at {page}', lambda fd: read_direct(fd, page)), ('map', read_mapped)]
    what, call = chance.choice(calls)
    return f'{what} of {name}, opened by {opener} with {flags:o}', user, [lambda: call(fds[0]), lambda: call(fds[1])]


def of_name():
    name, user = chance.choice(NAMES), chance.choice(USERS)
    size = chance.randrange(0, 20000)
    mode = chance.choice([0o666, 0o666, 0o4777, 0o6777, 0o2767])
    calls = [
        (f'truncate {size}', lambda path: os.truncate(path, size)),
        ('content', lambda path: open(path, 'rb').read()),
    ]
    # Writes of root that are passed through clear what was set after he had opened the file; a kernel has him keep it.
    if not any(other == name for other, *_ in opened):
        calls += [(f'chmod {mode:o}', lambda path: os.chmod(path, mode))]
    what, call = chance.choice(calls)
    return f'{what} of {name}', user, [lambda at=os.path.join(root, name): call(at) for root in (plain, mounted)]


def open_one():
    name, user, flags = chance.choice(NAMES), chance.choice(USERS), chance.choice(FLAGS) | chance.choice([0, 0, os.O_CREAT, os.O_TRUNC])
    fds = [as_user(user, lambda: os.open(os.path.join(root, name), flags, 0o666)) for root in (plain, mounted)]
    if all(isinstance(fd, int) for fd in fds):
        opened.append((name, user, flags, *fds))
        return f'open {name} {flags:o}', user, [lambda: 'opened'] * 2
    return f'open {name} {flags:o}', user, [lambda: fds[0] if isinstance(fds[0], str) else 'opened', lambda: fds[1] if isinstance(fds[1], str) else 'opened']


def close_one():
    name, user, flags, *fds = opened.pop(chance.randrange(len(opened)))
    return f'close {name}', user, [lambda: os.close(fds[0]), lambda: os.close(fds[1])]


def state(root):
    found = []
    for name in NAMES:
        try:
            status = os.stat(os.path.join(root, name))
            found.append((name, oct(status.st_mode), status.st_uid, status.st_size, exact and status.st_blocks))
        except OSError as error:
            found.append((name, error.errno))
    return found


def step():
    if len(opened) > 8 or (opened and chance.random() < 0.1):
        return close_one()
    if not opened or chance.random() < 0.2:
        return open_one()
    return of_descriptor() if chance.random() < 0.8 else of_name()


os.umask(0)
for root in (plain, disk):
    os.mkdir(root)
    os.chmod(root, 0o777)
failures = 0
for number in range(steps):
    what, user, calls = step()
    results = [as_user(user, call) for call in calls]
    failures += isinstance(results[0], str) and results[0].startswith('E')
    states = [state(root) for root in (plain, mounted, disk)]
    if results[0] != results[1]:
        print(f'step {number} as {user}: {what}: {results[0]!r:.80} but {results[1]!r:.80} through the mount')
    if states[0] != states[1] or states[1] != states[2]:
        print(f'step {number} as {user}: {what}: {states[0]} but {states[1]} through the mount, {states[2]} on disk')
        break
for *_, one, other in opened:
    os.close(one)
    os.close(other)
for name in NAMES:
    contents = [as_user(0, lambda: open(os.path.join(root, name), 'rb').read()) for root in (plain, disk, mounted)]
    if contents[0] != contents[1] or contents[1] != contents[2]:
        print(f'step {steps}: {name} has another content')
print(f'{steps} steps, {failures} failed')
