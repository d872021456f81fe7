/**
 * A descriptor table for one thread alone.
 *
 * Model: threads share a table, and a file lasts until no table has it. A thread that waits for an answer of a FUSE server cannot be killed
 * (request_wait_answer() of fs/fuse/dev.c), so if it holds the server's /dev/fuse as well, a server that is killed
 * leaves both for ever. With unshare(CLONE_FILES) the thread has a copy of the table, without what it does not need.
 *
 * Node's threads wake each other by writing to eventfds whose numbers they know from one another. So every eventfd keeps its number in both
 * tables, and what the event loop of this thread consists of keeps its in the other one until the thread is over: see
 * {@link loopDescriptors}.
 */
import { createSocket } from 'node:dgram';
import { fstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { CLONE_FILES } from '../../linux/process.ts';
import { AF_INET, SOCK_CLOEXEC, SOCK_DGRAM } from '../../linux/socket.ts';
import { NR } from '../libc.ts';
import { unshare } from '../mounts/mount.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { blockSignals } from './process.ts';

const STANDARD_STREAMS = 3;
const WAKES_THREADS = /^anon_inode:\[(?:eventfd|io_uring)\]$/;
/** The event loop takes a new descriptor in its next turn. */
const TURNS = 100;

/**
 * Descriptors of the event loop of the calling thread: its epoll instance and what libuv always has in it. To be found before the table is
 * separate; the copies that stay in the other table are to be closed when the thread has ended, not before.
 */
export async function loopDescriptors(): Promise<readonly number[]> {
  // A socket without an address. Of all that Node can watch this alone leaves nothing behind in the loop.
  const fd = rawSyscall(NR.socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return [];
  const probe = createSocket('udp4');
  probe.bind({ fd });
  let found: readonly number[] = [];
  for (let turns = 0; turns < TURNS && found.length === 0; turns++) {
    await turn();
    found = watchedWith(fd);
  }
  await new Promise<void>((resolve) => probe.close(resolve));
  return found;
}

/** The epoll instance that watches the socket `probe`, and what else it watches (proc_pid_fdinfo(5)). */
function watchedWith(probe: number): readonly number[] {
  const inode = fstatSync(probe).ino.toString(16);
  const links = descriptors();
  for (const [epoll, link] of links) {
    if (link !== 'anon_inode:[eventpoll]') continue;
    const watched = watchedBy(epoll);
    if (!watched.some(({ fd, ino }) => fd === probe && ino === inode)) continue;
    const loop = new Set(watched.map(({ fd }) => fd).filter((fd) => fd !== probe));
    const pipes = new Set([...loop].map((fd) => links.get(fd) ?? '').filter((text) => text.startsWith('pipe:')));
    for (const [fd, text] of links) if (pipes.has(text)) loop.add(fd);
    return [epoll, ...loop];
  }
  return [];
}

function watchedBy(epoll: number): { readonly fd: number; readonly ino: string }[] {
  try {
    const text = readFileSync(`/proc/thread-self/fdinfo/${epoll}`, 'latin1');
    return [...text.matchAll(/^tfd:\s*(\d+) .*\bino:([0-9a-f]+)/gm)].map(([, fd, ino = '']) => ({
      fd: Number(fd),
      ino,
    }));
  } catch {
    return []; // another thread has closed it
  }
}

/**
 * Gives the calling thread a table of its own with the standard streams, the descriptors in `keep` and what wakes
 * threads. No signal is handled here any more: handlers would write to descriptors of the other table.
 * @returns 0 or a negative errno.
 */
export function separateDescriptors(keep: Iterable<number>): number {
  const kept = new Set(keep);
  blockSignals();
  const result = unshare(CLONE_FILES);
  if (result < 0) return result;
  for (const [fd, link] of descriptors()) {
    if (fd >= STANDARD_STREAMS && !kept.has(fd) && !WAKES_THREADS.test(link)) rawSyscall(NR.close, fd);
  }
  return 0;
}

/** Number to what it is, as readlink(2) tells. */
function descriptors(): ReadonlyMap<number, string> {
  const links = new Map<number, string>();
  for (const name of readdirSync('/proc/thread-self/fd')) {
    try {
      links.set(Number(name), readlinkSync(`/proc/thread-self/fd/${name}`));
    } catch {
      // that of this listing
    }
  }
  return links;
}
