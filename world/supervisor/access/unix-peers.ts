/**
 * Finds the UNIX socket that an address names, and a task that has it open.
 *
 * Model: unix_find_other(): an address in the abstract namespace names the socket that has it, a path the one that was
 * bound to the file which the path leads to, whatever its name was (unix_find_bsd()). sock_diag(7) tells both; where it
 * does not, /proc/<tid>/net/unix has the names alone. The descriptors of processes tell who has a socket open.
 */

import { ANY_STATE, type BoundSocket, BoundSockets, LISTENING } from '../../../host/sockets/bound-sockets.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { __SO_ACCEPTCON, SOCK_DGRAM } from '../../../linux/socket.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { inNamespaceOf } from '../caller/visit-namespace.ts';

/** A socket with a task that has it open. */
export interface FoundPeer {
  readonly ino: number;
  readonly holder: Tid;
}

export interface PeerAddress {
  /** SOCK_* of the socket that looks for it. */
  readonly type: number;
  /** As in struct sockaddr_un: one of the abstract namespace begins with NUL. */
  readonly name: string;
  /** What a path leads to, where that is known. */
  readonly file: Pick<FileFacts, 'device' | 'inode'> | undefined;
}

const BINDERS = 4096;
/** More descriptors than these are not looked at. */
const MOST = 20_000;

export class UnixPeers {
  readonly #view: CallerView;
  readonly #bound = new BoundSockets();
  /** Who gave a socket its name, by inode number: likely to have it open. */
  readonly #binders = new Map<number, Tid>();

  constructor(view: CallerView) {
    this.#view = view;
  }

  /** The task gives a socket its name. */
  binds(tid: Tid, socket: number): void {
    if (this.#binders.size >= BINDERS) this.#binders.clear();
    this.#binders.set(socket, tid);
  }

  /** `none`: there is no such socket, which the kernel says itself. `unknown`: it cannot be told which it is, or who has it open. */
  find(tid: Tid, address: PeerAddress): FoundPeer | 'none' | 'unknown' {
    const found = this.#named(tid, address);
    const [peer] = found ?? [];
    if (found === undefined || found.length > 1) return 'unknown';
    if (peer === undefined) return 'none';
    const holder = holderOf(this.#view, peer.ino, this.#binders.get(peer.ino));
    return holder === undefined ? 'unknown' : { ino: peer.ino, holder };
  }

  #named(tid: Tid, address: PeerAddress): readonly BoundSocket[] | undefined {
    const states = address.type === SOCK_DGRAM ? ANY_STATE : LISTENING;
    const view = this.#view;
    const [theirs, ours] = [tid, 'self'].map((process) => view.readlinkAt(AT_FDCWD, `/proc/${process}/ns/net`));
    let listed: BoundSocket[] | undefined;
    const list = (): number => {
      listed = this.#bound.list(states);
      return 0;
    };
    if (theirs === ours) list();
    else inNamespaceOf(view, tid, 'net', list);
    if (listed !== undefined) {
      const found = namedBy(listed, address);
      if (found.length > 0 || address.file === undefined || theirs === ours) return found;
      // A path leads to sockets of other network namespaces, too; of those, ours is looked at.
      return namedBy(this.#bound.list(states) ?? [], address);
    }
    const table = view.readWhole(`/proc/${tid}/net/unix`);
    return table === undefined ? undefined : namedBy(socketsIn(table, states), { ...address, file: undefined });
  }
}

/** Filesystems may show another device number, or a longer inode number, than the kernel has for the file. */
export function namedBy(sockets: readonly BoundSocket[], { type, name, file }: PeerAddress): readonly BoundSocket[] {
  const alike = sockets.filter((socket) => socket.type === type);
  if (file === undefined) return alike.filter((socket) => socket.name === name);
  const ino = file.inode.ino % 2 ** 32;
  const there = alike.filter((socket) => socket.file?.ino === ino);
  const same = there.filter((socket) => socket.file?.device === file.device);
  return same.length > 0 ? same : there.filter((socket) => socket.name === name);
}

const LINE = /^\S+: \S+ \S+ (\S+) (\S+) \S+ +(\d+) (.+)$/;

/**
 * A line of /proc/net/unix: `address: refcount protocol flags type state inode name`; a name in the abstract namespace
 * begins with `@`, which also stands for each NUL in it.
 */
export function socketsIn(table: string, states: number): BoundSocket[] {
  return table.split('\n').flatMap((line) => {
    const [, flags = '', type = '', ino = '', name] = LINE.exec(line) ?? [];
    const listening = (Number.parseInt(flags, 16) & __SO_ACCEPTCON) !== 0;
    if (name === undefined || (states === LISTENING && !listening)) return [];
    const shown = name.startsWith('@') ? name.replaceAll('@', '\0') : name;
    return [{ type: Number.parseInt(type, 16), ino: Number(ino), name: shown }];
  });
}

/** A process that has the socket open; `undefined` = none was found. @param likely is looked at first. */
function holderOf(view: CallerView, ino: number, likely: Tid | undefined): Tid | undefined {
  const link = `socket:[${ino}]`;
  let left = MOST;
  const holds = (tid: Tid): boolean =>
    view.descriptors(tid).some((fd) => left-- > 0 && view.readlinkAt(AT_FDCWD, `/proc/${tid}/fd/${fd}`) === link);
  const processes = view.processes();
  return (likely === undefined ? processes : [likely, ...processes]).find((tid) => left > 0 && holds(tid));
}
