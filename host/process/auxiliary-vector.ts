/**
 * The stack of a program that has not begun: argc, argv, NULL, envp, NULL, then pairs of the auxiliary vector
 * (create_elf_tables() of fs/binfmt_elf.c).
 */
import { AT_NULL } from '../../linux/process.ts';

const WORD = 8;
const PAIR = 2 * WORD;

/** Memory of a program with 64-bit words. @returns less than `length` bytes = no more can be read. */
export type ReadWords = (address: bigint, length: number) => Uint8Array;

/** @param stack what the stack pointer is. @returns where the value of this entry is; `undefined` = there is none. */
export function auxiliaryValue(read: ReadWords, stack: bigint, type: number): bigint | undefined {
  const words = new Words(read, stack);
  const arguments_ = words.next();
  if (arguments_ === undefined) return undefined;
  words.at += (arguments_ + 1n) * BigInt(WORD);
  for (let variable = words.next(); variable !== 0n; variable = words.next())
    if (variable === undefined) return undefined;
  for (let entry = words.next(); entry !== undefined && entry !== BigInt(AT_NULL); entry = words.next()) {
    if (entry === BigInt(type)) return words.at;
    words.at += BigInt(PAIR - WORD);
  }
  return undefined;
}

class Words {
  /** Of the next word. */
  at: bigint;
  readonly #read: ReadWords;
  #from = 0n;
  #bytes = Buffer.alloc(0);

  constructor(read: ReadWords, at: bigint) {
    this.#read = read;
    this.at = at;
  }

  next(): bigint | undefined {
    if (this.at < this.#from || this.at + BigInt(WORD) > this.#from + BigInt(this.#bytes.length)) {
      this.#from = this.at;
      this.#bytes = Buffer.from(this.#read(this.at, 4096));
      if (this.#bytes.length < WORD) return undefined;
    }
    const word = this.#bytes.readBigUInt64LE(Number(this.at - this.#from));
    this.at += BigInt(WORD);
    return word;
  }
}
