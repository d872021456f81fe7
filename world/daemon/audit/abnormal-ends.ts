/**
 * Programs that a signal ends as one that dumps core: the record ANOM_ABEND. Model: audit_core_dumps() of kernel/auditsc.c, Linux 6.12.
 *
 * The host's kernel tells when that begins, and by which signal when it is over. Who reads it comes late: the parent may have been told,
 * and the process be gone. So while audit is on, what a program is like is looked at when it begins, and its changes are heard.
 */
import type { ProcessChange } from '../../../host/process/proc-connector.ts';
import { AUDIT } from '../../../linux/audit.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import { SIGQUIT } from '../../../linux/signal.ts';
import { untrusted } from '../../../lsm/framework/audit/audit-text.ts';
import { commOf } from '../../../lsm/framework/audit/lsm-audit.ts';
import { exeText, labelText, type RecordSubject } from '../../../lsm/framework/audit/subject.ts';
import type { ProcessEvent } from '../../../lsm/framework/events.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import type { AuditCallsHost } from './audit-calls.ts';

/** WTERMSIG() of a wait status. */
const SIGNAL = 0x7f;

export class AbnormalEnds {
  readonly #host: AuditCallsHost;
  readonly #hearChanges: () => void;
  #hears = false;
  /** By process, while audit is on: its program. */
  readonly #programs = new Map<Tgid, RecordSubject>();
  /** Of threads that have another name than their process; none outlives its thread, also where the kernel's word of that end was lost. */
  readonly #names = new Map<Tid, { readonly comm: string; readonly tgid: Tgid }>();
  /** By process: a thread of it dumps core. */
  readonly #dumping = new Map<Tgid, RecordSubject>();

  /** @param hearChanges from then on {@link changes} is to be told. */
  constructor(host: AuditCallsHost, hearChanges: () => void) {
    this.#host = host;
    this.#hearChanges = hearChanges;
  }

  /** Are there programs of which the end is to be recorded? */
  get any(): boolean {
    return this.#programs.size > 0;
  }

  /** Audit may have been turned on. */
  learnAll(): void {
    for (const task of this.#host.stack.tasks.all()) {
      if (!this.#programs.has(task.process.tgid) && this.#isAudited(task)) this.#learn(task);
    }
  }

  /** To be told of each event of the world when the stack knows of it. */
  observe(event: ProcessEvent): void {
    if (event.kind === 'fork') this.#inherit(event.parent, event.child.tgid);
    if (event.kind === 'exit') this.#names.delete(event.tid);
    if (event.kind !== 'exec' && event.kind !== 'enter') return;
    const task = this.#host.stack.tasks.find(event.kind === 'exec' ? event.tid : event.task.tid);
    if (task === undefined) return;
    this.#forgetNames(task.process.tgid);
    if (!this.#isAudited(task)) this.#programs.delete(task.process.tgid);
    else this.#learn(task, event.kind === 'exec' ? (event.file?.path ?? '') : undefined);
  }

  changes(tid: Tid, tgid: Tgid, { uid, gid, comm }: ProcessChange): void {
    const program = this.#programs.get(tgid);
    if (program === undefined) return;
    if (comm !== undefined && tid !== (tgid as number)) this.#names.set(tid, { comm, tgid });
    else {
      this.#programs.set(tgid, {
        ...program,
        ...(uid !== undefined && { uids: [uid, ...program.uids.slice(1)] }),
        ...(gid !== undefined && { gids: [gid, ...program.gids.slice(1)] }),
        ...(comm !== undefined && { comm }),
      });
    }
  }

  dumps(tid: Tid): void {
    const task = this.#host.stack.tasks.find(tid);
    if (task === undefined || !this.#isAudited(task)) return;
    const { tgid } = task.process;
    const program = this.#programs.get(tgid) ?? this.#host.subject(task);
    const { loginuid, sessionid, container } = this.#host.stack.audit.stateOf(task);
    if (program === undefined) return;
    const name = this.#names.get(tid);
    const comm = name?.tgid === tgid ? name.comm : program.comm;
    const label = this.#host.label(task);
    this.#dumping.set(tgid, { ...program, comm, loginuid, sessionid, ...label, ...(container && { container }) });
  }

  /** A thread has ended. @param status as of waitpid(2) */
  ends(tid: Tid, status: number): void {
    const tgid = this.#host.stack.tasks.find(tid)?.process.tgid;
    const subject = tgid && this.#dumping.get(tgid);
    if (tgid === undefined || subject === undefined) return;
    this.#dumping.delete(tgid);
    const signal = status & SIGNAL;
    if (signal === 0 || signal === SIGQUIT) return;
    this.#host.stack.audit.record({
      type: AUDIT.ANOM_ABEND,
      body: `${abendText(subject)} sig=${signal} res=1`,
      subject: () => subject,
      alone: true,
      whenEnabled: true,
    });
  }

  /** The process is gone. */
  forget(tgid: Tgid): void {
    this.#programs.delete(tgid);
    this.#dumping.delete(tgid);
    this.#forgetNames(tgid);
  }

  /** Of its threads. */
  #forgetNames(tgid: Tgid): void {
    for (const [tid, name] of this.#names) if (name.tgid === tgid) this.#names.delete(tid);
  }

  #isAudited(task: Task): boolean {
    const { audit } = this.#host.stack;
    return audit.isEnabledFor(audit.stateOf(task).container);
  }

  #inherit(parent: Tid, child: Tgid): void {
    const maker = this.#host.stack.tasks.find(parent)?.process.tgid;
    const program = maker && this.#programs.get(maker);
    if (program !== undefined && maker !== child) this.#programs.set(child, { ...program, pid: child });
  }

  /** @param path of the program that it executes, as far as it is known: it may have ended since. */
  #learn(task: Task, path?: string): void {
    if (!this.#hears) this.#hearChanges();
    this.#hears = true;
    const { tgid } = task.process;
    const now = this.#host.subject(task);
    const before = this.#programs.get(tgid);
    const known = now?.exe === undefined && path !== undefined ? executing(now ?? before, path) : (now ?? before);
    if (known !== undefined) this.#programs.set(tgid, known);
  }
}

/** A process that has executed a program, and ended before it could be looked at. @param path empty = not known: it has no name, then. */
function executing(before: RecordSubject | undefined, path: string): RecordSubject | undefined {
  if (before === undefined) return undefined;
  const { exe: _, ...rest } = before;
  return { ...rest, comm: commOf(path), ...(path !== '' && { exe: path }) };
}

/** audit_log_task() */
function abendText(subject: RecordSubject): string {
  const { loginuid, sessionid, uids, gids, pid, comm } = subject;
  const ids = `auid=${loginuid} uid=${uids[0]} gid=${gids[0]} ses=${sessionid}`;
  return `${ids}${labelText(subject)} pid=${pid} comm=${untrusted(comm)}${exeText(subject)}`;
}
