/**
 * Finds memory of a caller whose access could block us: pages of a mapped file that its filesystem still has to fetch
 * from a server that a user controls. A call with such arguments is not looked at; the kernel continues with it, and
 * only its caller waits.
 *
 * Where users can hold the memory itself, that of others than the caller is touched by helpers (host/process/process-holders.ts).
 *
 * Pages that are in memory already can be read, whatever file they belong to. A page may be dropped between the check
 * and the read; an attacker has to win that race each time. Anonymous memory does not block as long as users may not
 * handle page faults of the kernel (vm.unprivileged_userfaultfd = 0).
 */
import type { BoundedAccess } from '../../../host/memory/bounded-access.ts';
import { type MemoryArea, MemoryAreas } from '../../../host/memory/memory-area.ts';
import { addressOf, type BoundedMemory, type MemoryGuard } from '../../../host/memory/remote-memory.ts';
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

  bounded(process: Tid): BoundedMemory | undefined {
    const access = this.#hazards.boundedFor(process);
    return (
      access && {
        read: (tid, address, into) => access.read(tid, address, into),
        write: (tid, address, data, isSame) => access.write(tid, address, data, isSame),
        readable: (tid, address, length) => this.#readable(access, tid, address, length),
      }
    );
  }

  #readable(access: BoundedAccess, tid: Tid, address: bigint, length: number): number | undefined {
    const end = address + BigInt(length);
    let at = address;
    while (at < end) {
      const area = this.#areas.at(tid, at, access);
      if (area?.readable !== true) break;
      const part = Number((area.end < end ? area.end : end) - at);
      if (this.#waits(area, tid) && !this.#areas.presentBounded(access, tid, at, part)) return undefined;
      at += BigInt(part);
    }
    return Number(at - address);
  }

  /** Whether `test` holds for all areas of the bytes; `undefined` when there is a gap. */
  #over(tid: Tid, address: bigint, length: number, test: (area: MemoryArea) => boolean): boolean | undefined {
    const end = address + BigInt(length);
    for (let at = address; at < end; ) {
      const area = this.#areas.at(tid, at, this.#hazards.boundedFor(tid));
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
