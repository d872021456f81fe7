/**
 * Calls that the host's kernel goes on with and of which audit awaits the results, while other calls are served.
 */
import { NR } from '../../../host/libc.ts';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import { type AwaitedResult, type CallResults, FOLLOWED_MAX } from '../../../host/process/call-results.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { Tid } from '../../../linux/ids.ts';
import { POLLIN } from '../../../linux/poll.ts';

/**
 * Calls that go on at the same time, of whoever they count for but root. Where all of them together are as many as can be followed, who has
 * most gives one up for who has fewer. So who lets calls wait keeps no others from being recorded.
 */
const OF_USER = 64;
/** Root of the host. */
const ROOT = '0';
/** struct pollfd: int fd, short events, short revents. */
const POLLFD = { SIZE: 8, EVENTS: 4, REVENTS: 6 };
/** struct timespec, behind them. */
const TIMEOUT = (1 + FOLLOWED_MAX) * POLLFD.SIZE;

/** Replaced in tests. */
export type ResultSource = Pick<CallResults, 'follow' | 'active' | 'rest'>;

interface FollowedCall {
  readonly tid: Tid;
  /** Whom it counts for. */
  readonly user: string;
}

interface Going<Call> {
  readonly call: Call;
  readonly awaited: AwaitedResult;
}

/** Without a result it may go on, or its thread has ended. */
export interface Followed extends Pick<AwaitedResult, 'result' | 'ended'> {
  /** Another one is followed in its place. */
  readonly givenUp: boolean;
}
type Returned<Call> = (call: Call, followed: Followed) => void;

export class FollowedCalls<Call extends FollowedCall> {
  readonly #returned: Returned<Call>;
  readonly #open: () => ResultSource | undefined;
  readonly #poll = allocateNative(TIMEOUT + 16);
  /** A thread makes one call at a time. */
  readonly #going = new Map<Tid, Going<Call>>();
  /** `undefined` = not asked for yet, or not to be had. */
  #results: ResultSource | undefined;
  #asked = false;

  /** @param returned is told of each call once, when it is followed no more; throws nothing. */
  constructor(returned: Returned<Call>, open: () => ResultSource | undefined) {
    this.#returned = returned;
    this.#open = open;
  }

  get any(): boolean {
    return this.#going.size > 0;
  }

  /** The host's kernel tells results. */
  get active(): boolean {
    return this.#results?.active === true;
  }

  /** @param isWaiting does the caller still wait for us? @returns `false` = its result will not be known. */
  follow(call: Call, isWaiting: () => boolean): boolean {
    if (!this.#asked) this.#results = this.#open();
    this.#asked = true;
    const awaited = this.#hasRoomFor(call.user) ? this.#results?.follow(call.tid) : undefined;
    if (awaited === undefined) return false;
    const isSame = isWaiting(); // otherwise another thread may have its number by now
    if (isSame) this.#going.set(call.tid, { call, awaited });
    else awaited.close();
    return isSame;
  }

  /** The thread has returned from its call. */
  over(tid: Tid): void {
    const going = this.#going.get(tid);
    if (going !== undefined) this.#end(going);
  }

  /**
   * Waits until the listener has a call, at most for that time, and ends calls that return meanwhile.
   * @param nanoseconds less than a second; absent = for ever.
   * @returns whether there is a call; `false` also when no call is followed any more.
   */
  wait(listener: number, nanoseconds: bigint | undefined): boolean {
    const { view, address } = this.#poll;
    while (this.any) {
      const going = [...this.#going.values()];
      for (const [index, fd] of [listener, ...going.map(({ awaited }) => awaited.fd)].entries()) {
        view.setInt32(index * POLLFD.SIZE, fd, true);
        view.setUint32(index * POLLFD.SIZE + POLLFD.EVENTS, POLLIN, true);
      }
      view.setBigInt64(TIMEOUT + 8, nanoseconds ?? 0n, true);
      const timeout = nanoseconds === undefined ? 0 : address + TIMEOUT;
      const ready = rawSyscall(NR.ppoll, address, 1 + going.length, timeout, 0, 0);
      if (ready === 0) return false;
      const isReady = (index: number): boolean =>
        ready > 0 && view.getInt16(index * POLLFD.SIZE + POLLFD.REVENTS, true) !== 0;
      for (const one of going.filter((_, index) => isReady(1 + index))) this.#look(one);
      if (isReady(0)) return true;
    }
    return false;
  }

  /** No rule wants results any more. */
  rest(): void {
    if (!this.any) this.#results?.rest();
  }

  close(): void {
    for (const going of [...this.#going.values()]) this.#end(going);
    this.#results?.rest();
  }

  #look(going: Going<Call>): void {
    if (going.awaited.result() !== undefined || going.awaited.ended()) this.#end(going);
  }

  #end({ call, awaited }: Going<Call>, givenUp = false): void {
    this.#going.delete(call.tid);
    this.#returned(call, { result: () => awaited.result(), ended: () => awaited.ended(), givenUp });
    awaited.close();
  }

  #hasRoomFor(user: string): boolean {
    const counts = new Map<string, number>();
    for (const { call } of this.#going.values()) counts.set(call.user, (counts.get(call.user) ?? 0) + 1);
    const own = counts.get(user) ?? 0;
    if (user !== ROOT && own >= OF_USER) return false;
    if (this.#going.size < FOLLOWED_MAX) return true;
    counts.delete(ROOT);
    const [richest = ROOT, most = 0] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
    const last = [...this.#going.values()].findLast(({ call }) => call.user === richest);
    if (last === undefined || most < own + 2) return false;
    this.#end(last, true);
    return true;
  }
}
