/**
 * One audit: its rules, limits, queue, daemon and serial numbers. There is that of the host, and one for each container (container.ts).
 *
 * Model: the static state of kernel/audit.c and kernel/auditsc.c. An event is offered to the audit of the task's
 * container and to those around it, the host's last; each decides by its own rules, gives its own stamp, and knows the
 * numbers of processes and users as they are in its container.
 */

import { ALWAYS, AUDIT, isUserMessage, LIST, OFF, UNSET } from '../../../linux/audit.ts';
import type { Errno } from '../../../linux/errno.ts';
import type { Task } from '../task.ts';
import { auditStamp, hexText, untrusted } from './audit-text.ts';
import { callRule, ignoresTask, mayBeWanted, type ObservedCall } from './call-match.ts';
import { type AuditContainer, containerList } from './container.ts';
import { Delivery, type DeliveryHost, type Guest, type SocketTable } from './delivery.ts';
import type { EndedCall } from './ended-call.ts';
import type { AuditLabels } from './label.ts';
import { labelRuleOf } from './label-match.ts';
import { admitsMessage } from './match.ts';
import { type AuditName, lookAgain, nameText } from './names.ts';
import { words } from './netlink.ts';
import { permissionClasses } from './permission-classes.ts';
import type { RuleField } from './rule.ts';
import { RuleSet } from './rule-set.ts';
import type { Status } from './status.ts';
import { keyText, type RecordSubject, taskText, titleText } from './subject.ts';

/** A system call that is going on. */
export interface AuditCall {
  readonly subject: () => RecordSubject;
  readonly arch: number;
  readonly number: number;
  /** Four, in hexadecimal: they have 64 bits. */
  readonly args: readonly bigint[];
  /** Of the address that it was given, latin-1. */
  readonly address?: string;
}

/** Records that wait in the queue of a container: its root, who sets the limit, need not be that of the host. */
const CONTAINER_QUEUE = 8192;

type CallEnd = (ended: EndedCall) => void;

interface OpenCall {
  readonly task: Task;
  readonly call: AuditCall;
  readonly time: number;
  /** There were rules when it began. */
  readonly examined: boolean;
  serial: number | undefined;
}

/** What is recorded. */
export interface AuditEvent {
  readonly type: number;
  readonly body: string;
  /** Its subject, for the choice of containers and the exclude list. Absent = the task whose call is being handled. */
  readonly subject?: () => RecordSubject;
  /** It has a stamp of its own, also during a call. */
  readonly alone?: boolean;
  /** Not recorded where audit is off. */
  readonly whenEnabled?: boolean;
}

/** Translates the ids in a record to those of a container's namespaces. */
export type Translate = (body: string) => string;

export interface InstanceParts {
  readonly host: DeliveryHost;
  readonly status: Status;
  readonly sockets: SocketTable;
  /** Absent: the host's. */
  readonly container?: AuditContainer | undefined;
  readonly translate?: Translate | undefined;
  readonly labels?: AuditLabels | undefined;
}

export class AuditInstance {
  /** Whose audit it is; absent = the host's. */
  readonly container: AuditContainer | undefined;
  readonly rules = new RuleSet();
  readonly status: Status;
  readonly delivery: Delivery;
  readonly #host: DeliveryHost;
  readonly #translate: Translate | undefined;
  readonly #labels: AuditLabels | undefined;
  /** The last call of each that goes on in the host's kernel. */
  readonly #going = new WeakMap<Task, OpenCall>();
  #serial = 0;
  #call: OpenCall | undefined;
  /** struct audit_sig_info { u32 uid; s32 pid; char ctx[]; } of the last signal to the daemon. */
  #signalInfo = words(UNSET, UNSET);

  constructor({ host, status, sockets, container, translate, labels }: InstanceParts) {
    this.#host = host;
    this.container = container;
    this.status = status;
    this.#translate = translate;
    this.#labels = labels;
    this.delivery = new Delivery(host, status, sockets, container && CONTAINER_QUEUE);
  }

  /** @returns a function that brings rules and limits back. Who listens, what waits and the numbers of records stay. */
  remember(): () => void {
    const [rules, status] = [this.rules.remember(), this.status.remember()];
    return () => {
      rules();
      status();
    };
  }

  get signalInfo(): Uint8Array {
    return this.#signalInfo;
  }

  /** Why there can be no rule with this field. */
  labelRefusal(field: RuleField): Errno | undefined {
    const rule = labelRuleOf(field);
    return rule && this.#labels?.refusal(rule);
  }

  /** The daemon is sent a signal. @param context the sender's label as modules give it. */
  signalled({ loginuid, pid, uids }: RecordSubject, context: Uint8Array): void {
    const ids = `uid=${loginuid === UNSET ? uids[0] : loginuid} pid=${pid}`;
    const numbers = this.view(ids)
      .split(' ')
      .map((field) => Number(field.replace(/.*=/, '')));
    this.#signalInfo = new Uint8Array([...words(...numbers), ...context]);
  }

  /** A text of a record with the ids of its container's namespaces. */
  view(body: string): string {
    return this.#translate?.(body) ?? body;
  }

  get ignoresNewTasks(): boolean {
    const [rule] = this.rules.list(LIST.TASK);
    return rule !== undefined && rule.fields.length === 0 && rule.action !== ALWAYS;
  }

  /** Records made in `work` belong to this call of the task; it ends with what `exit` makes of the result. */
  during<T>(task: Task, call: AuditCall, work: () => T, exit: (result: T) => number | undefined): T {
    return this.delivery.after(() => this.#during(task, call, work, exit));
  }

  #during<T>(task: Task, call: AuditCall, work: () => T, exit: (result: T) => number | undefined): T {
    const going = this.#going.get(task);
    if (going !== undefined) return this.#within(going, work);
    if (!this.#looksAt(task, call)) return work();
    const open: OpenCall = { task, call, time: this.#host.now(), examined: this.rules.any, serial: undefined };
    return this.#within(open, () => {
      const result = work();
      const code = exit(result);
      this.#end(open, { ...(code !== undefined && { exit: code }), names: [] });
      return result;
    });
  }

  #within<T>(open: OpenCall, work: () => T): T {
    const outer = this.#call;
    this.#call = open;
    try {
      return work();
    } finally {
      this.#call = outer;
    }
  }

  #looksAt(task: Task, call: AuditCall): boolean {
    if (this.status.enabled === OFF) return false;
    if (this.rules.list(LIST.TASK).length > 0 && ignoresTask(this.rules, call.subject(), this.container)) return false;
    // Rules do not concern the daemon.
    return !this.rules.any || task.process.tgid !== this.delivery.daemonProcess;
  }

  /** A call begins, with which the host's kernel may go on. @returns to be called when it is over; `undefined`: no rule can want it. */
  begin(task: Task, call: AuditCall, names: readonly AuditName[], openFlags?: number): CallEnd | undefined {
    const rules = this.rules.list(LIST.EXIT);
    if (rules.length === 0 || !this.#looksAt(task, call)) return undefined;
    const observed = { ...observedCall(call), names, ...(openFlags !== undefined && { openFlags }) };
    // Rules are about the caller as it is afterwards.
    const subject = permissionClasses(call.arch)?.changesCaller(call.number) === true ? undefined : call.subject();
    if (!mayBeWanted(rules, this.#circumstances(task, subject, observed))) return undefined;
    const open: OpenCall = { task, call, time: this.#host.now(), examined: true, serial: undefined };
    this.#going.set(task, open);
    return (ended) => this.#over(open, ended);
  }

  #over(open: OpenCall, ended: EndedCall): void {
    if (this.#going.get(open.task) === open) this.#going.delete(open.task);
    if (ended.lost && open.serial === undefined)
      this.delivery.lose('too many audited calls', this.#guest(open.call.subject().container));
    this.delivery.after(() => this.#end(open, ended));
  }

  #circumstances(task: Task, subject: RecordSubject | undefined, call: ObservedCall) {
    return { call, ...(subject && { subject, task }), outermost: this.container, labels: this.#labels?.matches };
  }

  record({ type, body, subject, alone, whenEnabled }: AuditEvent, container: AuditContainer | undefined): void {
    if (!this.status.initialized || (whenEnabled === true && this.status.enabled === OFF)) return;
    const who = subject ?? this.#call?.call.subject;
    if (!this.admits(LIST.EXCLUDE, type, who)) return;
    if (isUserMessage(type) && !this.admits(LIST.USER, type, who)) return;
    if (alone !== true && this.#call !== undefined) {
      this.#record(type, body, this.#call, container, who);
      return;
    }
    const event = { time: this.#host.now(), serial: this.#nextSerial() };
    const ids = this.#containerText(container);
    if (ids !== '' && this.admits(LIST.EXCLUDE, AUDIT.CONTAINER_ID, who))
      this.#record(AUDIT.CONTAINER_ID, ids, event, container);
    // Only of these the series says that they end with the number of that record; parsers of others refuse what they do not know.
    const tail = ids !== '' && isUserMessage(type) ? ' record=1' : '';
    this.#record(type, body + tail, event, container, who);
  }

  /** Is a message of this type admitted? @param list USER or EXCLUDE. @param who its subject, as far as it is known. */
  admits(list: number, type: number, who: (() => RecordSubject) | undefined): boolean {
    const rules = this.rules.list(list);
    if (rules.length === 0) return true;
    const circumstances = { subject: who?.(), outermost: this.container, labels: this.#labels?.matches };
    return admitsMessage(rules, list, type, circumstances);
  }

  #record(
    type: number,
    body: string,
    event: { readonly time: number; serial: number | undefined },
    container: AuditContainer | undefined,
    who?: () => RecordSubject,
  ): void {
    event.serial ??= this.#nextSerial();
    const record = { type, stamp: auditStamp(event.time, event.serial), body: this.view(body) };
    const guest = this.#guest(container);
    this.delivery.record(record, guest);
    // Several modules give the task a label.
    const contexts = body.includes(' subj=?') ? who?.().contexts : undefined;
    if (contexts !== undefined) {
      this.delivery.record({ type: AUDIT.MAC_TASK_CONTEXTS, stamp: record.stamp, body: contexts }, guest);
    }
  }

  #guest(container: AuditContainer | undefined): Guest | undefined {
    return container === this.container ? undefined : container?.instance;
  }

  /** The containers of the record, up to this audit's own. */
  #containerText(container: AuditContainer | undefined): string {
    return container === undefined ? '' : `record=1 contid=${containerList(container, this.container)}`;
  }

  #nextSerial(): number {
    this.#serial = (this.#serial + 1) >>> 0;
    return this.#serial;
  }

  /** audit_log_exit(): the call is recorded when it has other records, unless a rule says otherwise, or when a rule says so. */
  #end(open: OpenCall, ended: EndedCall): void {
    const { call, task } = open;
    const { exit, names } = ended;
    for (const { type, body } of ended.before ?? [])
      if (this.admits(LIST.EXCLUDE, type, call.subject))
        this.#record(type, body, open, call.subject().container, call.subject);
    const examined = open.examined && (exit !== undefined || ended.leaves === true);
    if (!examined && open.serial === undefined) return;
    const subject = call.subject();
    const observed = { ...observedCall(call), ...ended };
    const rule = examined ? callRule(this.rules, this.#circumstances(task, subject, observed)) : undefined;
    if (names.length > 0) lookAgain(this.rules.list(LIST.EXIT), names);
    if (rule === undefined ? open.serial === undefined : rule.action !== ALWAYS) return;
    const { arch, number, args, address } = call;
    const values = args.map((argument, index) => ` a${index}=${argument.toString(16)}`).join('');
    // Where the host's kernel goes on, the result is not known: the form of a call that has none, such as exit(2).
    const result = exit === undefined ? '' : ` success=${exit < 0 ? 'no' : 'yes'} exit=${exit}`;
    const record = (type: number, body: string): void => {
      if (this.admits(LIST.EXCLUDE, type, () => subject))
        this.#record(type, body, open, subject.container, () => subject);
    };
    const head = `arch=${arch.toString(16)} syscall=${number}${result}${values} items=${names.length}`;
    const ids = this.#containerText(subject.container);
    if (ids !== '') record(AUDIT.CONTAINER_ID, ids);
    record(AUDIT.SYSCALL, `${head}${taskText(subject)}${keyText(rule?.key)}${ids === '' ? '' : ' record=1'}`);
    const [special, objects] = [true, false].map((first) =>
      (ended.more ?? []).filter(({ type }) => (type !== AUDIT.OBJ_PID) === first),
    );
    for (const { type, body } of special ?? []) record(type, body);
    if (address !== undefined && open.examined) record(AUDIT.SOCKADDR, `saddr=${hexText(address)}`);
    for (const { type, body } of objects ?? []) record(type, body);
    if (ended.pwd !== undefined) record(AUDIT.CWD, `cwd=${untrusted(ended.pwd)}`);
    for (const [item, name] of names.filter(({ hidden }) => hidden !== true).entries()) {
      const facts = name.file?.facts;
      const label = facts && this.#labels?.ofFile(task, facts);
      record(AUDIT.PATH, nameText(item, name, ended.pwd, label?.label));
      if (label?.contexts !== undefined) record(AUDIT.MAC_OBJ_CONTEXTS, label.contexts);
    }
    record(AUDIT.PROCTITLE, titleText(subject));
    record(AUDIT.EOE, '');
  }
}

function observedCall({ arch, number, args, address }: AuditCall): ObservedCall {
  return {
    arch,
    number,
    args: args.map((argument) => Number(BigInt.asUintN(32, argument))),
    ...(address !== undefined && { family: address.charCodeAt(0) + 256 * address.charCodeAt(1) }),
  };
}
