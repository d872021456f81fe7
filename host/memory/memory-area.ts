/**
 * What a piece of another process' memory is: PROCMAP_QUERY of /proc/<tid>/maps (since Linux 6.11), else its text; and
 * which pages are there.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { ERRNO } from '../../linux/errno.ts';
import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from '../../linux/fcntl.ts';
import type { Tid } from '../../linux/ids.ts';
import {
  PROCMAP_QUERY,
  PROCMAP_QUERY_VMA_READABLE,
  PROCMAP_QUERY_VMA_SHARED,
  PROCMAP_QUERY_VMA_WRITABLE,
} from '../../linux/ioctl.ts';
import { libcFunction, NR } from '../libc.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { allocateNative, putString } from './native-memory.ts';

export interface MemoryArea {
  readonly end: bigint;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly shared: boolean;
  /** `major:minor` of the file that is mapped; absent = none is. */
  readonly device?: string;
}

const QUERY_SIZE = 104;
/** Of /proc/<tid>/maps. */
const PATH_SIZE = 64;
const AT = { address: 16, end: 32, flags: 40, inode: 64, major: 72, minor: 76 };
const { ENOENT } = ERRNO;
const SC_PAGESIZE = 30;
const PAGE_SIZE = libcFunction('sysconf', ['int'], 'long')(SC_PAGESIZE);
const PAGE = BigInt(PAGE_SIZE);
const FOUR_GIB = 2 ** 32;
/** Of an entry in /proc/<tid>/pagemap. */
const PRESENT_OR_SWAPPED = 3n << 62n;

export class MemoryAreas {
  readonly #query = allocateNative(QUERY_SIZE);
  readonly #path = allocateNative(PATH_SIZE);
  /** Addresses of two pages, then their states. */
  readonly #pages = allocateNative(24);

  /** The area that `address` lies in; `undefined` when there is none, or no such process. */
  at(tid: Tid, address: bigint): MemoryArea | undefined {
    const maps = rawSyscall(NR.openat, AT_FDCWD, putString(this.#path, 0, `/proc/${tid}/maps`), O_RDONLY | O_CLOEXEC);
    if (maps < 0) return undefined;
    try {
      this.#ask(address);
      const result = rawSyscall(NR.ioctl, maps, PROCMAP_QUERY, this.#query.address);
      if (result === -ENOENT) return undefined;
      return result < 0 ? areaIn(readFileSync(maps, 'latin1'), address) : this.#answer();
    } finally {
      rawSyscall(NR.close, maps);
    }
  }

  #ask(address: bigint): void {
    const { view, bytes } = this.#query;
    bytes.fill(0);
    view.setBigUint64(0, BigInt(QUERY_SIZE), true);
    view.setBigUint64(AT.address, address, true);
  }

  #answer(): MemoryArea {
    const { view } = this.#query;
    const flags = view.getUint32(AT.flags, true);
    return {
      end: view.getBigUint64(AT.end, true),
      readable: (flags & PROCMAP_QUERY_VMA_READABLE) !== 0,
      writable: (flags & PROCMAP_QUERY_VMA_WRITABLE) !== 0,
      shared: (flags & PROCMAP_QUERY_VMA_SHARED) !== 0,
      ...(view.getBigUint64(AT.inode, true) !== 0n && {
        device: `${view.getUint32(AT.major, true)}:${view.getUint32(AT.minor, true)}`,
      }),
    };
  }

  /**
   * Can the bytes be read without a page being fetched from anywhere but swap? At most two pages.
   * @param low, high halves of the address: this runs for every supervised call, and BigInts are slow.
   */
  present(tid: Tid, low: number, high: number, length: number): boolean {
    const inPage = low % PAGE_SIZE;
    const first = low - inPage;
    const next = first + PAGE_SIZE;
    const count = inPage + length > PAGE_SIZE ? 2 : 1;
    const { view, address: at } = this.#pages;
    view.setUint32(0, first, true);
    view.setUint32(4, high, true);
    view.setUint32(8, next, true); // modulo 2^32
    view.setUint32(12, next < FOUR_GIB ? high : high + 1, true);
    // Without nodes to move them to, move_pages(2) tells where pages are. It does not know the page of zeros.
    if (rawSyscall(NR.move_pages, tid, count, at, 0, at + 16, 0) === 0) {
      if (view.getInt32(16, true) >= 0 && (count === 1 || view.getInt32(20, true) >= 0)) return true;
    }
    return this.#inPageMap(tid, (BigInt(high) << 32n) | BigInt(first), count);
  }

  #inPageMap(tid: Tid, first: bigint, count: number): boolean {
    try {
      const map = openSync(`/proc/${tid}/pagemap`, 'r');
      try {
        const entries = Buffer.alloc(8 * count);
        const read = readSync(map, entries, 0, entries.length, Number(first / PAGE) * 8);
        if (read !== entries.length) return false;
        return allThere(entries);
      } finally {
        closeSync(map);
      }
    } catch {
      return false;
    }
  }
}

/** @param entries of pagemap */
function allThere(entries: Buffer): boolean {
  for (let at = 0; at < entries.length; at += 8)
    if ((entries.readBigUInt64LE(at) & PRESENT_OR_SWAPPED) === 0n) return false;
  return true;
}

/** @param maps text of /proc/<tid>/maps: `start-end perms offset major:minor inode path`, numbers hexadecimal. */
export function areaIn(maps: string, address: bigint): MemoryArea | undefined {
  for (const line of maps.split('\n')) {
    const found = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ ([0-9a-f]+):([0-9a-f]+) (\d+)/.exec(line);
    if (found === null) continue;
    const [, start, end, permissions = '', major = '0', minor = '0', inode] = found;
    if (address < BigInt(`0x${start}`) || address >= BigInt(`0x${end}`)) continue;
    return {
      end: BigInt(`0x${end}`),
      readable: permissions[0] === 'r',
      writable: permissions[1] === 'w',
      shared: permissions[3] === 's',
      ...(inode !== '0' && { device: `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}` }),
    };
  }
  return undefined;
}
