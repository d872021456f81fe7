/**
 * The process attributes of SELinux: /proc/<pid>/attr and lsm_{get,set}_self_attr(2).
 *
 * Checks and their order: selinux_lsm_getattr() and selinux_lsm_setattr() of security/selinux/hooks.c, Linux 6.12. Everybody sees of a task
 * what it is in the namespace of who looks; a task changes only what it is in its own.
 */

import { AUDIT } from '../../../linux/audit.ts';
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import type { ActingTask } from '../../framework/audit/lsm-audit.ts';
import type { AttrName } from '../../framework/module-facts.ts';
import type { Task, TaskBlob } from '../../framework/task.ts';
import { transitionIsBounded } from '../decide/bounded.ts';
import { SID } from '../decide/index.ts';
import { hasMacAdmin } from '../namespaces/mac-admin.ts';
import type { SelinuxNamespace } from '../namespaces/namespace.ts';
import { checkEach, securityIn, sidIn, socketSidIn, type TaskSecurity } from '../namespaces/task-security.ts';
import { SECSID_NULL, type Sid } from '../policy/index.ts';

/** Permission of class process that setting the attribute needs; `prev` cannot be set. */
const SET_PERMISSION: Readonly<Partial<Record<AttrName, string>>> = {
  current: 'setcurrent',
  exec: 'setexec',
  fscreate: 'setfscreate',
  keycreate: 'setkeycreate',
  sockcreate: 'setsockcreate',
};

const NEWLINE = 10;

export class ProcessAttributes {
  readonly #blob: TaskBlob<TaskSecurity>;
  readonly #tracerOf: (task: Task) => Task | undefined;

  constructor(blob: TaskBlob<TaskSecurity>, tracerOf: (task: Task) => Task | undefined) {
    this.#blob = blob;
    this.#tracerOf = tracerOf;
  }

  /** The context with its NUL; empty when not set. */
  get(reader: Task, target: Task, name: AttrName, subject: ActingTask): Result<Uint8Array> {
    const viewer = this.#blob.of(reader);
    if (reader !== target) {
      const security = this.#blob.of(target);
      const refused = checkEach(viewer, ({ namespace, current }) =>
        namespace.state.check(subject, current, sidIn(security, namespace), 'process', 'getattr'),
      );
      if (refused !== undefined) return refused;
    }
    return this.seenFrom(viewer.namespace, target, name);
  }

  /** The label of a socket made by this task, with its NUL; of nobody's when the peer is not there. */
  peer(namespace: SelinuxNamespace, peer: Task | undefined): Result<Uint8Array> {
    const sid = peer && socketSidIn(this.#blob.of(peer), namespace);
    const text = namespace.state.sidToContext(sid ?? SID.unlabeled);
    return failed(text) ? text : bytesOf(`${text}\0`);
  }

  /** As {@link get}, without asking who looks. */
  seenFrom(namespace: SelinuxNamespace, target: Task, name: AttrName): Result<Uint8Array> {
    const security = securityIn(this.#blob.of(target), namespace);
    const outside = name === 'current' || name === 'prev' ? SID.unlabeled : SECSID_NULL;
    const sid = security === undefined ? outside : security[name];
    if (sid === SECSID_NULL) return new Uint8Array(0);
    const text = namespace.state.sidToContext(sid);
    return failed(text) ? text : bytesOf(`${text}\0`);
  }

  /** @returns the length taken: a final newline does not count. */
  set(task: Task, name: AttrName, value: Uint8Array, caller: Caller): Result<number> {
    const security = this.#blob.of(task);
    const { current: own, namespace } = security;
    const permission = SET_PERMISSION[name];
    if (permission === undefined) return E.EOPNOTSUPP;
    const refused = namespace.state.check(caller, own, own, 'process', permission);
    if (refused !== undefined) return refused;

    let length = value.length;
    let sid: Sid = SECSID_NULL;
    if (length > 0 && value[0] !== 0 && value[0] !== NEWLINE) {
      if (value[length - 1] === NEWLINE) length--;
      const found = this.#toSid(name, textOf(value.subarray(0, length)), security, caller);
      if (failed(found)) return found;
      sid = found;
    }
    return this.#assign(task, name, sid, caller) ?? length;
  }

  #toSid(name: AttrName, text: string, security: TaskSecurity, caller: Caller): Result<Sid> {
    const { state } = security.namespace;
    const sid = state.contextToSid(text);
    if (sid !== E.EINVAL || name !== 'fscreate') return sid;
    if (hasMacAdmin(security, caller, true)) return state.contextToSidForced(text);
    const shown = text.endsWith('\0') ? text.slice(0, -1) : text;
    state.log.audit(AUDIT.SELINUX_ERR, `op=fscreate invalid_context=${untrusted(shown)}`);
    return sid;
  }

  #assign(task: Task, name: AttrName, sid: Sid, caller: Caller): Errno | undefined {
    const security = this.#blob.of(task);
    if (name === 'keycreate' && sid !== SECSID_NULL) {
      const refused = security.namespace.state.check(caller, security.current, sid, 'key', 'create');
      if (refused !== undefined) return refused;
    }
    if (name === 'current') {
      if (sid === SECSID_NULL) return E.EINVAL;
      const refused = this.#refuseDynamic(task, security, sid, caller);
      if (refused !== undefined) return refused;
    }
    this.#blob.set(task, { ...security, [name]: sid });
    return undefined;
  }

  /** Threads may only give up rights; who traces the task must be allowed to trace what it becomes. */
  #refuseDynamic(task: Task, { namespace, current: old }: TaskSecurity, sid: Sid, caller: Caller): Errno | undefined {
    const { state } = namespace;
    if (task.process.threads.size > 1 && !transitionIsBounded(state, old, sid, true)) return E.EPERM;
    const refused = state.check(caller, old, sid, 'process', 'dyntransition');
    if (refused !== undefined) return refused;
    const tracer = this.#tracerOf(task);
    return tracer && state.check(caller, sidIn(this.#blob.of(tracer), namespace), sid, 'process', 'ptrace');
  }
}
