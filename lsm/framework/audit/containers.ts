/**
 * Setting container ids of tasks: /proc/PID/audit_containerid and audit_capcontainerid.
 *
 * Model: audit_set_contid() and audit_set_capcontid() of the series' version 11, with its order of checks. What the
 * files may contain and where they may be written is checked by the files themselves.
 */

import { AUDIT, LOCKED } from '../../../linux/audit.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import type { Tgid } from '../../../linux/ids.ts';
import type { Task } from '../task.ts';
import { AuditContainer, NO_CONTAINER } from './container.ts';
import type { AuditInstance } from './instance.ts';
import type { AuditState } from './state.ts';
import type { RecordSubject } from './subject.ts';

/** The writing task. */
export interface ContainerWriter {
  readonly task: Task;
  readonly subject: RecordSubject;
  /** CAP_AUDIT_CONTROL in the initial user namespace. */
  readonly control: boolean;
  readonly initialUserNamespace: boolean;
}

/** The process tree. */
export interface ProcessFamily {
  hasChildren(task: Task): boolean;
  /** The parent process; `undefined` for the first one, and for processes that have ended. */
  parent(tgid: Tgid): Tgid | undefined;
}

export interface ContainersHost {
  readonly host: AuditInstance;
  readonly family: ProcessFamily;
  stateOf(task: Task): AuditState;
  setState(task: Task, change: Partial<AuditState>): void;
  /** An audit for a container that begins. */
  instance(container: AuditContainer): AuditInstance;
  record(
    type: number,
    body: string,
    subject: (() => RecordSubject) | undefined,
    container: AuditContainer | undefined,
  ): void;
  ended(container: AuditContainer): void;
}

/** A chain of parents is not longer than this, whatever /proc says meanwhile. */
const GENERATIONS = 4096;
/** Containers that one task has made without a task in them. */
const MADE_BY_ONE = 256;

export class AuditContainers {
  readonly #host: ContainersHost;
  readonly #containers = new Map<bigint, AuditContainer>();
  /** Those that were made before a task was in them and have not been destroyed, by who made them. */
  readonly #made = new Map<Task, Set<AuditContainer>>();

  constructor(host: ContainersHost) {
    this.#host = host;
  }

  all(): IterableIterator<AuditContainer> {
    return this.#containers.values();
  }

  find(id: bigint): AuditContainer | undefined {
    return this.#containers.get(id);
  }

  mayRead({ task, control }: Pick<ContainerWriter, 'task' | 'control'>): boolean {
    return control || this.#host.stateOf(task).mayContain;
  }

  /** @param id below 2^64. */
  set(target: Task, id: bigint, writer: ContainerWriter): Errno | undefined {
    const { host } = this.#host;
    if (!host.status.initialized) return E.ENOPROTOOPT;
    if (id === NO_CONTAINER) return E.EINVAL;
    if (!this.mayRead(writer)) return E.EPERM;
    const { process } = target;
    if (process.threads.size > 1 || target.tid !== process.tgid || this.#host.family.hasChildren(target))
      return E.EBUSY;
    if (!this.#isAbove(writer.task, target)) return E.EXDEV;
    const old = this.#host.stateOf(target).container;
    if (old !== undefined && !this.#nests(writer.task, old)) return E.EEXIST;
    const known = this.#containers.get(id);
    if (known !== undefined && known.owner !== writer.task) return E.ENOTUNIQ;
    // While the host's settings are locked no audit instance can be added.
    if (known === undefined && host.status.enabled === LOCKED) return E.EPERM;
    const container = known ?? this.#begin(id, writer.task);
    container.first ??= target;
    container.held++;
    this.#host.setState(target, { container });
    const body = `op=set opid=${process.tgid} contid=${id} old-contid=${old?.id ?? -1}`;
    this.#host.record(AUDIT.CONTAINER_OP, body, () => writer.subject, writer.subject.container);
    if (old !== undefined) this.#release(old, process.tgid);
    return undefined;
  }

  setCapability(target: Task, allowed: boolean, writer: ContainerWriter): Errno | undefined {
    if (!this.#host.host.status.initialized) return E.ENOPROTOOPT;
    if (!this.#isAbove(writer.task, target)) return E.EXDEV;
    const own = this.#host.stateOf(writer.task).mayContain;
    if (!own && !(writer.initialUserNamespace && writer.control)) return E.EPERM;
    const old = this.#host.stateOf(target).mayContain;
    this.#host.setState(target, { mayContain: allowed });
    const number = (value: boolean): number => (value ? 1 : 0);
    const body = `opid=${target.process.tgid} capcontid=${number(allowed)} old-capcontid=${number(old)}`;
    this.#host.record(AUDIT.SET_CAPCONTID, body, () => writer.subject, writer.subject.container);
    return undefined;
  }

  /** A task has ended. @param container that it was in. */
  left(container: AuditContainer | undefined, task: Task): void {
    if (container !== undefined) this.#release(container, task.process.tgid);
    if (this.#made.size > 0) this.#forgetMaker(task);
  }

  /** Makes a container, and so its audit, before a task is in it. */
  create(id: bigint, writer: ContainerWriter): Errno | undefined {
    const { host } = this.#host;
    if (!host.status.initialized) return E.ENOPROTOOPT;
    if (id === NO_CONTAINER) return E.EINVAL;
    if (!this.mayRead(writer)) return E.EPERM;
    if (this.#containers.has(id)) return E.EEXIST;
    if (host.status.enabled === LOCKED) return E.EPERM;
    const made = this.#made.get(writer.task) ?? new Set();
    if (made.size >= MADE_BY_ONE) return E.ENOSPC;
    const container = this.#begin(id, writer.task);
    container.held++;
    this.#made.set(writer.task, made.add(container));
    return undefined;
  }

  /** The inverse; EBUSY while a reader, a task or a container is in it. */
  destroy(container: AuditContainer, by: Task): Errno | undefined {
    const made = this.#made.get(container.owner);
    if (container.instance.delivery.hasReaders || container.held > 1 || made?.has(container) !== true) return E.EBUSY;
    made.delete(container);
    this.#release(container, by.process.tgid);
    return undefined;
  }

  /** What it has made ends with it. */
  #forgetMaker(owner: Task): void {
    const made = this.#made.get(owner) ?? [];
    this.#made.delete(owner);
    for (const container of made) this.#release(container, owner.process.tgid);
  }

  #begin(id: bigint, owner: Task): AuditContainer {
    const { container: parent } = this.#host.stateOf(owner);
    const container = new AuditContainer({ id, owner, parent }, (one) => this.#host.instance(one));
    if (parent !== undefined) parent.held++;
    this.#containers.set(id, container);
    return container;
  }

  #release(container: AuditContainer, tgid: Tgid): void {
    container.held--;
    const byMaker = this.#made.get(container.owner)?.has(container) === true ? 1 : 0;
    if (container.held > byMaker) return;
    const body = `op=drop opid=${tgid} contid=-1 old-contid=${container.id}`;
    if (container.first !== undefined) this.#host.record(AUDIT.CONTAINER_OP, body, undefined, container.parent);
    // Where it is kept, it begins anew with the next one.
    container.first = undefined;
    if (container.held > 0) return;
    this.#containers.delete(container.id);
    this.#host.ended(container);
    if (container.parent !== undefined) this.#release(container.parent, tgid);
  }

  /** Inside of a container, descendants of its owner, but not the owner, may make nested ones. */
  #nests(writer: Task, { owner }: AuditContainer): boolean {
    return owner !== writer && this.#isAbove(owner, writer);
  }

  #isAbove(ancestor: Task, task: Task): boolean {
    if (ancestor.process === task.process) return false;
    let tgid: Tgid | undefined = task.process.tgid;
    for (let count = 0; tgid !== undefined && count < GENERATIONS; count++) {
      tgid = this.#host.family.parent(tgid);
      if (tgid === ancestor.process.tgid) return true;
    }
    return false;
  }
}
