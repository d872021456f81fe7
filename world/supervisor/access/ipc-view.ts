/**
 * System V IPC objects in the IPC namespace of a caller, with the members that the kernel's own checks use.
 *
 * Source: ipc/util.c; include/uapi/asm-generic/{ipcbuf,shmbuf,msgbuf,sembuf}.h, arch/x86/include/uapi/asm/sembuf.h. The
 * *_STAT_ANY commands (4.17) need no permission, take an index, and return the id. Objects that are new since the last
 * look are reported to the stack, which knows the task that was making one.
 *
 * A look costs one call for each object there is. When a call makes an object with a key, it is spared: what the calls before made
 * is found by key, and the number of objects says that there is nothing else. A change elsewhere that leaves the number as it was
 * (one removed, one made) is seen as soon as somebody uses the new object, whose id is not known then.
 */

import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { type Tgid, type Tid, tgidOf } from '../../../linux/ids.ts';
import {
  IPC_INFO,
  IPC_PERM,
  IPC_PRIVATE,
  MSG_INFO,
  MSG_INFO_USED,
  MSG_QNUM,
  MSG_STAT_ANY,
  SEM_INFO,
  SEM_INFO_USED,
  SEM_NSEMS,
  SEM_STAT_ANY,
  SHM_CPID,
  SHM_INFO,
  SHM_INFO_USED,
  SHM_SEGSZ,
  SHM_STAT_ANY,
} from '../../../linux/ipc.ts';
import type { AccessedIpc, IpcObject, IpcType } from '../../../lsm/framework/access/ipc-access.ts';
import type { IpcEvent } from '../../../lsm/framework/events.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { inNamespaceOf } from '../caller/visit-namespace.ts';
import type { Ask } from '../protocol/questions/index.ts';

export interface IpcState extends AccessedIpc {
  readonly uid: number;
  readonly gid: number;
  /** Of who made it. */
  readonly creatorUid: number;
  readonly creatorGid: number;
  readonly mode: number;
  /** Bytes of a segment, semaphores of a set, messages in a queue. */
  readonly size: number;
  /** Of a segment: the process that made it. */
  readonly creator?: Tgid;
}

/** Milliseconds that a call that makes an object waits for another thread's, and the pause between two looks. */
const PATIENCE = 20;
const PAUSE = 0.1;
/** After this many milliseconds such a call counts as failed. */
const FORGOTTEN = 1000;
/** Calls that are remembered at most. */
const MAKERS = 64;

interface Maker {
  readonly tid: Tid;
  readonly key: number;
  readonly since: number;
}

interface Layout {
  readonly statAny: number;
  /** SHM_INFO and its like: gives the highest index that is in use. */
  readonly info: number;
  /** Offset of the number of objects in what that command writes. */
  readonly used: number;
  /** Offset of `size` in the struct. */
  readonly size: number;
  control(id: number, command: number, address: number): number;
  find(key: number): number;
}

/** The calls, and what they write. */
export type IpcLayouts = Readonly<Record<IpcType, Layout>>;

export const LAYOUTS: IpcLayouts = {
  shm: {
    statAny: SHM_STAT_ANY,
    info: SHM_INFO,
    used: SHM_INFO_USED,
    size: SHM_SEGSZ,
    control: (id, command, address) => rawSyscall(NR.shmctl, id, command, address),
    find: (key) => rawSyscall(NR.shmget, key),
  },
  msg: {
    statAny: MSG_STAT_ANY,
    info: MSG_INFO,
    used: MSG_INFO_USED,
    size: MSG_QNUM,
    control: (id, command, address) => rawSyscall(NR.msgctl, id, command, address),
    find: (key) => rawSyscall(NR.msgget, key),
  },
  sem: {
    statAny: SEM_STAT_ANY,
    info: SEM_INFO,
    used: SEM_INFO_USED,
    size: SEM_NSEMS,
    control: (id, command, address) => rawSyscall(NR.semctl, id, 0, command, address),
    find: (key) => rawSyscall(NR.semget, key),
  },
};

/** The objects that were reported to the stack. */
interface Told {
  has(object: IpcObject): boolean;
  /** Is another thread making an object whose id is not known yet? */
  awaits(about: Omit<IpcObject, 'id'>, tid: Tid): boolean;
  /** How many there were, and the keys of those that were about to be made. */
  before(about: Omit<IpcObject, 'id'>): { readonly count: number; readonly keys: readonly number[] };
  /** @param everything `made` has all that there are; else what is new, and nothing is gone. */
  tell(event: Omit<IpcEvent, 'gone'>, everything: boolean): void;
}

export class IpcView implements Told {
  readonly #view: CallerView;
  readonly #ask: Ask;
  readonly #layouts: IpcLayouts;
  readonly #own: number;
  /** Reported ids, by namespace and type. */
  readonly #told = new Map<string, Set<number>>();
  /** Threads that are making an object whose id is not known yet, by namespace and type. */
  readonly #making = new Map<string, readonly Maker[]>();

  constructor(view: CallerView, ask: Ask, layouts = LAYOUTS) {
    this.#layouts = layouts;
    this.#view = view;
    this.#ask = ask;
    this.#own = this.#namespaceOf('self');
  }

  /** @returns false when the caller's namespace cannot be looked at: then nothing was done. */
  visit(tid: Tid, act: (space: IpcSpace) => void): boolean {
    const number = this.#namespaceOf(tid);
    if (number < 0) return false;
    const enter = (): number => {
      act(new IpcSpace(this.#view, number, tid, this, this.#layouts));
      return 0;
    };
    return (number === this.#own ? enter() : inNamespaceOf(this.#view, tid, 'ipc', enter)) === 0;
  }

  #namespaceOf(tid: Tid | 'self'): number {
    const link = this.#view.readlinkAt(AT_FDCWD, `/proc/${tid}/ns/ipc`);
    return Number(/^ipc:\[(\d+)\]$/.exec(link ?? '')?.[1] ?? -1);
  }

  has(object: IpcObject): boolean {
    return this.#told.get(nameOf(object))?.has(object.id) === true;
  }

  awaits(about: Omit<IpcObject, 'id'>, tid: Tid): boolean {
    const now = performance.now();
    return this.#makersOf(about).some((maker) => maker.tid !== tid && now - maker.since < FORGOTTEN);
  }

  #makersOf(about: Omit<IpcObject, 'id'>): readonly Maker[] {
    return this.#making.get(nameOf(about)) ?? [];
  }

  before(about: Omit<IpcObject, 'id'>) {
    return {
      count: this.#told.get(nameOf(about))?.size ?? 0,
      keys: this.#makersOf(about).map(({ key }) => key),
    };
  }

  tell(event: Omit<IpcEvent, 'gone'>, everything: boolean): void {
    const name = nameOf(event);
    const told = this.#told.get(name) ?? new Set();
    const made = event.made.filter(({ id }) => !told.has(id));
    const gone = everything ? missing(told, event.made) : [];
    const { making } = event;
    if (made.length === 0 && gone.length === 0 && making === undefined) return;
    if (this.#ask({ ...event, made, gone }) === undefined) return;
    const others = this.#makersOf(event)
      .slice(made.length)
      .filter(({ tid }) => making === undefined || tid !== event.tid);
    if (making !== undefined) others.push({ tid: event.tid, key: making.key, since: performance.now() });
    if (others.length === 0) this.#making.delete(name);
    else this.#making.set(name, others.slice(-MAKERS));
    for (const id of gone) told.delete(id);
    for (const { id } of made) told.add(id);
    if (told.size === 0) this.#told.delete(name);
    else this.#told.set(name, told);
  }
}

function missing(told: ReadonlySet<number>, made: IpcEvent['made']): number[] {
  const present = new Set(made.map(({ id }) => id));
  return [...told].filter((id) => !present.has(id));
}

const nameOf = ({ namespace, type }: Omit<IpcObject, 'id'>): string => `${namespace} ${type}`;

/** The IPC namespace of one caller, while this thread is in it. */
export class IpcSpace {
  readonly #view: CallerView;
  readonly #number: number;
  readonly #tid: Tid;
  readonly #told: Told;
  readonly #layouts: IpcLayouts;
  readonly #sleep = new Int32Array(new SharedArrayBuffer(4));

  constructor(view: CallerView, number: number, tid: Tid, told: Told, layouts: IpcLayouts) {
    this.#layouts = layouts;
    this.#view = view;
    this.#number = number;
    this.#tid = tid;
    this.#told = told;
  }

  /** @param byIndex the number is an index, as for SHM_STAT. @returns `undefined` = no such object; the kernel will say so itself. */
  object(type: IpcType, number: number, byIndex = false): IpcState | undefined {
    const found = this.#stat(type, number);
    if (found === undefined || (!byIndex && found.id !== number)) return undefined;
    if (!this.#told.has(found)) this.synchronize(type);
    return found;
  }

  find(type: IpcType, key: number): IpcState | undefined {
    const id = this.#layouts[type].find(key);
    return id < 0 ? undefined : this.object(type, id);
  }

  /** As {@link object} and {@link find}, of which the stack need not know. @param by what the number is. */
  look(type: IpcType, number: number, by: 'id' | 'index' | 'key'): IpcState | undefined {
    const id = by === 'key' ? this.#layouts[type].find(number) : number;
    const found = id < 0 ? undefined : this.#stat(type, id);
    return found === undefined || (by !== 'index' && found.id !== id) ? undefined : found;
  }

  /** Limits that are checked first: bytes of a segment, of a message, semaphores of a set; and operations of a semop(2). */
  limits(type: IpcType): { readonly size: number; readonly operations: number } {
    const { resultView, resultAddress } = this.#view;
    if (this.#layouts[type].control(0, IPC_INFO, resultAddress) < 0) return { size: 0, operations: 0 };
    if (type === 'shm') return { size: Number(resultView.getBigUint64(0, true)), operations: 0 };
    if (type === 'msg') return { size: resultView.getInt32(8, true), operations: 0 };
    return { size: resultView.getInt32(12, true), operations: resultView.getInt32(20, true) };
  }

  /** Reports all existing objects of the type to the stack. @param making the caller is about to make one. */
  synchronize(type: IpcType, making?: { readonly key: number; readonly uid: number }): void {
    if (making === undefined) this.#report(type);
    else {
      const alone = this.#letOthersEnd(type);
      this.#report(type, this.#expected(type), { ...making, alone });
    }
  }

  /** @param states what is new; absent = look at everything. */
  #report(type: IpcType, states?: readonly IpcState[], making?: IpcEvent['making']): void {
    const made = (states ?? this.#all(type)).map(({ id, key, creatorUid, creator }) => ({
      id,
      key,
      uid: creatorUid,
      ...(creator && { process: creator }),
    }));
    made.sort((a, b) => a.id - b.id);
    const event = { kind: 'ipc', tid: this.#tid, namespace: this.#number, type, made } as const;
    this.#told.tell({ ...event, ...(making && { making }) }, states === undefined);
  }

  /** What is new when that is only what calls were about to make; else `undefined`. */
  #expected(type: IpcType): IpcState[] | undefined {
    const { count, keys } = this.#told.before({ namespace: this.#number, type });
    if (keys.includes(IPC_PRIVATE)) return undefined;
    const found = [...new Set(keys)].flatMap((key) => this.look(type, key, 'key') ?? []);
    const made = found.filter((state) => !this.#told.has(state));
    const { info, used, control } = this.#layouts[type];
    const { resultView, resultAddress } = this.#view;
    if (control(0, info, resultAddress) < 0) return undefined;
    return resultView.getInt32(used, true) === count + made.length ? made : undefined;
  }

  #all(type: IpcType): IpcState[] {
    const { info, control } = this.#layouts[type];
    const last = control(0, info, this.#view.resultAddress);
    const states: IpcState[] = [];
    for (let index = 0; index <= last; index++) {
      const state = this.#stat(type, index);
      if (state !== undefined) states.push(state);
    }
    return states;
  }

  /** Waits for objects of earlier calls, which may have failed, up to PATIENCE. @returns true = no other thread is making one. */
  #letOthersEnd(type: IpcType): boolean {
    const about = { namespace: this.#number, type };
    const end = performance.now() + PATIENCE;
    while (this.#told.awaits(about, this.#tid)) {
      this.#report(type, this.#expected(type));
      if (!this.#told.awaits(about, this.#tid)) return true;
      if (performance.now() >= end) return false;
      Atomics.wait(this.#sleep, 0, 0, PAUSE);
    }
    return true;
  }

  #stat(type: IpcType, number: number): IpcState | undefined {
    const { resultView: view, resultAddress } = this.#view;
    const { statAny, size, control } = this.#layouts[type];
    const id = control(number, statAny, resultAddress);
    if (id < 0) return undefined;
    return {
      namespace: this.#number,
      type,
      id,
      key: view.getInt32(IPC_PERM.KEY, true),
      uid: view.getUint32(IPC_PERM.UID, true),
      gid: view.getUint32(IPC_PERM.GID, true),
      creatorUid: view.getUint32(IPC_PERM.CREATOR_UID, true),
      creatorGid: view.getUint32(IPC_PERM.CREATOR_GID, true),
      mode: view.getUint32(IPC_PERM.MODE, true),
      size: Number(view.getBigUint64(size, true)),
      ...(type === 'shm' && { creator: tgidOf(view.getInt32(SHM_CPID, true)) }),
    };
  }
}
