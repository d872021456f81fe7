/**
 * Does the host's audit read an attribute of each file that our system calls name (audit_copy_inode())? It does while any rule is loaded,
 * and that asks the file's filesystem.
 *
 * Rules can change at any time: they are read again when the last answer is older than 200 ms. Outside of the initial
 * namespaces, and without CAP_AUDIT_CONTROL, they cannot be read; then the answer is `maybe`. So it is while the kernel does not
 * answer at once, unless there were rules before.
 */

import { UnauditedStat } from '../../../host/files/unaudited-stat.ts';
import { NR } from '../../../host/libc.ts';
import { hasAuditRules } from '../../../host/sockets/audit-rules.ts';
import { NETLINK_AUDIT } from '../../../linux/netlink.ts';
import { AF_NETLINK } from '../../../linux/socket.ts';
import type { Notification } from '../notification.ts';

const AGE_MS = 200;

/** socket(2) that makes a socket of the host's audit if the kernel goes on with it. */
export function reachesHostAudit(call: Pick<Notification, 'number' | 'int'>): boolean {
  return call.number === NR.socket && call.int(0) === AF_NETLINK && call.int(2) === NETLINK_AUDIT;
}

/** Does audit read attributes of the files that we name? */
type Looks = 'yes' | 'no' | 'maybe';

/** One per supervisor thread. */
export class HostAudit {
  readonly #hasRules: () => boolean | undefined;
  #stat: UnauditedStat | undefined;
  #looks: Looks = 'no';
  #since = Number.NEGATIVE_INFINITY;

  constructor(hasRules: () => boolean | undefined = hasAuditRules) {
    this.#hasRules = hasRules;
  }

  get looks(): Looks {
    const now = performance.now();
    if (now - this.#since >= AGE_MS) {
      const rules = this.#hasRules();
      if (rules !== undefined) this.#looks = rules ? 'yes' : 'no';
      else if (this.#looks === 'no') this.#looks = 'maybe';
      this.#since = performance.now();
    }
    return this.#looks;
  }

  /** statx by io_uring, which audit skips; absent = audit has no rules, so an ordinary call asks nothing. */
  get stat(): UnauditedStat | undefined {
    if (this.looks === 'no') return undefined;
    this.#stat ??= new UnauditedStat();
    return this.#stat;
  }
}
