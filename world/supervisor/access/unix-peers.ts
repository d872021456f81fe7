/**
 * Finds the UNIX socket that an address names, and a task that has it open: /proc/<tid>/net/unix, and the descriptors of
 * processes. A line there: `address: refcount protocol flags type state inode name`; a name in the abstract namespace
 * begins with `@`, which also stands for each NUL in it.
 */
import { findAmong } from '../../../host/process/helper/bounded-calls.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { __SO_ACCEPTCON } from '../../../linux/socket.ts';
import type { CallerView } from '../caller/caller-view.ts';

export interface ListedSocket {
  /** SOCK_* */
  readonly type: number;
  readonly ino: number;
  readonly listening: boolean;
}

const LINE = /^\S+: \S+ \S+ (\S+) (\S+) \S+ +(\d+) (.+)$/;
/** More descriptors than these are not looked at. */
const MOST = 20_000;

/** Those with this name. @param name as in struct sockaddr_un: one of the abstract namespace begins with NUL. */
export function socketsNamed(table: string, name: string): ListedSocket[] {
  const shown = name.startsWith('\0') ? name.replaceAll('\0', '@') : name;
  return table.split('\n').flatMap((line) => {
    const [, flags = '', type = '', ino = '', own] = LINE.exec(line) ?? [];
    if (own !== shown) return [];
    const listening = (Number.parseInt(flags, 16) & __SO_ACCEPTCON) !== 0;
    return [{ type: Number.parseInt(type, 16), ino: Number(ino), listening }];
  });
}

/** A process that has the socket open; `undefined` = none was found. @param likely is looked at first. */
export function holderOf(view: CallerView, ino: number, likely: Tid | undefined): Tid | undefined {
  const link = `socket:[${ino}]`;
  let left = MOST;
  const holds = (tid: Tid): boolean =>
    view.descriptors(tid).some((fd) => left-- > 0 && view.readlinkAt(AT_FDCWD, `/proc/${tid}/fd/${fd}`) === link);
  const processes = view.processes();
  return findAmong(likely === undefined ? processes : [likely, ...processes], (tid) =>
    left > 0 && holds(tid) ? tid : undefined,
  );
}
