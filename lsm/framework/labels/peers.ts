/**
 * Labels of sockets: of the peer (SO_PEERSEC), and of the socket itself.
 *
 * Model: the kernel labels a socket when it is made, and its peer shows that label also after the process has changed or ended. Here
 * socket(2) is not notified. But changes of labels are: just before one, the open sockets of the process are recorded with its present
 * label. A socket that was never recorded belongs to a process whose label has not changed since.
 */

import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import { LSM_ID_UNDEF } from '../../../linux/lsm.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { SocketKind } from '../access/socket-access.ts';
import type { SocketPair, TaskId } from '../events.ts';
import type { HookList } from '../hooks.ts';
import { compoundPart } from '../proc/attr.ts';
import { snapshot, type Task } from '../task.ts';
import type { DefaultModule } from './default-module.ts';

/** The known facts of the peer of a connected socket. */
export interface OtherEnd {
  /** The socket that is asked and what it is connected to, by inode number. */
  readonly socket: number;
  readonly peer: number;
  /** What the other end is bound to. */
  readonly address?: string;
  /** Process that SO_PEERCRED names. It made the other end, unless that was noted for somebody else. */
  readonly connector: Tgid;
}

/** Limit of recorded sockets; the oldest, which are mostly closed, are forgotten. */
const LIMIT = 16_384;

export interface PeersHost {
  readonly hooks: HookList;
  readonly defaultModule: DefaultModule;
  find(tid: Tid): Task | undefined;
  taskOf(caller: TaskId): Task;
  /** Finds out where the task is now: what it sees may depend on that. */
  noteUserNamespace(task: Task): void;
}

export class Peers {
  readonly #host: PeersHost;
  /** By inode number of a socket: its label, as a task that had it. */
  readonly #own = new Map<number, Task>();
  /** By inode number of a socket: the label of the one it is connected to, which may be closed by now. */
  readonly #peers = new Map<number, Task>();
  /** By process and address: the label of the listening socket, which those that are accepted from it have too. */
  readonly #bound = new Map<string, Task>();

  constructor(host: PeersHost) {
    this.#host = host;
  }

  /** May the caller ask this kind of socket about its peer? */
  refused(socket: SocketKind, caller: Caller): Errno | undefined {
    return this.#host.hooks.deny('socketGetsockopt', this.#host.taskOf(caller), { socket }, caller);
  }

  /**
   * The value of getsockopt(SO_PEERSEC) for a stream socket, as the caller's default module gives it.
   * @param end `undefined` = the socket is not connected.
   */
  label(end: OtherEnd | undefined, caller: TaskId): Result<Uint8Array> {
    const { hooks, defaultModule } = this.#host;
    const peer = end && this.#find(end);
    if (end !== undefined && peer === undefined) return E.ENOPROTOOPT;
    const reader = this.#host.taskOf(caller);
    this.#host.noteUserNamespace(reader);
    const chosen = defaultModule.of(reader);
    if (chosen === LSM_ID_UNDEF) return hooks.first('socketGetpeersec', peer, reader);
    const [module] = hooks.having('socketGetpeersec', chosen);
    return module?.hooks.socketGetpeersec(peer, reader) ?? E.ENOPROTOOPT;
  }

  /** The value of SO_PEERCONTEXT: `module NUL label NUL` of each labelling module that knows the peer. EINVAL when none does. */
  context(end: OtherEnd | undefined, caller: TaskId): Result<Uint8Array> {
    const peer = end && this.#find(end);
    if (end !== undefined && peer === undefined) return E.EINVAL;
    const reader = this.#host.taskOf(caller);
    this.#host.noteUserNamespace(reader);
    const parts = this.#host.defaultModule.candidates.flatMap(({ id, name }) => {
      const label = this.#host.hooks.having('socketGetpeersec', id)[0]?.hooks.socketGetpeersec(peer, reader);
      return label === undefined || failed(label) ? [] : [compoundPart(name, label)];
    });
    return parts.length === 0 ? E.EINVAL : Buffer.concat(parts);
  }

  /**
   * Who made a socket that `holder` has open: a task in the state it had then, or the holder itself when nothing was noted.
   * @param addressOf what it is bound to.
   */
  maker(socket: number, addressOf: () => string | undefined, holder: Task): Task {
    const noted = this.#own.get(socket);
    if (noted !== undefined || this.#bound.size === 0) return noted ?? holder;
    const address = addressOf();
    return (address === undefined ? undefined : this.#bound.get(placeOf(holder.process.tgid, address))) ?? holder;
  }

  /** Who made the other end. */
  other(end: OtherEnd): Task | undefined {
    return this.#find(end);
  }

  /** The first note of a socket counts. */
  note(task: Task, pairs: readonly SocketPair[]): void {
    let present: Task | undefined;
    for (const { socket, peer, address } of pairs) {
      const bound = address === undefined ? undefined : placeOf(task.process.tgid, address);
      let label = this.#own.get(socket) ?? (bound === undefined ? undefined : this.#bound.get(bound));
      if (label === undefined) {
        present ??= snapshot(task);
        label = present;
      }
      if (!this.#own.has(socket)) remember(this.#own, socket, label);
      if (bound !== undefined && !this.#bound.has(bound)) remember(this.#bound, bound, label);
      if (peer !== 0 && !this.#peers.has(peer)) remember(this.#peers, peer, label);
    }
  }

  #find({ socket, peer, address, connector }: OtherEnd): Task | undefined {
    const noted = this.#own.get(peer) ?? this.#peers.get(socket);
    if (noted !== undefined) return noted;
    const process = this.#host.find(connector);
    if (process === undefined || address === undefined) return process;
    return this.#bound.get(placeOf(process.process.tgid, address)) ?? process;
  }
}

/** Addresses of different processes may be the same file at different times. */
function placeOf(tgid: Tgid, address: string): string {
  return `${tgid} ${address}`;
}

function remember<Key>(map: Map<Key, Task>, key: Key, label: Task): void {
  map.set(key, label);
  const [oldest] = map.keys();
  if (map.size > LIMIT && oldest !== undefined) map.delete(oldest);
}
