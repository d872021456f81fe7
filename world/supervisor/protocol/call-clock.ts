/**
 * What a supervisor thread does at this moment, as the daemon's main thread sees it.
 *
 * Model: words of memory that both share. The serial moves when a call is taken and when it is done with, so it is odd
 * while the thread is in a call.
 */
import { type Tid, tidOf } from '../../../linux/ids.ts';

/** Why a thread has ended. */
export const LAST_GONE = 'last process gone';
export const RELIEVED = 'relieved';

const SERIAL = 0;
const CALLER = 1;
const ASKING = 2;
const WATCHED = 3;
const RELIEF = 4;
const WORDS = 5;

/** A call that a thread has taken. */
export interface ClockedCall {
  /** {@link CallClock.shared} of the thread. */
  readonly clock: SharedArrayBuffer;
  readonly serial: number;
}

/** Is the thread not done with it yet? */
export function isUnderWay({ clock, serial }: ClockedCall): boolean {
  return new CallClock(clock).serial === serial;
}

export class CallClock {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared = new SharedArrayBuffer(WORDS * 4)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** The supervisor thread has taken a call. @returns `true` when it has to tell the main thread, which does not look at it. */
  begin(caller: Tid): boolean {
    Atomics.store(this.#words, CALLER, caller);
    Atomics.add(this.#words, SERIAL, 1);
    return this.watch();
  }

  /** It is done with it. */
  end(): void {
    Atomics.add(this.#words, SERIAL, 1);
  }

  get serial(): number {
    return Atomics.load(this.#words, SERIAL);
  }

  get inCall(): boolean {
    return (this.serial & 1) === 1;
  }

  /** Who makes the call. */
  get caller(): Tid {
    return tidOf(Atomics.load(this.#words, CALLER));
  }

  /** Does the thread wait for the main thread, which answers in a bounded time whatever callers do? */
  get asking(): boolean {
    return Atomics.load(this.#words, ASKING) === 1;
  }

  set asking(value: boolean) {
    Atomics.store(this.#words, ASKING, value ? 1 : 0);
  }

  /** The main thread looks at it from time to time from now on. @returns `false` when it does already. */
  watch(): boolean {
    return Atomics.compareExchange(this.#words, WATCHED, 0, 1) === 0;
  }

  unwatch(): void {
    Atomics.store(this.#words, WATCHED, 0);
  }

  /** Of a spare: it is not needed any more. */
  get relieved(): boolean {
    return Atomics.load(this.#words, RELIEF) === 1;
  }

  relieve(): void {
    Atomics.store(this.#words, RELIEF, 1);
  }
}
