/**
 * Who may do what with the nodes of an audit: the checks that netlink requests have.
 *
 * A task reaches its own audit and those of containers inside of its own. What it may do there it has by the capabilities that
 * count for its own audit.
 */
import { E, type Errno, failed, type Result } from '../../../../linux/errno.ts';
import type { Caller } from '../../../../vfs/tree/caller.ts';
import type { Task } from '../../task.ts';
import type { Audit } from '../audit.ts';
import { type AuditContainer, around } from '../container.ts';
import type { AuditInstance } from '../instance.ts';
import type { LookUp } from '../paths.ts';
import type { AuditSender } from '../request.ts';
import type { AuditRequests } from '../requests.ts';
import type { RulePaths } from '../rule.ts';

/** Who uses a node. */
export interface NodeSender extends AuditSender {
  /** It has CAP_AUDIT_READ. */
  readonly read: boolean;
}

export interface AccessHost {
  readonly audit: Audit;
  readonly requests: AuditRequests;
  taskOf(caller: Caller): Task;
  /** `undefined` when it is gone. */
  sender(caller: Caller): NodeSender | undefined;
  /** As of AuditSenders; `undefined` = nobody can. */
  lookUp(caller: Caller): ((paths: readonly string[], done: (looks: readonly LookUp[]) => void) => void) | undefined;
  /** Is it in the user namespace whose capabilities count for its audit? */
  isAtHome(caller: Caller): boolean;
}

/** What one asks for by a node. */
export interface NodeRequest {
  readonly type: number;
  readonly data: Uint8Array;
}

export type NodeRight = 'control' | 'write' | 'read';

export class AuditAccess {
  readonly #host: AccessHost;

  constructor(host: AccessHost) {
    this.#host = host;
  }

  get audit(): Audit {
    return this.#host.audit;
  }

  get requests(): AuditRequests {
    return this.#host.requests;
  }

  lookUp(caller: Caller): ReturnType<AccessHost['lookUp']> {
    return this.#host.lookUp(caller);
  }

  /** The audit of the caller. */
  own(caller: Caller): AuditInstance {
    return this.#host.audit.instanceOf(this.#host.taskOf(caller));
  }

  /** Is this audit the caller's own, or that of a container inside of his? */
  reaches(caller: Caller, { container }: AuditInstance): boolean {
    const own = this.#host.audit.stateOf(this.#host.taskOf(caller)).container;
    return own === undefined || [...around(container)].includes(own);
  }

  /** Owner of its nodes for this caller: who stands for root where the capabilities for his audit count. */
  owner(caller: Caller): { readonly uid: number; readonly gid: number } {
    const { userNamespace } = caller;
    if (userNamespace === undefined || !this.#host.isAtHome(caller)) return { uid: 0, gid: 0 };
    const { rootUid: uid = 0, rootGid: gid = 0 } = userNamespace;
    return { uid, gid };
  }

  /** The caller with regard to an audit, whose his records are; EPERM where he does not reach it. */
  reach(caller: Caller, instance: AuditInstance): Result<NodeSender> {
    if (!this.reaches(caller, instance)) return E.EPERM;
    const sender = this.#host.sender(caller);
    if (sender === undefined) return E.ESRCH;
    const { container } = instance;
    if (container === undefined || container === sender.subject.container) return sender;
    return { ...sender, subject: { ...sender.subject, container } };
  }

  allows(sender: NodeSender, right: NodeRight): boolean {
    const { initialUserNamespace, initialPidNamespace } = sender;
    return initialUserNamespace && sender[right] && (right !== 'control' || initialPidNamespace);
  }

  /** The same of one who has the right to; else EPERM. */
  sender(caller: Caller, instance: AuditInstance, right: NodeRight): Result<NodeSender> {
    const sender = this.reach(caller, instance);
    return failed(sender) || this.allows(sender, right) ? sender : E.EPERM;
  }

  /** Containers directly inside of that of an audit. */
  inside({ container }: AuditInstance): readonly AuditContainer[] {
    return [...this.audit.containers.all()].filter(({ parent }) => parent === container);
  }

  /** Has its container not ended? */
  isThere({ container }: AuditInstance): boolean {
    return container === undefined || this.audit.containers.find(container.id) === container;
  }

  /** Handles requests up to one that is refused. @param paths what those in them lead to; absent = as the sender says. */
  ask(
    caller: Caller,
    instance: AuditInstance,
    requests: readonly NodeRequest[],
    right: NodeRight,
    paths?: RulePaths,
  ): Errno | undefined {
    const found = this.sender(caller, instance, right);
    if (failed(found)) return found;
    const sender = paths === undefined ? found : { ...found, paths };
    for (const request of requests) {
      const refused = this.requests.handle(instance, request, sender);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }
}
