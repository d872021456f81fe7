/**
 * What execve(2) maps of an ELF program (load_elf_binary() of fs/binfmt_elf.c): 64-bit, little-endian, as the supported machines have it.
 */

import { PF_R, PF_W, PF_X, PT_INTERP, PT_LOAD } from '../../../linux/elf.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../linux/mman.ts';

export interface ElfProgram {
  /** Of its PT_LOAD segments in their order: PROT_* that each is mapped with. */
  readonly segments: readonly number[];
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
  const segments: number[] = [];
  let interpreter: string | undefined;
  for (let index = 0; index < count; index++) {
    const at = table + index * ENTRY_SIZE;
    if (at + ENTRY_SIZE > bytes.length) break;
    const type = bytes.readUInt32LE(at);
    if (type === PT_LOAD) segments.push(protectionOf(bytes.readUInt32LE(at + 4)));
    if (type === PT_INTERP) {
      const offset = Number(bytes.readBigUInt64LE(at + 8));
      const size = Number(bytes.readBigUInt64LE(at + 32));
      if (offset + size <= bytes.length && size > 1) interpreter = head.slice(offset, offset + size - 1);
    }
  }
  return { segments, ...(interpreter !== undefined && { interpreter }) };
}

/**
 * PROT_* of the parts of a program that are mapped. What is not known (programs of 32 bits, headers beyond the first page) counts as one
 * part, which is code.
 */
export function mappedParts(head: string): readonly number[] {
  const segments = elfProgram(head)?.segments ?? [];
  return segments.length > 0 ? segments : [PROT_READ | PROT_EXEC];
}

/** make_prot() */
function protectionOf(flags: number): number {
  const [read, write, exec] = [flags & PF_R, flags & PF_W, flags & PF_X];
  return (read && PROT_READ) | (write && PROT_WRITE) | (exec && PROT_EXEC);
}
