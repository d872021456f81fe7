/**
 * Calls that audit rules of the world name: what they name is looked at before, and their results are recorded.
 *
 * Model: audit_syscall_entry() and audit_syscall_exit() of kernel/auditsc.c. What we answer ourselves we know; what the host's
 * kernel goes on with it tells by a tracepoint (host/process/call-results.ts), while the caller goes on, too: so records
 * come a moment after the call, as those of a kernel reach their readers. Where the host does not tell, there is no record.
 * A call that no rule names costs a look at shared memory.
 */

import type { RemoteMemory } from '../../../host/memory/remote-memory.ts';
import { WaitingError } from '../../../host/memory/remote-memory.ts';
import { CallResults } from '../../../host/process/call-results.ts';
import { STAT, statField } from '../../../host/procfs/stat.ts';
import { NEVER } from '../../../linux/audit.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { ABSENT, auditArch, type SyscallName, syscallNumbers } from '../../../linux/syscall-numbers.ts';
import { inMask, mayBeWanted, type ObservedCall } from '../../../lsm/framework/audit/call-match.ts';
import type { ClockChange } from '../../../lsm/framework/audit/clock-text.ts';
import type { AuditRule } from '../../../lsm/framework/audit/rule.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import type { PidNamespaces } from '../caller/pid-namespaces.ts';
import type { Notification } from '../notification.ts';
import type { AuditedCallEnds, TaskIds } from '../protocol/audited-call.ts';
import type { AuditedNumbers } from '../protocol/audited-numbers.ts';
import type { Ask } from '../protocol/questions/index.ts';
import type { ArgumentReader, CallerIpc } from './argument-reader.ts';
import { detailsOf } from './call-details.ts';
import { executes, leaves, shownResult, targetOf } from './call-facts.ts';
import { addressGiven, namedBy, type OpenHow, openHow } from './call-files.ts';
import { idsAfter, idsIn } from './changed-ids.ts';
import { clockChange, HostClock } from './clock-changes.ts';
import type { Details } from './detail.ts';
import { type Followed, FollowedCalls, type ResultSource } from './followed-calls.ts';
import { callerIpc } from './ipc-details.ts';
import { type Named, NamedFiles } from './named-files.ts';
import { anomalyOf } from './refused-links.ts';
import { unfollowedResult } from './unfollowed-program.ts';

const ARGUMENTS = 4;

/** What is looked at before the call, as far as that is possible without waiting. */
interface Before {
  readonly pwd: string | undefined;
  /** What else there is to record of it. */
  readonly details: Details | undefined;
  /** If it executes a program: when its thread began. */
  readonly started: string | undefined;
  /** If it sets ids: those after it, if it succeeds. */
  readonly becomes: TaskIds | undefined;
  /** What it changes of the clock, if it succeeds. */
  readonly clock: ClockChange | undefined;
}

interface AuditedCall extends Partial<Before> {
  /** As the daemon knows it. */
  readonly id: number;
  readonly tid: Tid;
  /** Whom it counts for. */
  readonly user: string;
  readonly number: number;
  readonly named: Named | undefined;
  readonly openHow: OpenHow | undefined;
}

/** What it needs of its worker. */
export interface AuditedCallsContext {
  readonly call: Notification;
  readonly memory: RemoteMemory;
  readonly view: CallerView;
  readonly files: FileInspector;
  readonly namespaces: PidNamespaces;
  readonly ask: Ask;
  /** The thread has returned from its call: what it has made gets its labels. */
  labelNew(tid: Tid): void;
  log(text: string): void;
}

/** Its methods throw nothing: what is not recorded must not keep the call, or another one, from being handled. */
export class AuditedCalls {
  readonly #context: AuditedCallsContext;
  readonly #numbers: AuditedNumbers;
  readonly #names = new Map<number, SyscallName>();
  readonly #arch = auditArch(process.arch);
  #rules: { readonly version: number; readonly list: readonly AuditRule[] } = { version: 0, list: [] };
  #current: AuditedCall | undefined;
  readonly #clock = new HostClock();
  readonly #followed: FollowedCalls<AuditedCall>;
  readonly #ipc: CallerIpc;

  constructor(
    context: AuditedCallsContext,
    numbers: AuditedNumbers,
    open: () => ResultSource | undefined = () => CallResults.open(),
  ) {
    this.#context = context;
    this.#numbers = numbers;
    this.#ipc = callerIpc(context);
    this.#followed = new FollowedCalls((call, followed) => this.#returned(call, followed), open);
    for (const [name, number] of Object.entries(syscallNumbers(process.arch)))
      if (number !== ABSENT) this.#names.set(number, name as SyscallName);
  }

  /** Do calls go on of which the result is awaited? */
  get waits(): boolean {
    return this.#followed.any;
  }

  /** Must {@link begin} be told of calls with this number? */
  concerns(number: number): boolean {
    return this.#followed.active || this.#followed.any || this.#numbers.has(number);
  }

  /** To be called before the current call is looked at by others. */
  begin(): void {
    const { call } = this.#context;
    this.#followed.over(call.tid); // what it did before
    if (this.#numbers.has(call.number)) this.#current = this.#safely(() => this.#wanted());
    else this.#rest();
  }

  /** The kernel goes on with the current call: to be called before it does. */
  goesOn(): void {
    const call = this.#take();
    if (call === undefined) return;
    if (leaves(call.number)) {
      this.#end(call, undefined);
      return;
    }
    const isWaiting = (): boolean => this.#context.call.waiting;
    if (this.#safely(() => this.#followed.follow(call, isWaiting)) === true) return;
    // Who is interrupted calls again.
    this.#end(call, undefined, undefined, this.#followed.active && isWaiting());
  }

  /** The current call was answered. @param result `undefined` = it is answered later. */
  answered(result: number | undefined): void {
    const call = this.#take();
    if (call !== undefined) this.#end(call, result);
  }

  /** {@link FollowedCalls.wait} */
  wait(listener: number, nanoseconds: bigint | undefined): boolean {
    return this.#followed.wait(listener, nanoseconds);
  }

  close(): void {
    this.#followed.close();
  }

  #returned(call: AuditedCall, followed: Followed): void {
    const told = followed.result();
    const found = told === undefined && followed.ended() ? this.#safely(() => this.#withoutResult(call)) : told;
    this.#end(
      call,
      found === undefined ? undefined : shownResult(found),
      followed,
      told === undefined && followed.givenUp,
    );
  }

  /** `undefined` also where it fails. */
  #safely<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof WaitingError))
        this.#context.log(`audit of a call: ${error instanceof Error ? error.stack : String(error)}`);
      return undefined;
    }
  }

  /** When the last rule is gone the host's kernel need not tell results any more. */
  #rest(): void {
    if (!this.#followed.active || this.#rules.version === this.#numbers.version) return;
    if (!this.#numbers.any) this.#followed.rest();
  }

  #take(): AuditedCall | undefined {
    const call = this.#current;
    this.#current = undefined;
    return call;
  }

  /** @returns `undefined` = it executed no program. */
  #withoutResult({ tid, started }: AuditedCall): number | undefined {
    return started === undefined ? undefined : unfollowedResult(started, () => this.#stat(tid));
  }

  #stat(tid: Tid): string | undefined {
    return this.#context.view.readFile(AT_FDCWD, `/proc/${tid}/stat`);
  }

  #wanted(): AuditedCall | undefined {
    const { call, ask } = this.#context;
    const name = this.#names.get(call.number);
    const rules = this.#present().filter((rule) => rule.action !== NEVER && inMask(rule.mask, call.number));
    const reader = { ...this.#context, ipc: this.#ipc };
    const how = name === 'openat2' ? openHow(reader) : undefined;
    const observed: ObservedCall = {
      arch: this.#arch,
      number: call.number,
      args: [0, 1, 2, 3].map((index) => call.low(index)),
      ...(how && { openFlags: Number(how.flags) }),
    };
    if (!mayBeWanted(rules, { call: observed })) return undefined;
    const above = rules.some(({ directory }) => directory !== undefined);
    const named = namedBy(name, reader, new NamedFiles(this.#context, call.tid, above));
    let isKept = false;
    try {
      const names = named?.names() ?? [];
      if (!mayBeWanted(rules, { call: { ...observed, names } })) return undefined;
      const args = Array.from({ length: ARGUMENTS }, (_, at) => (BigInt(call.high(at)) << 32n) | BigInt(call.low(at)));
      const address = addressGiven(name, reader);
      const about = { number: call.number, args, names, ...(address !== undefined && { address }) };
      const flags = how && { openFlags: Number(how.flags) };
      const target = targetOf(name, this.#context);
      const begins = { tid: call.tid, ...about, ...flags, ...(target !== undefined && { target }) };
      const begun = ask({ kind: 'audit-begin', ...begins })?.value;
      if (begun === undefined) return undefined;
      isKept = true;
      const before = this.#safely(() => this.#before(name, reader, named));
      return { ...begun, tid: call.tid, number: call.number, named, openHow: how, ...before };
    } finally {
      if (!isKept) named?.close();
    }
  }

  #before(name: SyscallName | undefined, reader: ArgumentReader, named: Named | undefined): Before {
    const { call, view } = this.#context;
    return {
      pwd: named && view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/cwd`),
      started: executes(call.number) ? statField(this.#stat(call.tid) ?? '', STAT.startTime) : undefined,
      becomes: name && this.#becomes(name),
      clock: clockChange(name, reader, this.#clock),
      details: this.#safely(() => detailsOf(name, reader)),
    };
  }

  #present(): readonly AuditRule[] {
    const { version } = this.#numbers;
    if (this.#rules.version !== version) {
      const list = this.#context.ask({ kind: 'audit-rules' })?.value;
      if (list === undefined) return [];
      this.#rules = { version, list };
    }
    return this.#rules.list;
  }

  /** Ids of other user namespaces have other numbers. */
  #becomes(name: SyscallName): TaskIds | undefined {
    const { call, view } = this.#context;
    const { status } = view.known(call.tid);
    const args = [0, 1, 2].map((index) => call.low(index) >>> 0);
    const after = status === undefined ? undefined : idsAfter(name, args, status);
    return after !== undefined && view.isInOurUserNamespace(call.tid) ? after : undefined;
  }

  /**
   * @param exit `undefined` = it is not known.
   * @param followed absent = the host's kernel does not go on with it, or nobody follows it.
   */
  #end(call: AuditedCall, exit: number | undefined, followed?: Followed, lost = false): void {
    // Who was told that it began is told of its end, whatever else fails.
    const ended = this.#safely(() => this.#ended(call, exit, followed));
    call.named?.close();
    const told = ended ?? { id: call.id, tid: call.tid, names: [] };
    const isLost = lost || ended === undefined;
    this.#safely(() => this.#context.ask({ kind: 'audit-end', ...told, ...(isLost && { lost: true as const }) }));
  }

  #ended(call: AuditedCall, exit: number | undefined, followed: Followed | undefined): AuditedCallEnds {
    const { id, tid, number, named, pwd, openHow: how, clock } = call;
    if (leaves(number)) return { id, tid, names: [], leaves: true };
    if (exit === undefined) return { id, tid, names: [], ...(how && { openHow: how }) };
    // First of all: the thread goes on.
    const ids = followed && this.#ids(call, exit, followed);
    this.#safely(() => this.#context.labelNew(tid));
    const executed = exit === 0 && executes(number);
    const names = named?.names(exit) ?? [];
    const kind = this.#safely(() => call.details?.(exit, names)) ?? [];
    const details = [...anomalyOf(named?.refusedLink?.(exit)), ...kind];
    return {
      id,
      tid,
      exit,
      names,
      ...(details.length > 0 && { details }),
      ...(pwd !== undefined && names.length > 0 && { pwd }),
      ...(how && { openHow: how }),
      ...(executed && { executed }),
      ...(exit >= 0 && clock && { clock }),
      ...(ids && { ids }),
    };
  }

  #ids({ tid, becomes }: AuditedCall, exit: number, followed: Followed): TaskIds | undefined {
    const status = this.#context.view.readStatus(tid);
    // When the thread has ended another one may have its number.
    if (status !== undefined && !followed.ended()) return idsIn(status);
    return exit === 0 ? becomes : undefined;
  }
}
