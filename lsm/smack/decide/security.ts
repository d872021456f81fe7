/**
 * The state of Smack as a whole, and who may do what by it.
 */

import { AUDIT } from '../../../linux/audit.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import type { Tgid } from '../../../linux/ids.ts';
import { type Caller, capable, capableInOwn, capableOver, type UserNamespace } from '../../../vfs/tree/caller.ts';
import type { KernelLog } from '../../framework/facts.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import type { Task, TaskBlob } from '../../framework/task.ts';
import { isVisibleIn, meantIn, type SmackNamespace, SmackNamespaces, shownIn } from '../namespaces/namespaces.ts';
import { HostTable } from '../policy/hosts.ts';
import { KnownLabels } from '../policy/known-labels.ts';
import { SPECIAL } from '../policy/label.ts';
import { type Decision, decide, type Exception, type RuleChange, type Rules, withImplied } from './access.ts';
import { accessRecord } from './audit.ts';
import { changeOwnRule, type OwnRule, type TaskSecurity } from './task-security.ts';

/** All of them are looked at for each decision about the task. */
const MOST_OWN_RULES = 1024;

/** Bits of the node `logging`. */
const LOG_DENIED = 1;
const LOG_GRANTED = 2;

/** An access that is recorded: the hook it is made in (`fn=`), and what the record says of the object. */
export interface AuditedAccess {
  readonly hook: string;
  readonly details?: string;
}

export interface SecurityHost extends Pick<ModuleHost, 'tasks' | 'userNamespaceOf'> {
  readonly log: KernelLog;
  readonly blob: TaskBlob<TaskSecurity>;
  readonly bringup: boolean;
  /** May Smack use labelled networking, or has another module claimed it? */
  readonly ownsNetlabel: () => boolean;
  taskOf(caller: Caller): Task;
}

export class SmackSecurity implements Rules {
  readonly labels = new KnownLabels();
  readonly bringup: boolean;
  readonly namespaces: SmackNamespaces;
  readonly hosts4 = new HostTable();
  readonly hosts6 = new HostTable();
  /** Labels whose tasks alone can be privileged, newest first; none = all. */
  onlycap: readonly string[] = [];
  /** Label of packets that come without one. */
  ambient: string = SPECIAL.floor;
  /** The only label whose tasks may use the kernel's log without CAP_MAC_OVERRIDE; absent = any. */
  syslog: string | undefined;
  unconfined: string | undefined;
  /** CIPSO domain of interpretation. */
  doi = 3;
  logging = LOG_DENIED;
  /** 0 = by rules, 1 = same label or CAP_SYS_PTRACE, 2 = same label. */
  ptrace = 0;
  readonly #host: SecurityHost;

  constructor(host: SecurityHost) {
    this.#host = host;
    this.bringup = host.bringup;
    this.namespaces = new SmackNamespaces(host);
  }

  /** Notes rules, mappings, hosts and settings. @returns a function that brings them back. Labels stay known. */
  remember(): () => void {
    const { onlycap, ambient, syslog, unconfined, doi, logging, ptrace } = this;
    const tables = [this.labels.remember(), this.hosts4.remember(), this.hosts6.remember()];
    return () => {
      Object.assign(this, { onlycap, ambient, syslog, unconfined, doi, logging, ptrace });
      for (const restore of tables) restore();
    };
  }

  rule(subject: string, object: string): number | undefined {
    return this.labels.find(subject)?.rules.find(object);
  }

  changeRule(change: RuleChange): void {
    this.labels.import(change.subject).rules.change(change);
  }

  of(task: Task): TaskSecurity {
    return this.#host.blob.of(task);
  }

  set(task: Task, security: TaskSecurity): void {
    this.#host.blob.set(task, security);
  }

  taskOf(caller: Caller): Task {
    return this.#host.taskOf(caller);
  }

  /** The task's own rules; for callers, which the kernel itself never is. ENOMEM for one rule too many: a kernel has no limit. */
  changeOwnRule(caller: Caller, change: RuleChange): Errno | undefined {
    const task = this.taskOf(caller);
    const changed = changeOwnRule(this.of(task), change);
    if (changed.rules.length > MOST_OWN_RULES) return E.ENOMEM;
    this.set(task, changed);
    return undefined;
  }

  /** Where the task was seen last; `undefined` = in the initial user namespace. */
  userNamespaceOf(task: Task): UserNamespace | undefined {
    return this.#host.userNamespaceOf(task);
  }

  labelOf(caller: Caller): string {
    return caller.tid === 0 ? SPECIAL.floor : this.of(this.taskOf(caller)).label;
  }

  /**
   * The namespace with a map that a task is in; `undefined` = it sees labels as they are.
   * @param caller absent, or nobody can say where it is: where the task was seen last counts.
   */
  namespaceOf(task: Task, caller?: Pick<Caller, 'userNamespace'>): SmackNamespace | undefined {
    const { namespace } = this.of(task);
    if (namespace !== undefined) return namespace;
    if (!this.namespaces.exist) return undefined;
    return this.namespaces.around(this.#host.userNamespaceOf(task, caller));
  }

  /** The same of who makes a request; the kernel itself is in none. */
  namespaceOfCaller(caller: Caller): SmackNamespace | undefined {
    return caller.tid === 0 ? undefined : this.namespaceOf(this.taskOf(caller), caller);
  }

  /** A label as this caller sees it: `?` where its namespace has no name for it. */
  shown(label: string, caller: Caller): string {
    return shownIn(this.namespaceOfCaller(caller), label);
  }

  isVisible(label: string, caller: Caller): boolean {
    return isVisibleIn(this.namespaceOfCaller(caller), label);
  }

  /**
   * The label that this caller means, which is known from now on. EBADR where its namespace has no such name, ENOMEM for one label too
   * many.
   */
  named(name: string, caller: Caller): Result<string> {
    const meant = meantIn(this.namespaceOfCaller(caller), name);
    if (meant === undefined) return E.EBADR;
    if (this.labels.find(meant) === undefined && this.labels.full && !this.administers(caller)) return E.ENOMEM;
    return this.labels.import(meant).name;
  }

  /** smack_privileged(): the capability in the initial user namespace, in a task whose label may have it. Nobody has it in a namespace. */
  administers(caller: Caller, capability: number = CAP.MAC_ADMIN): boolean {
    if (caller.tid === 0) return true;
    return capable(caller, capability) && this.#mayHave(caller) && this.namespaceOfCaller(caller) === undefined;
  }

  /**
   * smack_ns_privileged(): the same over the task itself, files and mounts. In a namespace it is the capability in the user
   * namespace that has the map, and works on labels with a name.
   */
  privileged(caller: Caller, capability: number = CAP.MAC_ADMIN): boolean {
    if (caller.tid === 0) return true;
    const namespace = this.namespaceOfCaller(caller)?.userNamespace;
    const has =
      namespace === undefined
        ? capable(caller, capability)
        : capableInOwn(caller, capability) && caller.userNamespace?.id === namespace.id;
    return has && this.#mayHave(caller);
  }

  /** The same over attributes of a file: in a namespace, of one whose owner and group are there (capable_wrt_inode_uidgid()). */
  privilegedOver(caller: Caller, owner: { readonly uid: number; readonly gid: number }): boolean {
    return this.privileged(caller) && (caller.tid === 0 || capableOver(caller, CAP.MAC_ADMIN, owner));
  }

  #mayHave(caller: Caller): boolean {
    return this.onlycap.length === 0 || this.onlycap.includes(this.labelOf(caller));
  }

  /** EPERM for everybody but administrators of the whole. */
  readonly refuseUnprivileged = (caller: Caller): Errno | undefined => (this.administers(caller) ? undefined : E.EPERM);

  /** EPERM as above; EINVAL while another module has labelled networking for itself. */
  readonly refuseNetlabel = (caller: Caller): Errno | undefined =>
    this.refuseUnprivileged(caller) ?? (this.#host.ownsNetlabel() ? undefined : E.EINVAL);

  refuseSyslog(caller: Caller): Errno | undefined {
    if (this.syslog === undefined || this.administers(caller, CAP.MAC_OVERRIDE)) return undefined;
    return this.syslog === this.labelOf(caller) ? undefined : E.EACCES;
  }

  /** A question to the policy alone; nobody is recorded. @param namespace that the subject is in. */
  decide(subject: string, object: string, request: number, namespace?: SmackNamespace): Decision {
    return decide(this, subject, object, request, namespace && ((label) => namespace.map.shown(label)));
  }

  /**
   * smk_tskacc(): may the task do this to an object? Its own rules narrow what the policy grants, CAP_MAC_OVERRIDE grants what they do not;
   * in a namespace, of objects that are there and labels that have names.
   * @param audited absent = nothing is recorded. @param target the object is this task.
   */
  check(
    task: Task,
    object: string,
    request: number,
    caller: Caller,
    audited?: AuditedAccess,
    target?: Task,
  ): Errno | undefined {
    const { label, rules } = this.of(task);
    const namespace = this.namespaceOf(task, caller);
    const decision = this.decide(label, object, request, namespace);
    const own = rules.find((rule) => rule.subject === label && rule.object === object);
    const narrowed = own !== undefined && (request & ~withImplied(own.access)) !== 0;
    const granted = decision.allowed && !narrowed;
    const outside = namespace !== undefined && target !== undefined && this.namespaceOf(target) !== namespace;
    const mayOverride = decision.reason !== 'unmapped' && !outside;
    const allowed = granted || (mayOverride && this.privileged(caller, CAP.MAC_OVERRIDE));
    if (audited !== undefined) {
      const exception = granted ? decision.exception : undefined;
      this.record({ subject: label, object, request, allowed, ...(exception && { exception }) }, caller, audited);
    }
    return allowed ? undefined : E.EACCES;
  }

  /** smk_access(): by labels alone, without the rules and capabilities of a task. */
  checkLabels(
    asked: { readonly subject: string; readonly object: string; readonly request: number },
    caller: Caller,
    audited: AuditedAccess,
  ): Errno | undefined {
    const namespace = this.namespaceOfCaller(caller);
    const { allowed, exception } = this.decide(asked.subject, asked.object, asked.request, namespace);
    this.record({ ...asked, allowed, ...(exception && { exception }) }, caller, audited);
    return allowed ? undefined : E.EACCES;
  }

  /**
   * May the task map a file whose SMACK64MMAP is this label? Only where that may do all that the task's own label may
   * by rules, each
   * narrowed by the task's own. In a namespace, the label must have a name.
   */
  mayMap(task: Task, label: string, caller: Caller): boolean {
    if (!isVisibleIn(this.namespaceOf(task, caller), label)) return false;
    const { label: own, rules } = this.of(task);
    const entry = (list: readonly OwnRule[], subject: string, object: string): number | undefined => {
      const found = list.find((rule) => rule.subject === subject && rule.object === object);
      return found && withImplied(found.access);
    };
    return (this.labels.find(own)?.rules.entries() ?? []).every(([object, access]) => {
      const may = access & (entry(rules, own, object) ?? access);
      if (object === label || may === 0) return true;
      const given = this.rule(label, object);
      return given !== undefined && (may & ~(withImplied(given) & (entry(rules, label, object) ?? ~0))) === 0;
    });
  }

  /** All of a task that {@link check} decides by. */
  subject(task: Task, caller: Caller): string {
    const { label, rules } = this.of(task);
    const { number, map } = this.namespaceOf(task, caller) ?? {};
    return JSON.stringify([label, rules, this.privileged(caller, CAP.MAC_OVERRIDE), number, map?.size]);
  }

  /** All that it decides by when the task is the object; `undefined` = its user namespace may count, too. */
  object(task: Task): string | undefined {
    return this.namespaces.exist ? undefined : this.of(task).label;
  }

  /** smack_log() */
  record(
    outcome: {
      readonly subject: string;
      readonly object: string;
      readonly request: number;
      readonly allowed: boolean;
      readonly exception?: Exception;
    },
    caller: { readonly tgid: Tgid; readonly comm: string },
    audited: AuditedAccess,
  ): void {
    const wanted = outcome.allowed ? LOG_GRANTED : LOG_DENIED;
    if (outcome.exception === undefined && (this.logging & wanted) === 0) return;
    this.#host.log.audit(AUDIT.AVC, accessRecord({ ...outcome, ...audited }, caller));
  }
}
