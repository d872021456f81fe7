/**
 * Notices that a supervisor thread is held by the call that it looks at.
 *
 * Model: the thread says when it takes a call and nobody watches (CallClock.begin); from then on it is looked at every
 * {@link PERIOD_MS} until it is between two calls. It is held when it is in the same call at {@link LOOKS} looks, one after
 * the other, has asked us nothing, and neither it nor what works for it runs: then it waits in the kernel, for whatever the
 * caller made it wait for. It may also wait for a file that we serve, so looks that come late, because we were busy, count
 * for nothing.
 * An idle thread is not looked at, so an idle daemon does not wake.
 */
import type { CallClock } from './protocol/call-clock.ts';

/** Far above what a call takes, and a moment for who waits meanwhile. */
export const PERIOD_MS = 50;

const LOOKS = 2;
const LATE_MS = 2 * PERIOD_MS;

export interface HeldWatchHost {
  /** Does the thread run, or is it ready to? Or does what works for it? Asked at each look that finds it in the same call. */
  isRunning(): boolean;
  /** `held`: it has begun to be, or is so no more. */
  changed(held: boolean): void;
  /** Calls `look` once, in {@link PERIOD_MS}. */
  later(look: () => void): void;
  /** ms, of a clock that never goes back. */
  now(): number;
}

type WatchedClock = Pick<CallClock, 'asking' | 'inCall' | 'serial' | 'unwatch' | 'watch'>;

export class HeldWatch {
  readonly #clock: WatchedClock;
  readonly #host: HeldWatchHost;
  #seen = -1;
  /** When it was looked at last. */
  #at = 0;
  /** Looks that found it waiting, one after the other. */
  #waiting = 0;
  #held = false;
  #ended = false;

  constructor(clock: WatchedClock, host: HeldWatchHost) {
    this.#clock = clock;
    this.#host = host;
  }

  /** Serial of the call that holds it; `undefined` = none does. */
  get heldIn(): number | undefined {
    return this.#held ? this.#seen : undefined;
  }

  /** The thread says that it has taken a call (CallClock.begin). */
  begin(): void {
    this.#seen = this.#clock.serial;
    this.#waiting = 0;
    this.#again();
  }

  /** The thread has ended. */
  end(): void {
    this.#ended = true;
  }

  #look(): void {
    if (this.#ended) return;
    const { serial, inCall } = this.#clock;
    const isSame = inCall && serial === this.#seen && !this.#clock.asking;
    this.#seen = serial;
    if (!isSame) this.#waiting = 0;
    else if (!this.#isLate()) {
      const isRunning = this.#host.isRunning();
      if (!this.#held) this.#waiting = isRunning ? 0 : this.#waiting + 1;
    }
    this.#becomes(this.#waiting >= LOOKS);
    if (!inCall) {
      this.#clock.unwatch();
      // It may have taken another one before it could see that.
      if (!this.#clock.inCall || !this.#clock.watch()) return;
    }
    this.#again();
  }

  #isLate(): boolean {
    return this.#host.now() - this.#at >= LATE_MS;
  }

  #again(): void {
    this.#at = this.#host.now();
    this.#host.later(() => this.#look());
  }

  #becomes(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    this.#host.changed(held);
  }
}
