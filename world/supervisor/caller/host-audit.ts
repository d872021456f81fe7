/**
 * Does the host's audit look at each file that a system call of ours names? With rules it does, and so asks the file's filesystem.
 *
 * Rules can come and go: they are asked for again five times a second. Outside of the initial namespaces, and without
 * CAP_AUDIT_CONTROL, nobody tells; then they may be there.
 */

import { UnauditedStat } from '../../../host/files/unaudited-stat.ts';
import { FuseConnections } from '../../../host/fuse-connections.ts';
import { hasRulesInForce } from '../../../host/sockets/audit-rules.ts';

const AGE_MS = 200;

/** Whether names are looked at. */
type Looks = 'yes' | 'no' | 'maybe';

/** One for each thread that serves callers. */
export class HostAudit {
  #stat: UnauditedStat | undefined;
  #connections: FuseConnections | undefined;
  #looks: Looks = 'no';
  #since = Number.NEGATIVE_INFINITY;

  get looks(): Looks {
    const now = performance.now();
    if (now - this.#since >= AGE_MS) {
      const rules = hasRulesInForce();
      this.#looks = rules === undefined ? 'maybe' : rules ? 'yes' : 'no';
      this.#since = now;
    }
    return this.#looks;
  }

  /** By which names are asked about without being looked at; absent = there is no need. */
  get stat(): UnauditedStat | undefined {
    if (this.looks === 'no') return undefined;
    this.#connections ??= new FuseConnections(); // before anybody is acted for
    this.#stat ??= new UnauditedStat();
    return this.#stat;
  }

  /**
   * Has the filesystem on this device a server in user space? Where that is not known names that are looked at are none
   * to try; else `undefined`.
   */
  isServed(device: string): boolean | undefined {
    return this.#connections?.has(device) ?? (this.#looks === 'yes' || undefined);
  }
}
