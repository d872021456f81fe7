/** Files of /proc/<tid> that tell of its memory, read without waiting for who holds that. */
import { readFileSync } from 'node:fs';
import type { BoundedAccess } from '../../../host/memory/bounded-access.ts';
import { WaitingError } from '../../../host/process/helper/bounded-calls.ts';
import type { Tid } from '../../../linux/ids.ts';
import { MemoryHolders } from './memory-holders.ts';

/** Those of its files whose look takes locks of the memory, or of execve(2). */
export type MemoryFile = 'auxv' | 'cmdline' | 'maps' | 'smaps' | 'syscall';

/** @returns latin-1; `undefined` when it cannot be read. @throws WaitingError */
export function memoryFile(
  { bounded }: { readonly bounded: Pick<BoundedAccess, 'readFile'> | undefined },
  tid: Tid,
  name: MemoryFile,
): string | undefined {
  if (bounded !== undefined) {
    const content = bounded.readFile(tid, name);
    return typeof content === 'number' ? undefined : content.toString('latin1');
  }
  try {
    return readFileSync(`/proc/${tid}/${name}`, 'latin1');
  } catch {
    return undefined;
  }
}

/** For a thread that supervises nobody. */
export class MemoryFiles {
  readonly #holders = new MemoryHolders();

  /** @returns latin-1; `undefined` when it cannot be read, or that would wait. */
  read(tid: Tid, name: MemoryFile): string | undefined {
    this.#holders.forget();
    try {
      return memoryFile({ bounded: this.#holders.access }, tid, name);
    } catch (error) {
      if (error instanceof WaitingError) return undefined;
      throw error;
    }
  }
}
