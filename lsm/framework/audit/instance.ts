/**
 * One audit: its rules, limits, queue, daemon and serial numbers. There is that of the host, and one for each container (container.ts).
 *
 * Model: the static state of kernel/audit.c and kernel/auditsc.c. An event is offered to the audit of the task's
 * container and to those around it, the host's last; each decides by its own rules, gives its own stamp, and knows the
 * numbers of processes and users as they are in its container.
 */

import { ALWAYS, AUDIT, isUserMessage, LIST, OFF, UNSET } from '../../../linux/audit.ts';
import type { Task } from '../task.ts';
import { auditStamp, hexText } from './audit-text.ts';
import { type AuditContainer, containerList } from './container.ts';
import { Delivery, type DeliveryHost, type SocketTable } from './delivery.ts';
import { admitsMessage, callRule, type FinishedCall, ignoresTask } from './match.ts';
import { words } from './netlink.ts';
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

interface OpenCall {
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

/** The label of a task in a record, when several modules give it one. */
const SEVERAL_LABELS = ' subj=?';

export interface InstanceParts {
  readonly host: DeliveryHost;
  readonly status: Status;
  readonly sockets: SocketTable;
  /** Absent: the host's. */
  readonly container?: AuditContainer | undefined;
  readonly translate?: Translate | undefined;
}

export class AuditInstance {
  /** Whose audit it is; absent = the host's. */
  readonly container: AuditContainer | undefined;
  readonly rules = new RuleSet();
  readonly status: Status;
  readonly delivery: Delivery;
  readonly #host: DeliveryHost;
  readonly #translate: Translate | undefined;
  #serial = 0;
  #call: OpenCall | undefined;
  /** struct audit_sig_info { u32 uid; s32 pid; char ctx[]; } of the last signal to the daemon. */
  #signalInfo = words(UNSET, UNSET);

  constructor({ host, status, sockets, container, translate }: InstanceParts) {
    this.#host = host;
    this.container = container;
    this.status = status;
    this.#translate = translate;
    this.delivery = new Delivery(host, status, sockets);
  }

  get signalInfo(): Uint8Array {
    return this.#signalInfo;
  }

  /** The daemon is sent a signal. @param context the sender's label as modules give it. */
  signalled({ loginuid, pid, uids }: RecordSubject, context: Uint8Array): void {
    const ids = `uid=${loginuid === UNSET ? uids[0] : loginuid} pid=${pid}`;
    const numbers = (this.#translate?.(ids) ?? ids).split(' ').map((field) => Number(field.replace(/.*=/, '')));
    this.#signalInfo = new Uint8Array([...words(...numbers), ...context]);
  }

  get ignoresNewTasks(): boolean {
    const [rule] = this.rules.list(LIST.TASK);
    return rule !== undefined && rule.fields.length === 0 && rule.action !== ALWAYS;
  }

  /** Records made in `work` belong to this call of the task; it ends with what `exit` makes of the result. */
  during<T>(task: Task, call: AuditCall, work: () => T, exit: (result: T) => number | undefined): T {
    return this.delivery.holding(() => this.#during(task, call, work, exit));
  }

  #during<T>(task: Task, call: AuditCall, work: () => T, exit: (result: T) => number | undefined): T {
    if (this.status.enabled === OFF) return work();
    if (this.rules.list(LIST.TASK).length > 0 && ignoresTask(this.rules, call.subject(), this.container)) return work();
    // Rules do not concern the daemon.
    if (this.rules.any && task.process.tgid === this.delivery.daemonProcess) return work();
    const open: OpenCall = { call, time: this.#host.now(), examined: this.rules.any, serial: undefined };
    const outer = this.#call;
    this.#call = open;
    try {
      const result = work();
      this.#end(open, exit(result));
      return result;
    } finally {
      this.#call = outer;
    }
  }

  record({ type, body, subject, alone, whenEnabled }: AuditEvent, container: AuditContainer | undefined): void {
    if (!this.status.initialized || (whenEnabled === true && this.status.enabled === OFF)) return;
    const who = subject ?? this.#call?.call.subject;
    if (!this.#admits(type, who)) return;
    if (isUserMessage(type) && !admitsMessage(this.rules, LIST.USER, type, who?.(), this.container)) return;
    if (alone !== true && this.#call !== undefined) {
      this.#record(type, body, this.#call, container, who);
      return;
    }
    const event = { time: this.#host.now(), serial: this.#nextSerial() };
    const ids = this.#containerText(container);
    if (ids !== '' && this.#admits(AUDIT.CONTAINER_ID, who)) this.#record(AUDIT.CONTAINER_ID, ids, event, container);
    // Only of these the series says that they end with the number of that record; parsers of others refuse what they do not know.
    const tail = ids !== '' && isUserMessage(type) ? ' record=1' : '';
    this.#record(type, body + tail, event, container, who);
  }

  #admits(type: number, who: (() => RecordSubject) | undefined): boolean {
    return (
      this.rules.list(LIST.EXCLUDE).length === 0 ||
      admitsMessage(this.rules, LIST.EXCLUDE, type, who?.(), this.container)
    );
  }

  #record(
    type: number,
    body: string,
    event: { readonly time: number; serial: number | undefined },
    container: AuditContainer | undefined,
    who?: () => RecordSubject,
  ): void {
    event.serial ??= this.#nextSerial();
    const text = this.#translate === undefined ? body : this.#translate(body);
    const record = { type, stamp: auditStamp(event.time, event.serial), body: text };
    const guest = container === this.container ? undefined : container?.instance;
    this.delivery.record(record, guest);
    const contexts = body.includes(SEVERAL_LABELS) ? who?.().contexts : undefined;
    if (contexts !== undefined) {
      this.delivery.record({ type: AUDIT.MAC_TASK_CONTEXTS, stamp: record.stamp, body: contexts }, guest);
    }
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
  #end(open: OpenCall, exit: number | undefined): void {
    const { call } = open;
    const examined = open.examined && exit !== undefined;
    if (!examined && open.serial === undefined) return;
    const subject = call.subject();
    const { arch, number, args, address } = call;
    const finished: FinishedCall = {
      arch,
      number,
      args: args.map((argument) => Number(BigInt.asUintN(32, argument))),
      exit: exit ?? 0,
      ...(address !== undefined && { family: address.charCodeAt(0) + 256 * address.charCodeAt(1) }),
    };
    const rule = examined ? callRule(this.rules, finished, subject, this.container) : undefined;
    if (rule === undefined ? open.serial === undefined : rule.action !== ALWAYS) return;
    const values = args.map((argument, index) => ` a${index}=${argument.toString(16)}`).join('');
    // Where the host's kernel goes on, the result is not known: the form of a call that has none yet.
    const result = exit === undefined ? '' : ` success=${exit < 0 ? 'no' : 'yes'} exit=${exit}`;
    const record = (type: number, body: string): void => {
      if (this.#admits(type, () => subject)) this.#record(type, body, open, subject.container, () => subject);
    };
    const head = `arch=${arch.toString(16)} syscall=${number}${result}${values} items=0`;
    const ids = this.#containerText(subject.container);
    if (ids !== '') record(AUDIT.CONTAINER_ID, ids);
    record(AUDIT.SYSCALL, `${head}${taskText(subject)}${keyText(rule?.key)}${ids === '' ? '' : ' record=1'}`);
    if (address !== undefined && open.examined) record(AUDIT.SOCKADDR, `saddr=${hexText(address)}`);
    record(AUDIT.PROCTITLE, titleText(subject));
    record(AUDIT.EOE, '');
  }
}
