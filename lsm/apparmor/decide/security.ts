/**
 * The state of AppArmor that is not policy: who is confined by what, and who may look at and change the policy.
 *
 * Rules: aa_policy_view_capable(), aa_policy_admin_capable(), aa_may_manage_policy() of security/apparmor/policy.c, Linux 6.12.
 */

import { AUDIT } from '../../../linux/audit.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import type { Tgid } from '../../../linux/ids.ts';
import { type Caller, capableInOwn } from '../../../vfs/tree/caller.ts';
import type { KernelLog } from '../../framework/facts.ts';
import type { Task, TaskBlob } from '../../framework/task.ts';
import type { ModuleParameters } from '../fs/parameters.ts';
import type { FileRecord, Label, Policy, PolicyAudit, PolicyNamespace } from '../policy/index.ts';
import { fileRecord, policyRecord } from './audit.ts';
import { CapabilityChecks } from './capability.ts';
import type { TaskLabels } from './index.ts';
import { withoutTransition } from './task-labels.ts';

export interface SecurityHost {
  readonly policy: Policy;
  readonly parameters: ModuleParameters;
  readonly log: KernelLog;
  readonly blob: TaskBlob<TaskLabels>;
  /**
   * The sysctl unprivileged_userns_apparmor_policy: root of a user namespace may see and change the policy of a
   * namespace at its own level.
   */
  trustsUserNamespaces(): boolean;
  taskOf(caller: Caller): Task;
}

export class ApparmorSecurity {
  readonly policy: Policy;
  readonly parameters: ModuleParameters;
  readonly capabilities = new CapabilityChecks((body) => this.audit(body));
  /** How often lists of the policy have changed: what was derived from them is good as long as this stays. */
  changes = 0;
  readonly #host: SecurityHost;

  constructor(host: SecurityHost) {
    this.#host = host;
    this.policy = host.policy;
    this.parameters = host.parameters;
  }

  labels(task: Task): TaskLabels {
    return this.#host.blob.of(task);
  }

  setLabels(task: Task, labels: TaskLabels): void {
    this.#host.blob.set(task, labels);
  }

  /**
   * A task takes up the present meaning of its label when it next opens a file or sets an attribute, and forgets
   * planned transitions when that does not confine it or is in another namespace (aa_replace_current_label in task.c).
   */
  refresh(task: Task): void {
    const labels = this.labels(task);
    const label = labels.label.newest();
    if (label === labels.label) return;
    const forget = label.unconfined || label.namespace !== labels.label.namespace;
    this.setLabels(task, { ...(forget ? withoutTransition(labels) : labels), label });
  }

  labelOf(caller: Caller): Label {
    return caller.tid === 0 ? this.policy.unconfined : this.labels(this.#host.taskOf(caller)).label.newest();
  }

  /** The namespace that is the caller's whole world. */
  namespaceOf(caller: Caller): PolicyNamespace {
    return this.labelOf(caller).namespace;
  }

  /** Root of the user namespace, or in its group, and looking down. */
  mayView(caller: Caller, ns?: PolicyNamespace): boolean {
    const view = this.namespaceOf(caller);
    const user = caller.userNamespace;
    const { rootUid, rootGid } = user ?? { rootUid: 0, rootGid: 0 };
    const isRoot =
      caller.uid === rootUid || (rootGid !== undefined && [caller.gid, ...caller.groups].includes(rootGid));
    if (!isRoot || !view.sees(ns ?? view, true)) return false;
    return user === undefined || (this.#host.trustsUserNamespaces() && user.ancestors.length + 1 === view.level);
  }

  mayAdminister(caller: Caller, ns?: PolicyNamespace): boolean {
    const allowed =
      capableInOwn(caller, CAP.MAC_ADMIN) && this.capabilities.allows(this.labelOf(caller), CAP.MAC_ADMIN, caller);
    return allowed && this.mayView(caller, ns);
  }

  /** EACCES, with its record, unless the caller may load or remove policy of `ns`. */
  refuseManagement(caller: Caller, operation: PolicyAudit['operation'], ns?: PolicyNamespace): Errno | undefined {
    const info = this.parameters.locked
      ? 'policy_locked'
      : this.mayAdminister(caller, ns)
        ? undefined
        : 'not policy admin';
    if (info === undefined) return undefined;
    this.auditPolicy(caller)({ kind: 'policy', ...(operation && { operation }), info, error: E.EACCES });
    return E.EACCES;
  }

  auditPolicy(caller: Caller): (record: PolicyAudit) => void {
    return (record) => this.audit(policyRecord(record, this.labelOf(caller), caller));
  }

  auditFile(task: { readonly tgid: Tgid; readonly comm: string }): (record: FileRecord) => void {
    return (record) => this.audit(fileRecord(record, task));
  }

  audit(body: string): void {
    this.#host.log.audit(AUDIT.AVC, body);
  }
}
