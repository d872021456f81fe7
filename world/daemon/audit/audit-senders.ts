/** Who sends requests to audit, by netlink or by a file, and which of his capabilities count there. */
import { CAP } from '../../../linux/capability.ts';
import type { Tid } from '../../../linux/ids.ts';
import { auditArch } from '../../../linux/syscall-numbers.ts';
import type { AuditContainer } from '../../../lsm/framework/audit/container.ts';
import { type LookUp, lookedUp } from '../../../lsm/framework/audit/paths.ts';
import type { AuditSender } from '../../../lsm/framework/audit/request.ts';
import type { AuditSenders } from '../../../lsm/framework/audit/senders.ts';
import type { RecordSubject } from '../../../lsm/framework/audit/subject.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import { type Caller, capableInOwn } from '../../../vfs/tree/caller.ts';
import { inOwnPidNamespace, ownPid } from './audit-facts.ts';
import { namespaceOf } from './container-view.ts';

type Rights = Pick<AuditSender, 'control' | 'write'>;

export interface AuditSendersHost {
  readonly stack: Stack;
  /** `undefined` when it has ended. */
  subject(task: Task): RecordSubject | undefined;
}

export class WorldAuditSenders implements AuditSenders {
  readonly machine = auditArch(process.arch);
  /** What paths lead to for a thread that waits. */
  looker: (tid: Tid, paths: readonly string[]) => Promise<readonly LookUp[]> = () => Promise.resolve([]);
  readonly #host: AuditSendersHost;
  /** User namespaces of containers, which outlive their first processes. */
  readonly #homes = new WeakMap<AuditContainer, string>();

  constructor(host: AuditSendersHost) {
    this.#host = host;
  }

  of(caller: Caller) {
    const subject = this.#host.subject(this.#host.stack.taskOf(caller));
    if (subject === undefined) return undefined;
    const sender = this.sender({ control: true, write: true }, caller, subject);
    return { ...sender, read: this.may(caller, CAP.AUDIT_READ) };
  }

  lookUp({ tid }: Caller, paths: readonly string[], done: (looks: readonly LookUp[]) => void): void {
    void this.looker(tid, paths).then(done);
  }

  /** @param opener what it had: it counts for what is sent without an address (__netlink_ns_capable()). */
  sender(opener: Rights, caller: Caller, subject: RecordSubject): AuditSender {
    const { stack } = this.#host;
    const task = stack.taskOf(caller);
    const inside = stack.audit.instanceOf(task).container !== undefined;
    return {
      task,
      subject,
      initialUserNamespace: this.isAtHome(caller),
      // A container has a pid namespace of its own, on which permissions do not depend there.
      initialPidNamespace: inside || inOwnPidNamespace(caller.tid),
      ownPid: ownPid(caller.tid) ?? caller.tgid,
      control: opener.control && this.may(caller, CAP.AUDIT_CONTROL),
      write: opener.write && this.may(caller, CAP.AUDIT_WRITE),
      paths: lookedUp([]),
    };
  }

  isAtHome(caller: Caller): boolean {
    if (caller.userNamespace === undefined) return true;
    const { stack } = this.#host;
    const { container } = stack.audit.stateOf(stack.taskOf(caller));
    if (container === undefined) return false;
    const { first } = container;
    const isThere = first !== undefined && stack.tasks.find(first.tid) === first;
    const home = (isThere ? namespaceOf(first.tid, 'user') : undefined) ?? this.#homes.get(container);
    if (home !== undefined) this.#homes.set(container, home);
    return home !== undefined && home === namespaceOf(caller.tid, 'user');
  }

  may(caller: Caller, capability: number): boolean {
    return this.isAtHome(caller) && capableInOwn(caller, capability);
  }
}
