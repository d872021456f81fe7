/**
 * The fingerprint of a program image: the 16 random bytes that the kernel puts on the stack at exec (AT_RANDOM). A fork
 * inherits them. Addresses are no substitute: without address space randomisation they repeat.
 */
import { RemoteMemory, WaitingError } from '../../host/memory/remote-memory.ts';
import { processFile } from '../../host/process/process-files.ts';
import type { Tgid } from '../../linux/ids.ts';
import { AT_RANDOM } from '../../linux/process.ts';
import { Hazards } from '../supervisor/caller/hazards.ts';
import { HostAudit } from '../supervisor/caller/host-audit.ts';
import { WaitingMemory } from '../supervisor/caller/waiting-memory.ts';

const RANDOM_SIZE = 16;
/** Auxiliary vector entry: two u64. */
const ENTRY_SIZE = 16;

export class Fingerprints {
  readonly #hazards = new Hazards(undefined, new HostAudit());
  readonly #memory = new RemoteMemory(() => true, new WaitingMemory(this.#hazards));

  /** `undefined` when the process has ended or has no memory any more. */
  of(pid: Tgid): string | undefined {
    const text = processFile(pid, 'auxv');
    if (text === undefined) return undefined;
    const vector = Buffer.from(text, 'latin1');
    for (let at = 0; at + ENTRY_SIZE <= vector.length; at += ENTRY_SIZE) {
      if (vector.readUInt32LE(at) !== AT_RANDOM) continue;
      const low = vector.readUInt32LE(at + 8);
      const high = vector.readUInt32LE(at + 12);
      return this.#read(pid, low, high)
        ? Buffer.from(this.#memory.bytes.subarray(0, RANDOM_SIZE)).toString('hex')
        : undefined;
    }
    return undefined;
  }

  /** A process can have mapped anything in that place. */
  #read(pid: Tgid, low: number, high: number): boolean {
    this.#hazards.forget();
    try {
      return this.#memory.read(pid, low, high, RANDOM_SIZE) === RANDOM_SIZE;
    } catch (error) {
      if (error instanceof WaitingError) return false;
      throw error;
    }
  }
}
