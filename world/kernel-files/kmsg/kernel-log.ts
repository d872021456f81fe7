/**
 * Messages of the emulated kernel in its log: those of modules, and audit records without an audit daemon.
 *
 * Model: kernel/audit.c (kauditd_printk_skb): audit records are printed as notices, under the general rate limit of printk.
 */
import { KERN_INFO, KERN_NOTICE, KERN_WARNING } from '../../../lsm/framework/facts.ts';
import { INTERVAL_US, RateLimit } from './rate-limit.ts';
import { LogRing } from './ring.ts';

export class PrintkLog {
  readonly ring: LogRing;
  readonly now: () => number;
  #limit = this.#limitTo(INTERVAL_US);

  /** @param now CLOCK_MONOTONIC in microseconds. */
  constructor(now: () => number) {
    this.now = now;
    this.ring = new LogRing(now);
  }

  /** Boot parameter sysctl.kernel.printk_ratelimit: interval in seconds of the limit on audit records; 0 = no limit. */
  limitAudit(seconds: number): void {
    this.#limit = this.#limitTo(seconds * 1_000_000);
  }

  #limitTo(interval: number): RateLimit {
    const told = (missed: number) => this.print(`kauditd_printk_skb: ${missed} callbacks suppressed`, KERN_WARNING);
    return new RateLimit(told, interval);
  }

  /** A line without its end. */
  print(text: string, level = KERN_INFO): void {
    this.ring.append({ facility: 0, level, text: `${text}\n` });
  }

  /** @param stamp `audit(SECONDS.MMM:SERIAL)` */
  audit(type: number, stamp: string, body: string): void {
    if (this.#limit.allows(this.now())) this.print(`audit: type=${type} ${stamp}: ${body}`, KERN_NOTICE);
  }
}
