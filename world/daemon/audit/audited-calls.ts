/**
 * Calls of the world's processes that audit rules want, as supervisor threads tell of them (supervisor/audit/audited-calls.ts).
 */
import { processFile } from '../../../host/process/process-files.ts';
import { AUDIT } from '../../../linux/audit.ts';
import type { Tid } from '../../../linux/ids.ts';
import { auditArch } from '../../../linux/syscall-numbers.ts';
import type { AuditCall, EndedCall } from '../../../lsm/framework/audit/audit.ts';
import { untrusted } from '../../../lsm/framework/audit/audit-text.ts';
import { clockRecords } from '../../../lsm/framework/audit/clock-text.ts';
import type { AuditName } from '../../../lsm/framework/audit/names.ts';
import { programText } from '../../../lsm/framework/audit/program-text.ts';
import { type RecordSubject, taskText } from '../../../lsm/framework/audit/subject.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import type {
  AuditedCallBegins,
  AuditedCallEnds,
  AuditedCallsBackend,
  TaskIds,
} from '../../supervisor/protocol/audited-call.ts';
import type { AuditedNumbers } from '../../supervisor/protocol/audited-numbers.ts';
import type { AuditCallsHost } from './audit-calls.ts';

/** One that goes on: its subject is as it was when it began, or as it is when it is over. */
class GoingCall implements AuditCall {
  readonly arch = auditArch(process.arch);
  readonly number: number;
  readonly args: readonly bigint[];
  readonly address?: string;
  #subject: RecordSubject;

  constructor({ number, args, address }: AuditedCallBegins, subject: RecordSubject) {
    this.number = number;
    this.args = args;
    if (address !== undefined) this.address = address;
    this.#subject = subject;
  }

  readonly subject = (): RecordSubject => this.#subject;

  /**
   * It is over. Of a process that has ended since some facts, or all, cannot be read any more.
   * @param ids just after the call.
   */
  changed(now: RecordSubject | undefined, ids: TaskIds | undefined): void {
    const { exe, title } = this.#subject;
    const known = now?.exe === undefined ? { title, ...(exe !== undefined && { exe }) } : {};
    this.#subject = { ...this.#subject, ...now, ...known, ...ids };
  }
}

interface Going {
  readonly task: Task;
  readonly call: GoingCall;
  /** Its caller when that made the next call, if that has begun before we know the end of this one: it is as it was then. */
  after?: RecordSubject;
  /** Of OBJ_PID. */
  readonly sent: string | undefined;
  /** As they were known before. */
  readonly names: readonly AuditName[];
  readonly end: (ended: EndedCall) => void;
}

/** What is recorded before the call returns: audit_log_path_denied(), bpf_audit_prog(). */
const AT_ONCE: ReadonlySet<number> = new Set([AUDIT.ANOM_LINK, AUDIT.BPF]);
/** Of calls whose end nobody tells any more, because a supervisor thread has failed, so many are kept. Eight threads follow 512 each. */
const GOING_MAX = 8192;

export class DaemonAuditedCalls implements AuditedCallsBackend {
  readonly #host: AuditCallsHost;
  readonly #numbers: AuditedNumbers;
  readonly #going = new Map<number, Going>();
  readonly #last = new WeakMap<Task, Going>();
  #id = 0;

  constructor(host: AuditCallsHost, numbers: AuditedNumbers) {
    this.#host = host;
    this.#numbers = numbers;
  }

  /** To be called when rules, or whether they are in force, may have changed. */
  publish(): void {
    this.#numbers.publish(this.rules(), auditArch(process.arch));
  }

  rules() {
    return this.#host.stack.audit.callRules();
  }

  begin(begins: AuditedCallBegins): number | undefined {
    const { stack } = this.#host;
    const task = stack.tasks.find(begins.tid);
    if (task === undefined || !stack.audit.isEnabledFor(stack.audit.stateOf(task).container)) return undefined;
    const subject = this.#host.subject(task);
    if (subject === undefined) return undefined;
    const before = this.#last.get(task);
    if (before !== undefined) before.after ??= subject;
    const call = new GoingCall(begins, subject);
    const end = stack.audit.beginCall(task, call, begins.names, begins.openFlags);
    const sent = begins.target === undefined ? undefined : this.#targetText(begins.target);
    if (end === undefined) return undefined;
    const going: Going = { task, call, sent, names: begins.names, end };
    this.#id++;
    this.#going.set(this.#id, going);
    const { value: oldest = 0 } = this.#going.keys().next();
    if (this.#going.size > GOING_MAX) this.#going.delete(oldest);
    this.#last.set(task, going);
    return this.#id;
  }

  end({ id, tid, exit, names, pwd, openHow, details, executed, ids, clock, leaves, lost }: AuditedCallEnds): void {
    const { stack } = this.#host;
    const going = this.#going.get(id);
    if (going === undefined) return;
    this.#going.delete(id);
    const { after } = going;
    const isThere = stack.tasks.find(tid) === going.task;
    if (exit !== undefined && after !== undefined) going.call.changed(after, undefined);
    else if (exit !== undefined) {
      const kept = executed ? undefined : going.call.subject();
      going.call.changed(isThere ? this.#host.subject(going.task, kept) : undefined, ids);
    }
    const [before, kind] = [true, false].map((early) =>
      (details ?? []).filter(({ type }) => AT_ONCE.has(type) === early),
    );
    const program = executed === true && isThere ? programText(processFile(tid, 'cmdline') ?? '') : undefined;
    going.end({
      ...(exit !== undefined && { exit }),
      ...(leaves && { leaves }),
      ...(lost && { lost }),
      names: isThere ? names : names.map((name) => asBefore(name, going.names)),
      ...(pwd !== undefined && { pwd }),
      ...(openHow && { openFlags: Number(openHow.flags) }),
      before: (before ?? []).map(({ type, body }) => ({
        type,
        body: type === AUDIT.ANOM_LINK ? `${body}${taskText(going.call.subject())} res=0` : body,
      })),
      more: [
        ...(kind ?? []),
        ...(openHow ? [{ type: AUDIT.OPENAT2, body: howText(openHow) }] : []),
        ...(clock ? clockRecords(clock, stack.config.build.ticks) : []),
        ...(program ?? []).map((body) => ({ type: AUDIT.EXECVE, body })),
        ...(going.sent === undefined ? [] : [{ type: AUDIT.OBJ_PID, body: going.sent }]),
      ],
    });
  }

  /** audit_log_pid_context() */
  #targetText(tid: Tid): string | undefined {
    const task = this.#host.stack.tasks.find(tid);
    const subject = task && this.#host.subject(task);
    if (subject === undefined) return undefined;
    const { pid, loginuid, sessionid, uids, label, comm } = subject;
    const obj = label === undefined ? '' : ` obj=${label}`;
    return `opid=${pid} oauid=${loginuid | 0} ouid=${uids[0]} oses=${sessionid | 0}${obj} ocomm=${untrusted(comm)}`;
  }
}

/** When its caller has ended, what a file is labelled by is not known any more unless it was known before. */
function asBefore(name: AuditName, before: readonly AuditName[]): AuditName {
  const { file } = name;
  const known = before.find((one) => one.file?.ino === file?.ino && one.entry?.name === name.entry?.name)?.file?.facts;
  return file === undefined || known === undefined ? name : { ...name, file: { ...file, facts: known } };
}

function howText({ flags, mode, resolve }: NonNullable<AuditedCallEnds['openHow']>): string {
  return `oflag=0${flags.toString(8)} mode=0${mode.toString(8)} resolve=0x${resolve.toString(16)}`;
}
