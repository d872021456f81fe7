/**
 * Messages of the emulated kernel in its log: those of modules, and audit records without an audit daemon.
 *
 * Model: kernel/audit.c: audit records are printed as notices (kauditd_printk_skb), these and what audit says of itself under the general
 * rate limit of printk, which they share.
 */
import { KERN_INFO, KERN_NOTICE, KERN_WARNING } from '../../../lsm/framework/facts.ts';
import { RateLimit } from './rate-limit.ts';
import { LogRing } from './ring.ts';

export class PrintkLog {
  readonly ring: LogRing;
  readonly now: () => number;
  #limit = new RateLimit();

  /** @param now CLOCK_MONOTONIC in microseconds. */
  constructor(now: () => number) {
    this.now = now;
    this.ring = new LogRing(now);
  }

  /** Boot parameter sysctl.kernel.printk_ratelimit: interval in seconds of the limit on audit records; 0 = no limit. */
  limitAudit(seconds: number): void {
    this.#limit = new RateLimit(seconds * 1_000_000);
  }

  /** A line without its end. */
  print(text: string, level = KERN_INFO): void {
    this.ring.append({ facility: 0, level, text: `${text}\n` });
  }

  /** @param stamp `audit(SECONDS.MMM:SERIAL)` */
  audit(type: number, stamp: string, body: string): void {
    this.printLimited(`audit: type=${type} ${stamp}: ${body}`, KERN_NOTICE, 'kauditd_printk_skb');
  }

  /** @param by the function of the kernel that prints it, which tells how many were suppressed before it. */
  printLimited(text: string, level: number, by: string): void {
    const told = (missed: number) => this.print(`${by}: ${missed} callbacks suppressed`, KERN_WARNING);
    if (this.#limit.allows(this.now(), told)) this.print(text, level);
  }
}
