/**
 * For tests of SELinux namespaces: a stack with SELinux in this process, and pretended tasks that each have a selinuxfs mounted.
 */

import { textOf } from '../../linux/bytes.ts';
import { ALL_CAPABILITIES } from '../../linux/capability.ts';
import { failed } from '../../linux/errno.ts';
import { type Tgid, type Tid, taskId } from '../../linux/ids.ts';
import { KERNEL_BUILDS } from '../../lsm/builds.ts';
import { bootStack } from '../../lsm/framework/boot.ts';
import type { KernelProfile } from '../../lsm/framework/config.ts';
import type { ExecFile, TaskId } from '../../lsm/framework/events.ts';
import { type LogEntry, type RecordedStack, recordStack } from '../../lsm/framework/journal.ts';
import type { Stack } from '../../lsm/framework/stack.ts';
import { selinux } from '../../lsm/selinux/index.ts';
import { type Caller, KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { Attributes } from '../../vfs/tree/node.ts';
import { MountTable } from '../../vfs/user/mounts.ts';
import { Session } from '../../vfs/user/session.ts';
import { policyImage } from '../selinux-golden/selinux-box.ts';

export interface NamespaceBoxOptions {
  readonly profile: KernelProfile;
  /** Loaded into the initial namespace. */
  readonly policy?: string;
}

export class NamespaceBox {
  readonly stack: Stack;
  /** The same, with every change of it written to `entries`. */
  readonly recorded: RecordedStack;
  readonly entries: LogEntry[] = [];
  readonly log: string[] = [];
  /** Set-up code: no task. */
  readonly kernel: NamespaceTask;
  readonly #alive = new Map<Tid, Tgid>();
  #nextTid = 100;

  constructor({ profile, policy }: NamespaceBoxOptions) {
    this.stack = bootStack(
      { profile, build: KERNEL_BUILDS.uml, lsm: 'selinux', enforcing: false, parameters: {} },
      {
        facts: {
          thread: (tid) => {
            const tgid = this.#alive.get(tid);
            return tgid === undefined ? undefined : { tgid, uid: 0, gid: 0 };
          },
          threads: (tgid) => [...this.#alive].filter(([, group]) => group === tgid).map(([tid]) => tid),
          caller: () => undefined,
        },
        log: {
          print: (text) => this.log.push(text),
          audit: (type, body) => this.log.push(`${type} ${body}`),
        },
      },
      [selinux],
    );
    this.recorded = recordStack(this.stack, (entry) => this.entries.push(entry));
    this.kernel = new NamespaceTask(this, KERNEL_CALLER);
    if (policy !== undefined) this.kernel.write('load', policyImage(policy));
    this.log.length = 0;
  }

  /** A process from outside that has started a program. */
  spawn(): NamespaceTask {
    const task = this.add();
    this.stack.apply({ kind: 'enter', task });
    this.stack.apply({ kind: 'exec', tid: task.tgid });
    return new NamespaceTask(this, callerOf(task));
  }

  /** A process of the initial namespace, and a child of it in a namespace of its own, which it has mounted. */
  pair(name = '1'): { readonly host: NamespaceTask; readonly child: NamespaceTask } {
    const host = this.spawn();
    const child = host.fork();
    child.descend(name);
    return { host, child };
  }

  add(tgid?: Tgid): TaskId {
    const number = this.#nextTid++;
    const task = taskId(number, tgid ?? number);
    this.#alive.set(task.tid, task.tgid);
    return task;
  }

  /** Makes a process of a replayed log known to the outside again. */
  revive({ tid, tgid }: Caller): void {
    this.#alive.set(tid, tgid);
    this.#nextTid = Math.max(this.#nextTid, tid + 1);
  }

  remove(tid: Tid): void {
    this.#alive.delete(tid);
  }
}

function callerOf(task: TaskId): Caller {
  return { ...task, uid: 0, gid: 0, groups: [], capabilities: ALL_CAPABILITIES, comm: 'test' };
}

/** One thread with the selinuxfs that it sees. */
export class NamespaceTask {
  /** Another object when it changes: a log has the former one. */
  caller: Caller;
  readonly #box: NamespaceBox;
  #selinuxfs: Filesystem;
  #session: Session;

  constructor(box: NamespaceBox, caller: Caller, selinuxfs = instanceOf(box, caller)) {
    this.#box = box;
    this.caller = caller;
    this.#selinuxfs = selinuxfs;
    this.#session = this.#mounted();
  }

  fork(): NamespaceTask {
    const child = this.#box.add();
    this.#box.stack.apply({ kind: 'fork', parent: this.caller.tid, child });
    return new NamespaceTask(this.#box, callerOf(child), this.#selinuxfs);
  }

  thread(): NamespaceTask {
    const child = this.#box.add(this.caller.tgid);
    this.#box.stack.apply({ kind: 'fork', parent: this.caller.tid, child });
    return new NamespaceTask(this.#box, callerOf(child), this.#selinuxfs);
  }

  exec(file?: ExecFile): void {
    const { tid, tgid } = this.caller;
    const former = tid === tgid ? {} : { formerTid: tid };
    this.#box.stack.apply({ kind: 'exec', tid: tgid, ...former, ...(file && { file }) });
    this.caller = { ...this.caller, tid: tgid };
  }

  exit(): void {
    this.#box.remove(this.caller.tid);
    this.#box.stack.apply({ kind: 'exit', tid: this.caller.tid });
  }

  /** Mounts the selinuxfs of the task's namespace over the one it sees. */
  mount(): Filesystem {
    this.#selinuxfs = instanceOf(this.#box, this.caller);
    this.#session = this.#mounted();
    return this.#selinuxfs;
  }

  /** unshare, then mount. @returns what the write gave. */
  descend(name = '1'): number | string {
    const written = this.write('unshare', name);
    this.mount();
    return written;
  }

  /** The task with the same ids in another box. */
  on(box: NamespaceBox): NamespaceTask {
    return new NamespaceTask(box, this.caller);
  }

  /** This task, looking at the selinuxfs that another sees. */
  through(other: NamespaceTask): NamespaceTask {
    return new NamespaceTask(this.#box, this.caller, other.#selinuxfs);
  }

  /** Paths are below /sys/fs/selinux; `/attr/X` is the task's own, `/NUMBER/attr/X` that of another. */
  read(name: string): string {
    const fd = this.#session.open(this.#path(name), 0, 0, this.caller);
    if (failed(fd)) return fd.code;
    const content = this.#session.read(fd, 1 << 24, undefined, this.caller);
    this.#session.close(fd);
    return content instanceof Uint8Array ? textOf(content) : String(failed(content) ? content.code : 'waits');
  }

  /** @returns the count, or the name of the error. */
  write(name: string, data: string | Uint8Array, position?: number): number | string {
    const fd = this.#session.open(this.#path(name), 1, 0, this.caller);
    if (failed(fd)) return fd.code;
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    const written = this.#session.write(fd, bytes, position, this.caller);
    this.#session.close(fd);
    return failed(written) ? written.code : written;
  }

  /** Query and answer on one descriptor. */
  ask(name: string, query: string): string {
    const fd = this.#session.open(this.#path(name), 2, 0, this.caller);
    if (failed(fd)) return fd.code;
    const written = this.#session.write(fd, Buffer.from(query, 'latin1'), undefined, this.caller);
    const answer = this.#session.read(fd, 1 << 16, undefined, this.caller);
    this.#session.close(fd);
    if (failed(written)) return written.code;
    return answer instanceof Uint8Array ? textOf(answer) : 'no answer';
  }

  list(name: string): string[] {
    const entries = this.#session.paths.readEntries(this.#path(name), this.caller);
    return failed(entries) ? [entries.code] : entries.map((entry) => entry.name);
  }

  stat(name: string): Attributes & { readonly ino: number } {
    const found = this.#session.paths.resolve(this.#path(name), false, this.caller);
    if (failed(found)) throw new Error(found.code);
    return { ...found.node.attributes(this.caller), ino: found.node.ino };
  }

  #path(name: string): string {
    if (name.startsWith('/attr/')) return `/proc/${this.caller.tgid}/task/${this.caller.tid}${name}`;
    return name.startsWith('/') ? `/proc${name}` : `/sys/fs/selinux/${name}`;
  }

  #mounted(): Session {
    const mounts = new MountTable();
    mounts.mount('/sys/fs/selinux', this.#selinuxfs);
    mounts.mount('/proc', this.#box.recorded.attrTree);
    return new Session(mounts);
  }
}

function instanceOf(box: NamespaceBox, caller: Caller): Filesystem {
  const filesystem = box.recorded.mount('selinuxfs', caller);
  if (failed(filesystem)) throw new Error(filesystem.code);
  return filesystem;
}
