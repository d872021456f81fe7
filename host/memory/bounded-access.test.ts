import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ERRNO } from '../../linux/errno.ts';
import { O_NOFOLLOW, O_RDONLY } from '../../linux/fcntl.ts';
import { tgidOf, tidOf } from '../../linux/ids.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_NONE } from '../../linux/mman.ts';
import { NR } from '../libc.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { BoundedAccess } from './bounded-access.ts';
import { MemoryAreas } from './memory-area.ts';
import { allocateNative } from './native-memory.ts';
import { REMOTE_LIMIT, RemoteMemory } from './remote-memory.ts';

const SELF = tgidOf(process.pid);
const NOBODY = tidOf(2 ** 22 + 1);
const target = allocateNative(3 * REMOTE_LIMIT);
const address = BigInt(target.address);
const access = new BoundedAccess();
const areas = new MemoryAreas();
afterAll(() => access.close());

describe('by helpers', () => {
  it('memory is read and written', () => {
    expect(access.write(SELF, address, Buffer.from('hello'), () => true)).toBe(true);
    const into = Buffer.alloc(5);
    expect(access.read(SELF, address, into)).toBe(5);
    expect(into.toString()).toBe('hello');
  });

  it('nothing is written when it is another process by then', () => {
    target.bytes.fill(0x61, 0, 4);
    expect(access.write(SELF, address, Buffer.from('bbbb'), () => false)).toBe(false);
    expect(target.bytes[0]).toBe(0x61);
  });

  it('files of /proc are read whole, also long ones', () => {
    expect(access.readFile(SELF, 'smaps')).toSatisfy((text: Buffer) => text.toString('latin1').includes('VmFlags'));
    expect(access.readFile(SELF, 'auxv')).toEqual(readFileSync('/proc/self/auxv'));
    expect(access.readFile(NOBODY, 'auxv')).toBe(-ERRNO.ENOENT);
  });

  it('links are read, any number of them, and opened', () => {
    const names = [...Array.from({ length: 40 }, () => 'ns/pid'), 'exe', 'none'];
    const targets = access.readlinks(SELF, names);
    expect(targets).toEqual([...names.slice(0, 41).map((name) => readlinkSync(`/proc/self/${name}`)), -ERRNO.ENOENT]);
    const opened = access.open(SELF, 'exe', O_RDONLY);
    expect(fstatSync(opened).ino).toBe(statSync('/proc/self/exe').ino);
    closeSync(opened);
    expect(access.open(NOBODY, 'exe', O_RDONLY)).toBe(-ERRNO.ENOENT);
  });

  it('names in a directory of ours are opened and read', () => {
    const directory = openSync('/proc/self', O_RDONLY);
    expect(access.readlinkIn(SELF, directory, 'exe')).toBe(readlinkSync('/proc/self/exe'));
    expect(access.readlinkIn(undefined, directory, 'none')).toBe(-ERRNO.ENOENT);
    const program = access.openIn(SELF, directory, 'exe', 0);
    expect(fstatSync(program).ino).toBe(statSync('/proc/self/exe').ino);
    const itself = access.openIn(SELF, directory, 'exe', O_NOFOLLOW);
    expect(fstatSync(itself).ino).not.toBe(fstatSync(program).ino);
    for (const fd of [program, itself, directory]) closeSync(fd);
  });

  it('they are opened with other rights for that call alone', () => {
    const place = mkdtempSync(path.join(tmpdir(), 'private-')); // 0700
    mkdirSync(path.join(place, 'in'));
    const directory = openSync(place, O_RDONLY);
    const open = (user: number): number =>
      access.openIn(SELF, directory, 'in', 0, (call) => [[NR.setfsuid, user], call, [NR.setfsuid, 0]]);
    expect(open(1000)).toBe(-ERRNO.EACCES);
    const opened = open(0);
    expect(fstatSync(opened).isDirectory()).toBe(true);
    for (const fd of [opened, directory]) closeSync(fd);
    rmSync(place, { recursive: true });
  });

  it('descriptors are copied', () => {
    const file = openSync('/dev/null', 'r');
    const copy = access.copy(SELF, file, () => true);
    expect(readlinkSync(`/proc/self/fd/${copy}`)).toBe('/dev/null');
    for (const fd of [copy, file]) closeSync(fd);
    expect(access.copy(SELF, file, () => true)).toBe(-ERRNO.EBADF);
  });

  it('a descriptor that is not accepted is not ours for a moment', () => {
    const file = openSync('/dev/null', 'r');
    const before = readdirSync('/proc/self/fd').length;
    let seen = '';
    const accepts = (fd: number): boolean => {
      seen = readlinkSync(`/proc/self/fd/${fd}`);
      const isPath = /^flags:\t0?1[0-7]{7}$/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'));
      return !isPath;
    };
    expect(access.copy(SELF, file, accepts)).toBe(-ERRNO.EAGAIN);
    expect(seen).toBe('/dev/null');
    expect(() =>
      access.copy(SELF, file, () => {
        throw new TypeError();
      }),
    ).toThrow(TypeError);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    closeSync(file);
  });

  it('areas and pages are what they are to us', () => {
    expect(areas.at(SELF, address, access)).toEqual(areas.at(SELF, address));
    expect(areas.at(SELF, 8n, access)).toBeUndefined();
    expect(areas.at(NOBODY, address, access)).toBeUndefined();
    expect(areas.presentBounded(access, SELF, address, 2 * REMOTE_LIMIT)).toBe(true);
  });
});

describe('memory of a process, by helpers', () => {
  const bounded = {
    read: access.read.bind(access),
    write: access.write.bind(access),
    readable: (_tid: unknown, at: bigint, length: number) =>
      areas.at(SELF, at, access)?.readable === true ? length : 0,
  };
  const memory = new RemoteMemory(() => true, { mayRead: () => false, mayWrite: () => true, bounded });
  const halves = (at: number): [number, number] => [at >>> 0, Math.floor(at / 2 ** 32)];

  it('gives the answers of process_vm_readv(2)', () => {
    target.bytes.set(Buffer.from('/proc/self\0'), 100);
    expect(memory.readString(SELF, ...halves(target.address + 100))).toBe('/proc/self');
    expect(memory.read(SELF, 8, 0, 4)).toBe(-ERRNO.EFAULT);
    expect(memory.readString(SELF, 0, 0)).toBe(-ERRNO.EFAULT);
    expect(memory.readString(NOBODY, ...halves(target.address))).toBe(-ERRNO.ESRCH);
    expect(memory.write(SELF, ...halves(target.address), Buffer.from('x'))).toBe(true);
  });

  it('does not read what the process itself may not', () => {
    const hidden = rawSyscall(NR.mmap, 0, REMOTE_LIMIT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(memory.read(SELF, ...halves(hidden), 4)).toBe(-ERRNO.EFAULT);
  });
});
