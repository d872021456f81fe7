/**
 * The main thread's side of calls that wait for a decision: their time, their end, and how many there may be. Nobody waits here.
 *
 * A signal ends the wait as it does in the kernel. With WAIT_KILLABLE_RECV one that does not kill the caller stays pending
 * (host/seccomp/seccomp.ts), so once a second it is looked for.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Tid } from '../../../linux/ids.ts';
import type { ExecFile } from '../../../lsm/framework/events.ts';
import type { WaitingDecision } from '../../../lsm/framework/waiting-decision.ts';

const SECOND_MS = 1000;
/** A kernel has no such bounds: there each costs its caller a task. */
const MOST_OF_USER = 64;
const MOST = 1024;

export interface WaitingCall {
  /** Of the notification. */
  readonly id: bigint;
  readonly tid: Tid;
  readonly uid: number;
  /** The program that is to be executed. */
  readonly file: ExecFile;
  readonly decision: WaitingDecision;
}

export interface WaitingCallsHost {
  /** Is the caller still in this call? */
  isWaiting(id: bigint): boolean;
  /** Is there a signal that it would take? */
  isInterrupted(tid: Tid): boolean;
}

interface Entry extends WaitingCall {
  readonly timer: NodeJS.Timeout;
  settled: boolean;
}

export class WaitingCalls {
  readonly #host: WaitingCallsHost;
  readonly #calls = new Map<bigint, Entry>();

  constructor(host: WaitingCallsHost) {
    this.#host = host;
  }

  /** @returns `false` when there are too many. */
  add(call: WaitingCall): boolean {
    const ofUser = [...this.#calls.values()].filter(({ uid }) => uid === call.uid).length;
    if (this.#calls.size >= MOST || ofUser >= MOST_OF_USER) return false;
    const timer = setInterval(() => this.#secondPassed(entry), SECOND_MS).unref();
    const entry: Entry = { ...call, timer, settled: false };
    this.#calls.set(call.id, entry);
    call.decision.whenSettled(() => {
      entry.settled = true;
    });
    return true;
  }

  /** Those that need not wait any more, of these. */
  settled(ids: readonly bigint[]): bigint[] {
    return ids.filter((id) => this.#calls.get(id)?.settled !== false);
  }

  /** The decision that a call has waited for; `undefined` = none, or one about another program. */
  take(id: bigint, file: ExecFile): WaitingDecision | undefined {
    const entry = this.#calls.get(id);
    if (entry === undefined) return undefined;
    this.#drop(entry);
    if (entry.settled && isDeepStrictEqual(entry.file, file)) return entry.decision;
    entry.decision.withdraw();
    return undefined;
  }

  close(): void {
    for (const entry of [...this.#calls.values()]) this.#end(entry);
  }

  #secondPassed(entry: Entry): void {
    if (!this.#host.isWaiting(entry.id)) this.#end(entry);
    else if (this.#host.isInterrupted(entry.tid)) entry.decision.withdraw();
    else entry.decision.secondPassed();
  }

  #end(entry: Entry): void {
    this.#drop(entry);
    entry.decision.withdraw();
  }

  #drop({ id, timer }: Entry): void {
    clearInterval(timer);
    this.#calls.delete(id);
  }
}
