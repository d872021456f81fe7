/**
 * Finds memory of a caller whose access could block us: pages of a mapped file that its filesystem still has to fetch
 * from a server that a user controls. A call with such arguments is not looked at; the kernel continues with it, and
 * only its caller waits.
 *
 * Pages that are in memory already can be read, whatever file they belong to. A page may be dropped between the check
 * and the read; an attacker has to win that race each time. Anonymous memory does not block as long as users may not
 * handle page faults of the kernel (vm.unprivileged_userfaultfd = 0).
 */
import { type MemoryArea, MemoryAreas } from '../../../host/memory/memory-area.ts';
import { addressOf, type MemoryGuard } from '../../../host/memory/remote-memory.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { Hazards } from './hazards.ts';
import { namelessDevice } from './kernel-devices.ts';

export class WaitingMemory implements MemoryGuard {
  readonly #areas = new MemoryAreas();
  readonly #nameless = namelessDevice();
  readonly #hazards: Hazards;

  constructor(hazards: Hazards) {
    this.#hazards = hazards;
  }

  mayRead(tid: Tid, low: number, high: number, length: number): boolean {
    if (this.#areas.present(tid, low, high, length)) return true;
    return this.#over(tid, addressOf(low, high), length, (area) => !this.#waits(area, tid)) ?? true; // no area: EFAULT at once
  }

  mayWrite(tid: Tid, address: bigint, length: number): boolean | undefined {
    let allowed = true;
    const free = this.#over(tid, address, length, (area) => {
      allowed &&= area.writable;
      return !this.#waits(area, tid);
    });
    return free === undefined || !allowed ? undefined : free;
  }

  /** Whether `test` holds for all areas of the bytes; `undefined` when there is a gap. */
  #over(tid: Tid, address: bigint, length: number, test: (area: MemoryArea) => boolean): boolean | undefined {
    const end = address + BigInt(length);
    for (let at = address; at < end; ) {
      const area = this.#areas.at(tid, at);
      if (area === undefined) return undefined;
      if (!test(area)) return false;
      at = area.end;
    }
    return true;
  }

  #waits({ device }: MemoryArea, tid: Tid): boolean {
    return device !== undefined && device !== this.#nameless && this.#hazards.waits(tid, device);
  }
}
