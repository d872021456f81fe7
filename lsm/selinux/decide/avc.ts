/**
 * The access vector cache: decisions by (source SID, target SID, class), counted as the kernel counts them.
 *
 * Model (security/selinux/avc.c): 512 hash slots of nodes, newest first. A look-up that misses computes and inserts; when more than
 * `threshold` nodes are active, a round-robin over the slots reclaims 16. A denial that is let through (permissive) adds the permissions
 * to the cached node, so it is reported once until the next flush. A decision older than the newest policy notification is not cached.
 * Allocations and frees count nodes, as /sys/fs/selinux/avc/cache_stats shows them.
 */

import type { Sid } from '../policy/index.ts';

const SLOTS = 512;
const RECLAIM = 16;
const DEFAULT_THRESHOLD = 512;

/** A decision in kernel permission bits (unsigned 32 bits). */
export interface AccessVector {
  readonly allowed: number;
  readonly auditallow: number;
  readonly auditdeny: number;
  /** Number of the policy change it was computed under. */
  readonly seqno: number;
  /** The source type is permissive. */
  readonly permissive: boolean;
}

interface AvcNode {
  readonly ssid: Sid;
  readonly tsid: Sid;
  readonly tclass: number;
  readonly av: AccessVector;
}

export interface AvcStatistics {
  readonly lookups: number;
  readonly misses: number;
  readonly allocations: number;
  readonly reclaims: number;
  readonly frees: number;
}

export interface HashStatistics {
  readonly entries: number;
  readonly used: number;
  readonly slots: number;
  readonly longest: number;
}

export type ComputeAccessVector = (ssid: Sid, tsid: Sid, tclass: number) => AccessVector;

export class AccessVectorCache {
  /** Active nodes above which an insertion reclaims; settable through avc/cache_threshold. */
  threshold = DEFAULT_THRESHOLD;
  readonly #compute: ComputeAccessVector;
  /** Made at the first insertion: most namespaces decide little. */
  readonly #slots: (AvcNode[] | undefined)[] = [];
  /** Commands of ioctl(2) that were let through although no rule names them. */
  readonly #commands = new Set<string>();
  #active = 0;
  #lruHint = 0;
  #latestSeqno = 0;
  #lookups = 0;
  #misses = 0;
  #allocations = 0;
  #reclaims = 0;
  #frees = 0;

  constructor(compute: ComputeAccessVector) {
    this.#compute = compute;
  }

  /** The cached decision, computed and inserted when there is none. */
  decide(ssid: Sid, tsid: Sid, tclass: number): AccessVector {
    this.#lookups++;
    const slot = this.#slot(ssid, tsid, tclass);
    const found = slot[this.#indexIn(slot, ssid, tsid, tclass)];
    if (found !== undefined) return found.av;
    this.#misses++;
    const av = this.#compute(ssid, tsid, tclass);
    if (av.seqno >= this.#latestSeqno) {
      this.#allocate();
      this.#put({ ssid, tsid, tclass, av });
    }
    return av;
  }

  /** The same if it is cached, which is not counted. */
  cached(ssid: Sid, tsid: Sid, tclass: number): AccessVector | undefined {
    const slot = this.#slot(ssid, tsid, tclass);
    return slot[this.#indexIn(slot, ssid, tsid, tclass)]?.av;
  }

  /** Adds permissions to the cached decision of this key, if it is still the one computed under `seqno`. */
  grant(ssid: Sid, tsid: Sid, tclass: number, permissions: number, seqno: number): void {
    this.#allocate();
    const slot = this.#slot(ssid, tsid, tclass);
    const node = slot[this.#indexIn(slot, ssid, tsid, tclass)];
    if (node === undefined || node.av.seqno !== seqno) {
      this.#active--;
      this.#frees++;
      return;
    }
    this.#put({ ...node, av: { ...node.av, allowed: (node.av.allowed | permissions) >>> 0 } });
  }

  /** A command that was let through is not reported again. */
  grantCommand(ssid: Sid, tsid: Sid, tclass: number, command: number): void {
    this.#commands.add(`${ssid} ${tsid} ${tclass} ${command}`);
  }

  hasCommand(ssid: Sid, tsid: Sid, tclass: number, command: number): boolean {
    return this.#commands.has(`${ssid} ${tsid} ${tclass} ${command}`);
  }

  /** Forgets everything. `seqno` = the policy change that made it necessary, 0 when there is none. */
  reset(seqno: number): void {
    for (const slot of this.#slots) this.#frees += slot?.length ?? 0;
    this.#slots.length = 0;
    this.#commands.clear();
    this.#active = 0;
    this.#latestSeqno = Math.max(this.#latestSeqno, seqno);
  }

  get statistics(): AvcStatistics {
    return {
      lookups: this.#lookups,
      misses: this.#misses,
      allocations: this.#allocations,
      reclaims: this.#reclaims,
      frees: this.#frees,
    };
  }

  get hashStatistics(): HashStatistics {
    const lengths = [0, ...this.#slots.map((slot) => slot?.length ?? 0)];
    return {
      entries: this.#active,
      used: lengths.filter((length) => length > 0).length,
      slots: SLOTS,
      longest: Math.max(...lengths),
    };
  }

  #slot(ssid: Sid, tsid: Sid, tclass: number): AvcNode[] {
    const index = (ssid ^ (tsid << 2) ^ (tclass << 4)) & (SLOTS - 1);
    const slot = this.#slots[index];
    if (slot !== undefined) return slot;
    while (this.#slots.length < SLOTS) this.#slots.push(undefined);
    const made: AvcNode[] = [];
    this.#slots[index] = made;
    return made;
  }

  #indexIn(slot: readonly AvcNode[], ssid: Sid, tsid: Sid, tclass: number): number {
    return slot.findIndex((node) => node.ssid === ssid && node.tsid === tsid && node.tclass === tclass);
  }

  /** Inserts first in its slot, or replaces the node of the same key in place. */
  #put(node: AvcNode): void {
    const slot = this.#slot(node.ssid, node.tsid, node.tclass);
    const index = this.#indexIn(slot, node.ssid, node.tsid, node.tclass);
    if (index < 0) {
      slot.unshift(node);
      return;
    }
    slot[index] = node;
    this.#active--;
    this.#frees++;
  }

  #allocate(): void {
    this.#allocations++;
    this.#active++;
    if (this.#active > this.threshold) this.#reclaim();
  }

  #reclaim(): void {
    let left = RECLAIM;
    for (let tries = 0; tries < SLOTS && left > 0; tries++) {
      this.#lruHint = (this.#lruHint + 1) & (SLOTS - 1);
      const gone = this.#slots[this.#lruHint]?.splice(0, left).length ?? 0;
      left -= gone;
      this.#active -= gone;
      this.#reclaims += gone;
      this.#frees += gone;
    }
  }
}
