/**
 * What a program does on the mount, run in a process of its own. usage: client MOUNTPOINT ACTION [ARGUMENT...]; prints JSON.
 */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import koffi from 'koffi';
import { AT_FDCWD } from '../../linux/fcntl.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE } from '../../linux/mman.ts';
import { POLLIN } from '../../linux/poll.ts';

const libc = koffi.load(null);
const lseek = libc.func('long lseek(int fd, long offset, int whence)');
const mmap = libc.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, long offset)');
const pollCall = libc.func('int poll(_Inout_ void *fds, ulong count, int timeout)');
const ioctl = libc.func('int ioctl(int fd, ulong request, void *argument)');
const fallocate = libc.func('int fallocate(int fd, int mode, long offset, long length)');
const setxattr = libc.func('int setxattr(const char *path, const char *name, void *value, size_t size, int flags)');
const getxattr = libc.func('long getxattr(const char *path, const char *name, _Out_ void *value, size_t size)');
const listxattr = libc.func('long listxattr(const char *path, _Out_ void *list, size_t size)');
const removexattr = libc.func('int removexattr(const char *path, const char *name)');
const renameat2 = libc.func('int renameat2(int olddir, const char *old, int newdir, const char *new, uint flags)');

const MAP_FAILED = 2n ** 64n - 1n;
const PAGE = 4096;

const [directory = '', action = '', ...args] = process.argv.slice(2);
const at = (name: string) => path.join(directory, name);
const open = (name: string, flags = constants.O_RDWR) => openSync(at(name), flags);

function read(fd: number, length = 4096, position: number | null = null): string {
  const buffer = Buffer.alloc(length);
  return buffer.toString('latin1', 0, readSync(fd, buffer, 0, length, position));
}

/** Result of a call: its value, or the errno name. */
function outcome<T>(call: () => T): T | string {
  try {
    return call();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** The value of a libc call, or minus errno. */
const checked = (result: number): number => (result < 0 ? -koffi.errno() : result);

function map(
  fd: number,
  length: number,
  protection: number,
  flags: number,
): { word(): number; last(): number } | string {
  const pointer: unknown = mmap(null, length, protection, flags, fd, 0);
  if (koffi.address(pointer) === MAP_FAILED) return `errno ${koffi.errno()}`;
  return {
    word: () => koffi.decode(pointer, 'uint32_t'),
    last: () => koffi.decode(pointer, length - 1, 'uint8_t'),
  };
}

const ACTIONS: Readonly<Record<string, () => unknown>> = {
  /** Write, read the answer; again after lseek; read-then-write is refused as in the kernel. */
  transaction: () => {
    const fd = open('transaction');
    writeSync(fd, 'first query');
    const first = [read(fd, 5), read(fd), read(fd)];
    lseek(fd, 0, 0);
    writeSync(fd, 'second');
    const second = read(fd);
    const third = outcome(() => writeSync(fd, 'third'));
    const positional = outcome(() => writeSync(fd, 'fourth', 0));
    return { first, second, third, positional, again: read(fd, 4096, 0) };
  },
  /** One write(2) of `length` bytes, `shift` bytes into a page. */
  bigWrite: () => {
    const [length, shift] = [Number(args[0]), Number(args[1])];
    const pointer: unknown = mmap(null, length + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const memory = Buffer.from(koffi.view(pointer, length + PAGE));
    const fd = open('writes');
    const written = writeSync(fd, memory, shift, length);
    return { written, log: read(fd) };
  },
  status: () => {
    const fd = open('status', constants.O_RDONLY);
    const mapping = map(fd, 20, PROT_READ, MAP_SHARED);
    if (typeof mapping === 'string') return mapping;
    const before = mapping.word();
    const seen = [1, 2, 3].map(() => {
      const bump = open('bump', constants.O_WRONLY);
      writeSync(bump, '1');
      closeSync(bump);
      // At once, without waiting: the write has not returned before the page was replaced.
      return mapping.word();
    });
    const reread = Buffer.from(read(fd, 20, 0), 'latin1').readUInt32LE(0);
    return { before, seen, reread };
  },
  /** A file that is a snapshot sized at open. */
  snapshot: () => {
    const look = () => {
      const fd = open('snapshot', constants.O_RDONLY);
      const { size } = fstatSync(fd);
      const mappings = [MAP_SHARED, MAP_PRIVATE].map((flags) => map(fd, size, PROT_READ, flags));
      const last = mappings.map((mapping) => (typeof mapping === 'string' ? mapping : mapping.last()));
      const length = read(fd, 100_000).length;
      closeSync(fd);
      return { size, last, length };
    };
    const first = look();
    writeSync(open('grow', constants.O_WRONLY), '20000');
    const larger = look();
    writeSync(open('grow', constants.O_WRONLY), '5000');
    return [first, larger, look()];
  },
  /** Shared mappings of generated files, and writable ones of the status page. */
  refusedMappings: () => {
    const refused = (name: string, flags: number, protection: number) =>
      map(open(name, flags), 20, protection, MAP_SHARED);
    return [
      refused('hello', constants.O_RDONLY, PROT_READ),
      refused('status', constants.O_RDWR, PROT_READ | PROT_WRITE),
      refused('status', constants.O_RDONLY, PROT_READ | PROT_WRITE),
    ];
  },
  /** A poll that is woken by another descriptor. */
  poll: () => {
    const listener = open('bell');
    const ringer = open('bell');
    const entry = Buffer.alloc(8);
    entry.writeInt32LE(listener, 0);
    entry.writeInt16LE(POLLIN, 4);
    const quiet = [pollCall(entry, 1, 0), entry.readInt16LE(6)];
    writeSync(ringer, '1');
    const rung = [pollCall(entry, 1, 2000), entry.readInt16LE(6)];
    return { quiet, rung, text: read(listener) };
  },
  odd: () => {
    const fd = open('hello');
    const argument = Buffer.alloc(64);
    return {
      ioctl: checked(ioctl(fd, 0x1234, argument)),
      fallocate: checked(fallocate(fd, 0, 0, 10)),
      throws: outcome(() => read(open('throws'))),
      writeToReadOnly: outcome(() => writeSync(open('stream'), 'x')),
      streamSeek: checked(lseek(open('stream'), 0, 0)),
      helloEnd: checked(lseek(fd, 0, 2)),
      helloData: checked(lseek(fd, 0, 3)),
      afterwards: read(fd, 4, 0),
    };
  },
  xattrs: () => {
    const file = at('hello');
    const value = Buffer.from('value\0with nul');
    const buffer = Buffer.alloc(100);
    const got = () => {
      const length = checked(getxattr(file, 'security.test', buffer, buffer.length));
      return length < 0 ? length : buffer.toString('latin1', 0, length);
    };
    return {
      missing: got(),
      set: checked(setxattr(file, 'security.test', value, value.length, 0)),
      get: got(),
      size: checked(getxattr(file, 'security.test', buffer, 0)),
      tooSmall: checked(getxattr(file, 'security.test', buffer, 3)),
      list: buffer.toString('latin1', 0, Math.max(0, checked(listxattr(file, buffer, buffer.length)))),
      remove: checked(removexattr(file, 'security.test')),
      removed: got(),
      directory: checked(getxattr(directory, 'security.test', buffer, buffer.length)),
    };
  },
  renames: () => {
    const rename = (from: string, to: string, flags: number) =>
      checked(renameat2(AT_FDCWD, at(from), AT_FDCWD, at(to), flags));
    for (const name of ['a', 'b']) closeSync(openSync(at(`work/${name}`), 'w'));
    return [rename('work/a', 'work/b', 1), rename('work/a', 'work/c', 0), rename('hello', 'work/d', 0)];
  },
};

const result = ACTIONS[action]?.();
console.log(JSON.stringify(result ?? null));
