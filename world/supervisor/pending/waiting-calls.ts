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
import type { WaitingCount } from '../protocol/waiting-count.ts';

const SECOND_MS = 1000;
/** A kernel has no such bounds: there each costs its caller a task. */
const MOST_OF_USER = 64;
const MOST = 1024;

export interface WaitingCall {
  /** Of the notification. */
  readonly id: bigint;
  readonly tid: Tid;
  /** Whom it counts for. */
  readonly user: string;
  /** Notification.copy */
  readonly request: Uint8Array;
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
  /** `handled`: a thread has it. */
  state: 'waiting' | 'settled' | 'handled';
}

export class WaitingCalls {
  readonly #host: WaitingCallsHost;
  readonly #count: Pick<WaitingCount, 'set'>;
  readonly #calls = new Map<bigint, Entry>();

  constructor(host: WaitingCallsHost, count: Pick<WaitingCount, 'set'>) {
    this.#host = host;
    this.#count = count;
  }

  /** @returns `false` when there are too many. */
  add(call: WaitingCall): boolean {
    const ofUser = [...this.#calls.values()].filter(({ user }) => user === call.user).length;
    if (this.#calls.size >= MOST || ofUser >= MOST_OF_USER) return false;
    const timer = setInterval(() => this.#secondPassed(entry), SECOND_MS).unref();
    const entry: Entry = { ...call, timer, state: 'waiting' };
    this.#calls.set(call.id, entry);
    call.decision.whenSettled(() => this.#become(entry, 'settled'));
    this.#tell();
    return true;
  }

  /** The request of one that is settled; each is given once. */
  nextSettled(): Uint8Array | undefined {
    for (const entry of this.#calls.values()) {
      if (entry.state !== 'settled') continue;
      this.#become(entry, 'handled');
      return entry.request;
    }
    return undefined;
  }

  /** The decision that a call has waited for; `undefined` = none, or one about another program. */
  take(id: bigint, file: ExecFile): WaitingDecision | undefined {
    const entry = this.#calls.get(id);
    if (entry === undefined) return undefined;
    this.#drop(entry);
    if (entry.state !== 'waiting' && isDeepStrictEqual(entry.file, file)) return entry.decision;
    entry.decision.withdraw();
    return undefined;
  }

  close(): void {
    for (const entry of [...this.#calls.values()]) this.#end(entry);
  }

  #secondPassed(entry: Entry): void {
    if (!this.#host.isWaiting(entry.id)) this.#end(entry);
    else {
      if (this.#host.isInterrupted(entry.tid)) entry.decision.interrupted();
      entry.decision.secondPassed();
    }
  }

  #end(entry: Entry): void {
    this.#drop(entry);
    entry.decision.withdraw();
  }

  #drop({ id, timer }: Entry): void {
    clearInterval(timer);
    this.#calls.delete(id);
    this.#tell();
  }

  #become(entry: Entry, state: Entry['state']): void {
    entry.state = state;
    this.#tell();
  }

  #tell(): void {
    const states = [...this.#calls.values()].map(({ state }) => state);
    const settled = states.filter((state) => state === 'settled').length;
    this.#count.set(settled + states.filter((state) => state === 'waiting').length, settled);
  }
}
