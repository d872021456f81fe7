/**
 * What the fast path knows of the threads that make calls, each in one program (caller/task-stamps.ts).
 *
 * Model: by what its modules judge the caller (access/subjects.ts) until the epoch moves; its root, until paths may lead elsewhere. Most
 * have the same root, of which one descriptor is kept open between calls. It is closed before calls that change mounts. While all tasks
 * are judged alike, one with the same credentials is known by one that was met before.
 */
import { AT_EMPTY_PATH } from '../../../linux/fcntl.ts';
import { type Tgid, type Tid, tgidOf } from '../../../linux/ids.ts';
import type { AccessScope, LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import { TextNumbers } from '../../text-numbers.ts';
import { credentialsText } from '../caller/process-status.ts';
import type { TaskStamps } from '../caller/task-stamps.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { NumberedScope } from './labels.ts';
import { IDENTITY } from './paths.ts';
import { type Scratch, STAT } from './scratch.ts';

/** Of whom nothing is asked about files. */
export const FREE = 'free';

export interface FastCaller {
  readonly names: number;
  /** {@link CallersHost.changes} */
  readonly changes: number;
  /** Equal numbers get equal answers. */
  readonly subject: number;
  readonly scope: NumberedScope | typeof FREE;
  /** Devices, major and minor by turns, of which attributes are kept elsewhere. */
  readonly kept: readonly number[];
  readonly fsuid: number;
  /** No permission of a directory stops it. */
  readonly passesAll: boolean;
  /** access(2) judges it by the same ids as open(2). */
  readonly isJudgedAlike: boolean;
  /** Lower halves of the inode numbers of what others may have opened of what it has open. */
  readonly noted: readonly number[];
  /** Its root is the one that is kept. */
  readonly hasRoot: boolean;
  /** What tells its root apart ({@link IDENTITY}). */
  readonly root: readonly number[];
}

/** What the handlers know of a caller. */
export interface KnownCaller {
  /** Absent = nothing can be decided about it. */
  readonly scope: AccessScope;
  /** Equal texts get equal answers. */
  readonly text: string;
  readonly kept: readonly string[];
  readonly fsuid: number;
  readonly passesAll: boolean;
  readonly isJudgedAlike: boolean;
  /** Inode numbers of what others may have opened of what it has open. */
  readonly noted: readonly number[];
  /** Credentials (credentialsText()) with which each thread of our user namespace is judged like this one; absent = it alone. */
  readonly alike?: string | undefined;
}

/** A thread that is about to run a program. */
interface Executing {
  readonly tgid: Tgid;
  /** Equal numbers are equal credentials. */
  readonly credentials: number;
}

export interface CallersHost {
  readonly tasks: Pick<TaskStamps, 'assumed' | 'of'>;
  readonly epoch: Pick<Epoch, 'names'>;
  /** Moves when callers change their credentials, and when there begins to be something to decide. */
  readonly changes: number;
  /** Looks at the caller; `undefined` = what is found of it may not be remembered. */
  know(tid: Tid): KnownCaller | undefined;
  /** Moves when tasks may be judged by others than before (ProgramAnnouncements). */
  readonly generation: number;
}

const NO_STAMP = 0;
/** Lines of /proc/<tid>/status. */
const TGID = '\nTgid:\t';
const UNTRACED = '\nTracerPid:\t0\n';
const MAY_GAIN_PRIVILEGES = '\nNoNewPrivs:\t0\n';
const REMEMBERED = 4096;
const NO_ROOT: FastCaller['root'] = [];

export class Callers {
  readonly #scratch: Scratch;
  readonly #host: CallersHost;
  readonly #known = new Map<number, FastCaller>();
  readonly #subjects = new Map<string, number>();
  readonly #scopes = new Map<string, NumberedScope>();
  /** Many callers have the same one. */
  #last: { readonly of: LabelScope; readonly numbered: NumberedScope } | undefined;
  /** The last one that others are like. */
  #model: { readonly generation: number; readonly credentials: string; readonly caller: FastCaller } | undefined;
  readonly #credentials = new TextNumbers();
  #ownUserNamespace: string | undefined;
  /** Processes, by stamps of their threads. */
  readonly #tgids = new Map<number, Tgid>();
  /** /proc/<tid>/status of the caller; `undefined` = it was not read in this call, or may not be used. */
  #status: string | undefined;
  /** One that has its root, and runs a program now: its stamp in that. */
  #running: { readonly stamp: number; readonly caller: FastCaller } | undefined;
  #rootFd = -1;
  #root: FastCaller['root'] = NO_ROOT;

  constructor(scratch: Scratch, host: CallersHost) {
    this.#scratch = scratch;
    this.#host = host;
  }

  /** A call begins. */
  begin(): void {
    this.#status = undefined;
  }

  /** To be called when the epoch has moved. */
  forget(): void {
    this.#known.clear();
    this.#subjects.clear();
    this.#scopes.clear();
    this.#last = undefined;
    this.leaveRoot();
  }

  /** To be called before a call that may unmount the root, or change that of its caller. */
  leaveRoot(): void {
    if (this.#rootFd >= 0) this.#scratch.close(this.#rootFd);
    this.#rootFd = -1;
    this.#model = undefined;
    this.#running = undefined;
    this.#known.clear();
  }

  /** The root of those that have it: a descriptor. */
  get rootFd(): number {
    return this.#rootFd;
  }

  /** If the thread is the one that had this id before ({@link TaskStamps.assumed}). @returns `undefined` = the handlers have to look. */
  of(tid: Tid): FastCaller | undefined {
    const { epoch, tasks } = this.#host;
    const known = this.#known.get(tasks.assumed(tid));
    if (known?.names === epoch.names && known.changes === this.#host.changes) return known;
    const stamp = tasks.of(tid);
    return stamp === NO_STAMP ? undefined : this.#meet(tid, stamp);
  }

  #meet(tid: Tid, stamp: number): FastCaller | undefined {
    // Before it is looked at.
    const { changes, generation } = this.#host;
    const { names } = this.#host.epoch;
    const caller =
      this.#likeBefore(tid, stamp, generation, names, changes) ?? this.#look(tid, generation, names, changes);
    if (caller === undefined) return undefined;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(stamp, caller);
    return caller;
  }

  #look(tid: Tid, generation: number, names: number, changes: number): FastCaller | undefined {
    const found = this.#host.know(tid);
    if (found === undefined || found.scope === undefined) return undefined;
    const root = this.#rootOf(tid);
    if (root === undefined) return undefined;
    const caller: FastCaller = {
      names,
      changes,
      subject: this.#numberOf(found.text),
      scope: found.scope === 'nothing' ? FREE : this.#scopeOf(found.scope),
      kept: found.kept.flatMap((device) => device.split(':').map(Number)),
      fsuid: found.fsuid,
      passesAll: found.passesAll,
      isJudgedAlike: found.isJudgedAlike,
      noted: found.noted.map((ino) => ino >>> 0),
      hasRoot: root === this.#root,
      root,
    };
    if (found.alike !== undefined) this.#model = { generation, credentials: found.alike, caller };
    return caller;
  }

  /** By one that was met before, if all are judged alike. */
  #likeBefore(tid: Tid, stamp: number, generation: number, names: number, changes: number): FastCaller | undefined {
    const model = this.#model;
    if (model?.generation !== generation) return undefined;
    const { caller } = model;
    // A new program has the root and the user namespace of the one before.
    const runs = this.#running?.stamp === stamp && this.#running.caller.names === names;
    const status = runs ? this.#scratch.readStatus(tid) : this.#statusOf(tid);
    if (status === undefined || credentialsText(status) !== model.credentials) return undefined;
    const root = runs ? this.#root : this.#rootOf(tid);
    if (root === undefined) return undefined;
    const hasRoot = root === this.#root;
    if (caller.names === names && caller.changes === changes && caller.hasRoot && hasRoot) return caller;
    const like = { ...caller, names, changes, hasRoot, root };
    this.#model = { ...model, caller: like };
    return like;
  }

  /** The status of a thread of our user namespace. */
  #statusOf(tid: Tid): string | undefined {
    if (this.#status !== undefined) return this.#status;
    const status = this.#scratch.readStatus(tid);
    this.#ownUserNamespace ??= this.#scratch.userNamespace('thread-self');
    if (this.#ownUserNamespace === undefined || this.#scratch.userNamespace(tid) !== this.#ownUserNamespace)
      return undefined;
    this.#status = status;
    return status;
  }

  /** The process of the caller, which {@link of} has met; `undefined` = it has ended. */
  tgidOf(tid: Tid): Tgid | undefined {
    const stamp = this.#host.tasks.assumed(tid);
    const known = this.#tgids.get(stamp);
    if (known !== undefined || stamp === NO_STAMP) return known;
    const status = this.#scratch.readStatus(tid);
    if (status === undefined) return undefined;
    if (this.#tgids.size >= REMEMBERED) this.#tgids.clear();
    const tgid = tgidIn(status);
    this.#tgids.set(stamp, tgid);
    return tgid;
  }

  /** It runs a program now. @param stamp that it has in it. */
  runs(caller: FastCaller, stamp: number): void {
    this.#running = caller.hasRoot && stamp !== NO_STAMP ? { stamp, caller } : undefined;
  }

  /** Process and credentials of a thread that is about to run a program; `undefined` = it is traced, or may gain no privileges. */
  executing(tid: Tid): Executing | undefined {
    const status = this.#statusOf(tid);
    if (status?.includes(UNTRACED) !== true || !status.includes(MAY_GAIN_PRIVILEGES)) return undefined;
    const credentials = credentialsText(status);
    return credentials === undefined
      ? undefined
      : { tgid: tgidIn(status), credentials: this.#credentials.of(credentials) };
  }

  #numberOf(text: string): number {
    const known = this.#subjects.get(text);
    if (known !== undefined) return known;
    this.#subjects.set(text, this.#subjects.size + 1);
    return this.#subjects.size;
  }

  #scopeOf(scope: LabelScope): NumberedScope {
    if (this.#last?.of === scope) return this.#last.numbered;
    const numbered = this.#numberedScope(scope);
    this.#last = { of: scope, numbered };
    return numbered;
  }

  #numberedScope(scope: LabelScope): NumberedScope {
    const text = JSON.stringify(scope);
    const known = this.#scopes.get(text);
    if (known !== undefined) return known;
    const numbered = { ...scope, number: this.#scopes.size + 1, names: new Set(scope.named) };
    this.#scopes.set(text, numbered);
    return numbered;
  }

  #rootOf(tid: Tid): FastCaller['root'] | undefined {
    const scratch = this.#scratch;
    const fd = scratch.openLink(tid, 'root');
    if (fd < 0) return undefined;
    if (!scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH)) {
      scratch.close(fd);
      return undefined;
    }
    const { stat } = scratch;
    const found = IDENTITY.map((at) => stat[at] as number);
    if (this.#rootFd < 0) {
      this.#rootFd = fd;
      this.#root = found;
      return found;
    }
    scratch.close(fd);
    return found.every((one, at) => one === this.#root[at]) ? this.#root : found;
  }
}

const tgidIn = (status: string): Tgid => tgidOf(Number.parseInt(status.slice(status.indexOf(TGID) + TGID.length), 10));

/** Has the caller a file open with the inode number that statx(2) has told, that another may have opened? */
export function isNoted({ noted }: FastCaller, stat: Int32Array): boolean {
  if (noted.length === 0) return false;
  return noted.includes((stat[STAT.INO] as number) >>> 0);
}
