/**
 * What execve(2) maps of an ELF program (load_elf_binary() of fs/binfmt_elf.c): 64-bit, little-endian, as the supported machines have it.
 */

import { PF_X, PT_INTERP, PT_LOAD } from '../../../linux/elf.ts';

export interface ElfProgram {
  /** Has it a PT_LOAD segment with PF_X? */
  readonly executable: boolean;
  /** PT_INTERP: path of the dynamic loader. */
  readonly interpreter?: string;
}

const MAGIC = '\x7fELF\x02\x01';
const HEADER_SIZE = 64;
const ENTRY_SIZE = 56;

/** @param head the first page of a file (latin-1). @returns `undefined` when it is no such program. */
export function elfProgram(head: string): ElfProgram | undefined {
  if (!head.startsWith(MAGIC) || head.length < HEADER_SIZE) return undefined;
  const bytes = Buffer.from(head, 'latin1');
  const table = Number(bytes.readBigUInt64LE(32));
  const count = bytes.readUInt16LE(56);
  let executable = false;
  let interpreter: string | undefined;
  for (let index = 0; index < count; index++) {
    const at = table + index * ENTRY_SIZE;
    if (at + ENTRY_SIZE > bytes.length) break;
    const type = bytes.readUInt32LE(at);
    if (type === PT_LOAD && (bytes.readUInt32LE(at + 4) & PF_X) !== 0) executable = true;
    if (type === PT_INTERP) {
      const offset = Number(bytes.readBigUInt64LE(at + 8));
      const size = Number(bytes.readBigUInt64LE(at + 32));
      if (offset + size <= bytes.length && size > 1) interpreter = head.slice(offset, offset + size - 1);
    }
  }
  return { executable, ...(interpreter !== undefined && { interpreter }) };
}
