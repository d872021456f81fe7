/**
 * Calls that audit rules of the world name: what they name is looked at before, and their results are recorded.
 *
 * Model: audit_syscall_entry() and audit_syscall_exit() of kernel/auditsc.c. What we answer ourselves we know; what the host's
 * kernel goes on with it tells by a tracepoint (host/process/call-results.ts), while the caller goes on, too: so records
 * come a moment after the call, as those of a kernel reach their readers. Where the host does not tell, there is no record.
 * A call that no rule names costs a look at shared memory.
 */

import { NR } from '../../../host/libc.ts';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import type { RemoteMemory } from '../../../host/memory/remote-memory.ts';
import { type AwaitedResult, CallResults, FOLLOWED_MAX } from '../../../host/process/call-results.ts';
import { WaitingError } from '../../../host/process/helper/bounded-calls.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { NEVER } from '../../../linux/audit.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { POLLIN } from '../../../linux/poll.ts';
import { ABSENT, auditArch, type SyscallName, syscallNumbers } from '../../../linux/syscall-numbers.ts';
import { inMask, mayBeWanted, type ObservedCall } from '../../../lsm/framework/audit/call-match.ts';
import type { AuditRule } from '../../../lsm/framework/audit/rule.ts';
import { taskNumber } from '../access/task-state.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import type { PidNamespaces } from '../caller/pid-namespaces.ts';
import type { Notification } from '../notification.ts';
import type { AuditedNumbers } from '../protocol/audited-numbers.ts';
import type { AuditedCallEnds } from '../protocol/backend.ts';
import type { Ask } from '../protocol/questions/index.ts';
import { addressGiven, namedBy, type OpenHow, openHow } from './call-files.ts';
import { type Named, NamedFiles } from './named-files.ts';

const ARGUMENTS = 4;
/** Of another user than root, calls that go on at the same time: who lets calls wait keeps no others from being recorded. */
const OF_USER = 64;
/** struct pollfd: int fd, short events, short revents. */
const POLLFD = 8;
const { EINTR } = ERRNO;
/** ERESTARTSYS to ERESTART_RESTARTBLOCK, which no program sees: audit says EINTR, but for ENOIOCTLCMD. */
const RESTARTS = { from: 512, to: 516, but: 515 };
/** By name: which argument is the process that gets a signal. */
const SIGNALLED: ReadonlyMap<SyscallName, number> = new Map([
  ['kill', 0],
  ['tkill', 0],
  ['tgkill', 1],
  ['rt_sigqueueinfo', 0],
  ['rt_tgsigqueueinfo', 1],
]);

interface AuditedCall {
  readonly tid: Tid;
  readonly user: number | undefined;
  readonly number: number;
  readonly named: Named | undefined;
  readonly pwd: string | undefined;
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
}

export class AuditedCalls {
  readonly #context: AuditedCallsContext;
  readonly #numbers: AuditedNumbers;
  readonly #names = new Map<number, SyscallName>();
  readonly #arch = auditArch(process.arch);
  readonly #poll = allocateNative((1 + FOLLOWED_MAX) * POLLFD + 16);
  #rules: { readonly version: number; readonly list: readonly AuditRule[] } = { version: 0, list: [] };
  #current: AuditedCall | undefined;
  #going: { readonly call: AuditedCall; readonly awaited: AwaitedResult }[] = [];
  /** `undefined` = not asked for yet, or not to be had. */
  #results: CallResults | undefined;
  #asked = false;

  constructor(context: AuditedCallsContext, numbers: AuditedNumbers) {
    this.#context = context;
    this.#numbers = numbers;
    for (const [name, number] of Object.entries(syscallNumbers(process.arch)))
      if (number !== ABSENT) this.#names.set(number, name as SyscallName);
  }

  /** Do calls go on of which the result is awaited? */
  get waits(): boolean {
    return this.#going.length > 0;
  }

  /** To be called before the current call is looked at by others. */
  begin(): void {
    const { call } = this.#context;
    if (!this.#numbers.has(call.number)) {
      this.#rest();
      return;
    }
    try {
      this.#current = this.#wanted();
    } catch (error) {
      if (!(error instanceof WaitingError)) throw error;
    }
  }

  /** The kernel goes on with the current call: to be called before it does. */
  goesOn(): void {
    const call = this.#take();
    if (call === undefined) return;
    this.#results ??= this.#openResults();
    const awaited = this.#hasRoomFor(call.user) ? this.#results?.follow(call.tid) : undefined;
    if (awaited === undefined) this.#end(call, undefined);
    else this.#going.push({ call, awaited });
  }

  /** The current call was answered. @param result `undefined` = it is answered later. */
  answered(result: number | undefined): void {
    const call = this.#take();
    if (call !== undefined) this.#end(call, result);
  }

  /**
   * Waits until the listener has a call, at most for that time, and ends calls that return meanwhile.
   * @param nanoseconds less than a second; absent = for ever.
   * @returns whether there is a call.
   */
  wait(listener: number, nanoseconds: bigint | undefined): boolean {
    const { view, address } = this.#poll;
    while (this.waits) {
      const fds = [listener, ...this.#going.map(({ awaited }) => awaited.fd)];
      for (const [index, fd] of fds.entries()) {
        view.setInt32(index * POLLFD, fd, true);
        view.setUint32(index * POLLFD + 4, POLLIN, true);
      }
      const timeout = (1 + FOLLOWED_MAX) * POLLFD;
      view.setBigInt64(timeout + 8, nanoseconds ?? 0n, true);
      const ready = rawSyscall(NR.ppoll, address, fds.length, nanoseconds === undefined ? 0 : address + timeout, 0, 0);
      if (ready === 0) return false;
      this.complete();
      if (ready > 0 && view.getInt16(6, true) !== 0) return true;
    }
    return true;
  }

  /** Ends the calls that have returned. */
  complete(): void {
    this.#going = this.#going.filter(({ call, awaited }) => {
      const result = awaited.result();
      if (result === undefined && !awaited.ended()) return true;
      awaited.close();
      this.#end(call, result === undefined ? this.#withoutResult(call) : shown(result));
      return false;
    });
  }

  close(): void {
    for (const { call, awaited } of this.#going) {
      awaited.close();
      this.#end(call, undefined);
    }
    this.#going = [];
    this.#closeResults();
  }

  /** When the last rule is gone the host's kernel need not tell results any more. */
  #rest(): void {
    if (this.#results === undefined || this.waits || this.#rules.version === this.#numbers.version) return;
    if (!this.#numbers.any) this.#closeResults();
  }

  #take(): AuditedCall | undefined {
    const call = this.#current;
    this.#current = undefined;
    return call;
  }

  #hasRoomFor(user: number | undefined): boolean {
    return user === 0 || this.#going.filter(({ call }) => call.user === user).length < OF_USER;
  }

  #openResults(): CallResults | undefined {
    if (this.#asked) return undefined;
    this.#asked = true;
    return CallResults.open();
  }

  #closeResults(): void {
    this.#results?.close();
    if (this.#results !== undefined) this.#asked = false;
    this.#results = undefined;
  }

  /** The kernel follows nobody who becomes a set-user-ID program: that it has become one is its result. */
  #withoutResult({ number, tid }: AuditedCall): number | undefined {
    const executes = number === NR.execve || number === NR.execveat;
    return executes && this.#context.view.readFile(AT_FDCWD, `/proc/${tid}/stat`) !== undefined ? 0 : undefined;
  }

  #wanted(): AuditedCall | undefined {
    const { call, ask, view } = this.#context;
    const name = this.#names.get(call.number);
    const rules = this.#present().filter((rule) => rule.action !== NEVER && inMask(rule.mask, call.number));
    const how = name === 'openat2' ? openHow(this.#context) : undefined;
    const observed: ObservedCall = {
      arch: this.#arch,
      number: call.number,
      args: [0, 1, 2, 3].map((index) => call.low(index)),
      ...(how && { openFlags: Number(how.flags) }),
    };
    if (!mayBeWanted(rules, { call: observed })) return undefined;
    const above = rules.some(({ directory }) => directory !== undefined);
    const named = namedBy(name, this.#context, new NamedFiles(this.#context, call.tid, above));
    let isKept = false;
    try {
      const names = named?.names() ?? [];
      if (!mayBeWanted(rules, { call: { ...observed, names } })) return undefined;
      const args = Array.from({ length: ARGUMENTS }, (_, at) => (BigInt(call.high(at)) << 32n) | BigInt(call.low(at)));
      const address = addressGiven(name, this.#context);
      const about = { number: call.number, args, names, ...(address !== undefined && { address }) };
      const flags = how && { openFlags: Number(how.flags) };
      const target = this.#target(name);
      if (
        ask({ kind: 'audit-begin', tid: call.tid, ...about, ...flags, ...(target !== undefined && { target }) })
          ?.value !== true
      )
        return undefined;
      isKept = true;
      const pwd = named?.byPath === true ? view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/cwd`) : undefined;
      const user = view.status(call.tid)?.fsuid;
      return { tid: call.tid, user, number: call.number, named, pwd, openHow: how };
    } finally {
      if (!isKept) named?.close();
    }
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

  #target(name: SyscallName | undefined): Tid | undefined {
    const { call, namespaces } = this.#context;
    const argument = name && SIGNALLED.get(name);
    const number = argument === undefined ? 0 : call.int(argument);
    return number > 0 ? taskNumber({ call, namespaces }, number) : undefined;
  }

  /** @param exit `undefined` = it is not known. */
  #end({ tid, number, named, pwd, openHow: how }: AuditedCall, exit: number | undefined): void {
    // First of all: the thread goes on.
    const status = exit === undefined ? undefined : this.#context.view.readStatus(tid);
    const executed = exit === 0 && (number === NR.execve || number === NR.execveat);
    const ended: AuditedCallEnds = {
      tid,
      ...(exit !== undefined && { exit }),
      names: exit === undefined ? [] : (named?.names(exit) ?? []),
      ...(pwd !== undefined && exit !== undefined && { pwd }),
      ...(how && { openHow: how }),
      ...(executed && { executed }),
      ...(status !== undefined && { status }),
    };
    named?.close();
    this.#context.ask({ kind: 'audit-end', ...ended });
  }
}

function shown(result: number): number {
  const error = -result;
  return error >= RESTARTS.from && error <= RESTARTS.to && error !== RESTARTS.but ? -EINTR : result;
}
