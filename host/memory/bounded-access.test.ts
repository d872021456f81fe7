import { closeSync, fstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ERRNO } from '../../linux/errno.ts';
import { O_RDONLY } from '../../linux/fcntl.ts';
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
  const memory = new RemoteMemory(() => true, { mayRead: () => false, mayWrite: () => true, bounded: () => bounded });
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
