/** What waits in an io_uring(7): io_uring_show_fdinfo() of io_uring/fdinfo.c, and where the caller has mapped the entries. */
import { IO_URING_SQE_SIZE, IORING_OFF_SQES } from '../../../linux/io-uring.ts';

export interface UringQueue {
  /** Of the ring, which has an inode of its own. */
  readonly ino: number;
  /** Of the entry that the kernel takes next. */
  readonly head: number;
  /** How many wait. */
  readonly waiting: number;
  /** How many there is place for, a power of 2. */
  readonly size: number;
}

/** @param fdinfo of a descriptor of the ring. @returns `undefined` also while another thread submits. */
export function queueIn(fdinfo: string): UringQueue | undefined {
  const field = (name: string): number => Number(new RegExp(`^${name}:\\t(\\S+)$`, 'm').exec(fdinfo)?.[1]);
  const [ino, mask, tail] = [field('ino'), field('SqMask'), field('SqTail')];
  const head = field('CachedSqHead');
  if (![ino, mask, tail, head].every(Number.isInteger)) return undefined;
  return { ino, head: head & mask, waiting: Math.min((tail - head) >>> 0, mask + 1), size: mask + 1 };
}

const SMALLEST_PAGE = 4096;
const LINE = /^([0-9a-f]+)-([0-9a-f]+) rw.s ([0-9a-f]+) \S+ (\d+) +anon_inode:\[io_uring\]$/gm;

/**
 * @param maps of the process. @returns where it has the entries; `undefined`: it has not mapped them, or they are twice as large
 * (IORING_SETUP_SQE128), which is not seen where all of them are one page.
 */
export function entriesAt(maps: string, { ino, size }: Pick<UringQueue, 'ino' | 'size'>): bigint | undefined {
  const found = [...maps.matchAll(LINE)].find(
    ([, , , offset = '', inode]) => Number.parseInt(offset, 16) === IORING_OFF_SQES && Number(inode) === ino,
  );
  if (found === undefined) return undefined;
  const [start, end] = [BigInt(`0x${found[1]}`), BigInt(`0x${found[2]}`)];
  const length = size * IO_URING_SQE_SIZE;
  return length >= SMALLEST_PAGE && end - start >= BigInt(2 * length) ? undefined : start;
}
