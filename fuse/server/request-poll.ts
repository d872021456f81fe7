/**
 * Keeps an event loop awake for a moment after a request, where the next one follows at once.
 *
 * A client that reads a file waits for one request after the other. Where each finds this thread asleep on an idle processor, to wake both
 * takes longer than to answer. So after an answer the loop turns without sleeping (`setImmediate`) for at most WINDOW_MS. Each turn is an
 * ordinary one: timers, messages of other threads, sockets and other connections are served as ever and in the same order.
 *
 * That takes a processor, which on a busy machine is the one that the client needs: then polls end without a request. So it is done only in
 * a run of requests, each of which followed soon, and a poll that ends in vain, or in which another task ran on this processor, costs as
 * much credit as several requests earn. Without credit there is a pause, which doubles each time until polls pay again. Where nobody asks,
 * or asks now and then, or with one processor, it never polls.
 */
import { availableParallelism } from 'node:os';

/** Longest wait for a request. Longer ones caught no more than this one (50, 100 and 200 us, measured). */
const WINDOW_MS = 0.1;
/** A request that came later than this after the one before begins a new run. */
const NEAR_MS = 0.5;
/** Requests of a run that are not waited for: opening, reading and closing one file is three to five. */
const RUN = 8;
const CREDIT = 64;
/** Credit after a pause. */
const TRIAL = 16;
const IN_VAIN = 4;
/** A turn of the loop without a request takes some 2 us. */
const LONG_TURN_MS = 0.05;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 3200;

/** The event loop and its machine. */
export interface Surroundings {
  /** In milliseconds, with fractions. */
  now(): number;
  /** Calls it once in the next turn of the loop, which does not sleep before. */
  nextTurn(callback: () => void): void;
  /** How many processors this process may use now. */
  processors(): number;
}

const SYSTEM: Surroundings = {
  now: () => performance.now(),
  nextTurn: setImmediate,
  processors: availableParallelism,
};

/** One for all connections of a thread. */
export class RequestPoll {
  readonly #surroundings: Surroundings;
  readonly #turn = (): void => this.#look();
  #credit = TRIAL;
  #run = 0;
  #served = -Infinity;
  #turned = 0;
  #polling = false;
  /** When to try again. */
  #paused = -Infinity;
  #pause = FIRST_PAUSE_MS;
  #hasProcessor: boolean | undefined;

  constructor(surroundings: Surroundings = SYSTEM) {
    this.#surroundings = surroundings;
  }

  /** Requests were just answered, and no other waits. */
  served(): void {
    const now = this.#surroundings.now();
    this.#run = now - this.#served < NEAR_MS ? this.#run + 1 : 0;
    this.#served = now;
    if (this.#polling) this.#caught();
    else if (this.#run >= RUN && now >= this.#paused && this.#mayPoll()) {
      this.#polling = true;
      this.#turned = now;
      this.#surroundings.nextTurn(this.#turn);
    }
  }

  #look(): void {
    const now = this.#surroundings.now();
    // Another task had this processor, or the loop something else to do.
    const isBusy = this.#turned >= this.#served && now - this.#turned > LONG_TURN_MS;
    this.#turned = now;
    if (isBusy || now - this.#served > WINDOW_MS) this.#inVain(now);
    else this.#surroundings.nextTurn(this.#turn);
  }

  #caught(): void {
    if (this.#credit < CREDIT) this.#credit++;
    if (this.#credit === CREDIT) this.#pause = FIRST_PAUSE_MS;
  }

  #inVain(now: number): void {
    this.#polling = false;
    this.#credit -= IN_VAIN;
    if (this.#credit > 0) return;
    this.#credit = TRIAL;
    this.#paused = now + this.#pause;
    this.#pause = Math.min(2 * this.#pause, LAST_PAUSE_MS);
    this.#hasProcessor = undefined;
  }

  /** With one processor the client runs only while this thread sleeps. Asked again after each pause. */
  #mayPoll(): boolean {
    this.#hasProcessor ??= this.#surroundings.processors() > 1;
    return this.#hasProcessor;
  }
}
