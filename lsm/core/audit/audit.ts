/**
 * Audit of the emulated kernel: records with their stamps, what a task carries for it, and calls that are recorded.
 *
 * Model: kernel/audit.c and kernel/auditsc.c of Linux 6.12. A record that is made during a system call of a task that is watched has the stamp
 * of that call, and the call itself is recorded when it ends. A task is watched when it was made after audit had been on. Who asks for
 * what by netlink is in requests.ts.
 */
import { E, type Errno } from '../../../vfs/errno.ts';
import type { Task, TaskBlob } from '../task.ts';
import { type AuditSocket, Delivery } from './delivery.ts';
import { admitsMessage, callRule, type FinishedCall, ignoresTask } from './match.ts';
import { ALWAYS, AUDIT, LIST, OFF, UNSET } from './numbers.ts';
import { RuleSet } from './rule-set.ts';
import { auditStamp } from './stamp.ts';
import { type BootParameters, Status } from './status.ts';
import { type AuditSubject, hex, keyText, labelText, loginuidSet, taskText, titleText } from './subject.ts';

/** What a task carries. */
export interface AuditState {
  readonly loginuid: number;
  readonly sessionid: number;
  /** Its calls can be recorded. */
  readonly watched: boolean;
  /** What its terminals are recorded of: bits of AUDIT_TTY_*. */
  readonly tty: number;
}

export interface AuditHost {
  /** Milliseconds since 1970. */
  now(): number;
  print(text: string, level: number): void;
  /** `unheard`: no daemon takes it, so a kernel prints it. */
  log(type: number, stamp: string, body: string, unheard: boolean): void;
}

/** A system call that is going on. */
export interface AuditCall {
  readonly subject: () => AuditSubject;
  readonly arch: number;
  readonly number: number;
  /** Four, in hexadecimal: they have 64 bits. */
  readonly args: readonly bigint[];
  /** Of the address that it was given, latin-1. */
  readonly address?: string;
}

interface OpenCall extends AuditCall {
  readonly time: number;
  /** There were rules when it began. */
  readonly examined: boolean;
  serial: number | undefined;
}

const ONLY_UNSET_LOGINUID = 1;
const LOGINUID_IMMUTABLE = 2;
const INITIAL: AuditState = { loginuid: UNSET, sessionid: UNSET, watched: false, tty: 0 };

export class Audit {
  readonly rules = new RuleSet();
  readonly status: Status;
  readonly delivery: Delivery;
  readonly #host: AuditHost;
  readonly #states: TaskBlob<AuditState>;
  #serial = 0;
  #session = 0;
  #call: OpenCall | undefined;

  constructor(
    host: AuditHost,
    parameters: BootParameters,
    registerBlob: (blob: { initial(): AuditState; fork(parent: AuditState): AuditState }) => TaskBlob<AuditState>,
  ) {
    this.#host = host;
    this.status = new Status(parameters);
    this.delivery = new Delivery(host, this.status);
    this.#states = registerBlob({
      initial: () => ({ ...INITIAL, watched: this.status.everEnabled }),
      fork: (parent) => ({ ...parent, watched: this.status.everEnabled && !this.#ignoresNewTasks }),
    });
  }

  get #ignoresNewTasks(): boolean {
    const [rule] = this.rules.list(LIST.TASK);
    return rule !== undefined && rule.fields.length === 0 && rule.action !== ALWAYS;
  }

  stateOf(task: Task): AuditState {
    return this.#states.of(task);
  }

  setTty(task: Task, tty: number): void {
    for (const thread of task.process.threads.values()) this.#states.set(thread, { ...this.#states.of(thread), tty });
  }

  /** Records made in `work` belong to this call of the task; it ends with what `exit` makes of the result. */
  during<T>(task: Task, call: AuditCall, work: () => T, exit: (result: T) => number): T {
    return this.delivery.holding(() => this.#during(task, call, work, exit));
  }

  #during<T>(task: Task, call: AuditCall, work: () => T, exit: (result: T) => number): T {
    const watched = this.status.enabled !== OFF && this.#states.of(task).watched;
    if (!watched || (this.rules.list(LIST.TASK).length > 0 && ignoresTask(this.rules, call.subject()))) return work();
    // Rules do not concern the daemon.
    if (this.rules.any && task.process.tgid === this.delivery.daemonPid) return work();
    const open: OpenCall = { ...call, time: this.#host.now(), examined: this.rules.any, serial: undefined };
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

  /** `alone`: it has a stamp of its own. `subject` decides whether it is excluded. */
  record(type: number, body: string, subject?: () => AuditSubject, alone = false): void {
    if (!this.status.initialized) return;
    const who = subject ?? this.#call?.subject;
    if (this.rules.list(LIST.EXCLUDE).length > 0 && !admitsMessage(this.rules, LIST.EXCLUDE, type, who?.())) return;
    const call = alone ? undefined : this.#call;
    const serial = call?.serial ?? this.#nextSerial();
    if (call !== undefined) call.serial = serial;
    this.delivery.record(type, auditStamp(call?.time ?? this.#host.now(), serial), body);
  }

  #nextSerial(): number {
    this.#serial = (this.#serial + 1) >>> 0;
    return this.#serial;
  }

  /** audit_log_exit(): the call is recorded when it has other records, unless a rule says otherwise, or when a rule says so. */
  #end(call: OpenCall, exit: number): void {
    if (!call.examined && call.serial === undefined) return;
    const subject = call.subject();
    const { arch, number, args, address } = call;
    const finished: FinishedCall = {
      arch,
      number,
      args: args.map((argument) => Number(BigInt.asUintN(32, argument))),
      exit,
      ...(address !== undefined && { family: address.charCodeAt(0) + 256 * address.charCodeAt(1) }),
    };
    const rule = call.examined ? callRule(this.rules, finished, subject) : undefined;
    if (rule === undefined ? call.serial === undefined : rule.action !== ALWAYS) return;
    const values = args.map((argument, index) => ` a${index}=${argument.toString(16)}`).join('');
    const result = `success=${exit < 0 ? 'no' : 'yes'} exit=${exit}`;
    const record = (type: number, body: string): void => this.record(type, body, () => subject);
    const head = `arch=${arch.toString(16)} syscall=${number} ${result}${values} items=0`;
    record(AUDIT.SYSCALL, `${head}${taskText(subject)}${keyText(rule?.key)}`);
    if (address !== undefined && call.examined) record(AUDIT.SOCKADDR, `saddr=${hex(address)}`);
    record(AUDIT.PROCTITLE, titleText(subject));
    record(AUDIT.EOE, '');
  }

  /** audit_set_loginuid(): a write to /proc/PID/loginuid by the task itself. @param control it has CAP_AUDIT_CONTROL. */
  setLogin(task: Task, subject: AuditSubject, loginuid: number, control: boolean): Errno | undefined {
    const old = this.#states.of(task);
    const allowed = this.#maySetLogin(subject, loginuid, control);
    const sessionid = allowed && loginuid !== UNSET ? this.#nextSession() : UNSET;
    if (allowed) this.#states.set(task, { ...old, loginuid, sessionid });
    if (this.status.enabled !== OFF) {
      const uid = subject.uids[0] ?? 0;
      const ids = `old-auid=${old.loginuid} auid=${loginuid} tty=${subject.tty} old-ses=${old.sessionid} ses=${sessionid}`;
      const body = `pid=${subject.pid} uid=${uid}${labelText(subject)} ${ids} res=${allowed ? 1 : 0}`;
      this.record(AUDIT.LOGIN, body, () => subject);
    }
    return allowed ? undefined : E.EPERM;
  }

  #nextSession(): number {
    this.#session = (this.#session + 1) % UNSET;
    return this.#session;
  }

  #maySetLogin(subject: AuditSubject, loginuid: number, control: boolean): boolean {
    if (!loginuidSet(subject)) return true;
    const { features } = this.status;
    if ((features & LOGINUID_IMMUTABLE) !== 0 || !control) return false;
    return (features & ONLY_UNSET_LOGINUID) === 0 || loginuid === UNSET;
  }
}

export type { AuditSocket };
