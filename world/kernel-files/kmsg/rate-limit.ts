/**
 * Limits the number of messages in an interval: lib/ratelimit.c.
 */

/** DEFAULT_RATELIMIT_INTERVAL and DEFAULT_RATELIMIT_BURST; the same are the defaults of kernel.printk_ratelimit. */
const INTERVAL_US = 5_000_000;
const BURST = 10;

export class RateLimit {
  #begin: number | undefined;
  #printed = 0;
  #missed = 0;
  readonly #interval: number;

  /** @param interval microseconds; 0 = there is no limit. */
  constructor(interval = INTERVAL_US) {
    this.#interval = interval;
  }

  /** Number of messages suppressed since the last report. */
  get missed(): number {
    return this.#missed;
  }

  /**
   * May the message be printed? @param now microseconds
   * @param suppressed told in the next interval how many were refused; absent = they are counted until {@link missed} is asked for.
   */
  allows(now: number, suppressed?: (missed: number) => void): boolean {
    if (this.#interval === 0) return true;
    this.#begin ??= now;
    if (now > this.#begin + this.#interval) {
      if (this.#missed > 0 && suppressed !== undefined) {
        suppressed(this.#missed);
        this.#missed = 0;
      }
      this.#begin = now;
      this.#printed = 0;
    }
    if (this.#printed < BURST) {
      this.#printed++;
      return true;
    }
    this.#missed++;
    return false;
  }
}
