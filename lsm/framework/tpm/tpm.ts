/**
 * The TPM 2.0 of the emulated machine as far as its kernel uses it: platform configuration registers (PCRs), a set for
 * each hash algorithm that it keeps a bank of.
 */
import { hex } from '../../../linux/bytes.ts';
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { digestSize } from '../digests/hash.ts';
import type { Digests } from '../facts.ts';

export const BANKS = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
export type Bank = (typeof BANKS)[number];
/** Of each bank. */
export const REGISTERS = 24;

export interface TpmConfig {
  readonly banks: readonly TpmBank[];
}

export interface TpmBank {
  readonly algorithm: Bank;
  /** What firmware has left in the registers, by number, in hexadecimal; absent = what a reset leaves. */
  readonly registers?: readonly string[];
}

/** By the software that the kernel has (localities 4 and 3 are the hardware's); all ones after a reset. */
const DYNAMIC = { first: 17, last: 22 };
/** TPM_RC_LOCALITY: not from locality 0, from which a kernel talks. */
const WRONG_LOCALITY = 0x907;
/** TPM_RC_VALUE of the first handle: there is no such register. */
const NO_REGISTER = 0x184;

/** @param digests one for each bank, by its algorithm. */
export type Extension = (register: number, digests: ReadonlyMap<Bank, Uint8Array>) => void;

export class Tpm {
  readonly banks: readonly Bank[];
  readonly #digests: Digests;
  readonly #registers: ReadonlyMap<Bank, Uint8Array[]>;
  readonly #extended: Extension;
  #failure: Errno | undefined;

  /** @param extended is told of each extension that was made. */
  constructor({ banks }: TpmConfig, digests: Digests, extended: Extension = () => undefined) {
    this.banks = banks.map(({ algorithm }) => algorithm);
    this.#digests = digests;
    this.#registers = new Map(banks.map((bank) => [bank.algorithm, initialValues(bank)]));
    this.#extended = extended;
  }

  /** Value of a register. EINVAL where there is no such bank, or no such register. */
  read(bank: Bank, register: number): Result<Uint8Array> {
    return this.#failure ?? this.#registers.get(bank)?.[register] ?? E.EINVAL;
  }

  /**
   * TPM2_PCR_Extend: `register := H(register || digest)` in each bank.
   * @returns 0, the response code of the TPM, or a negative errno.
   */
  extend(register: number, digests: ReadonlyMap<Bank, Uint8Array>): number {
    if (this.#failure !== undefined) return -this.#failure.number;
    if (register >= REGISTERS) return NO_REGISTER;
    if (isDynamic(register)) return WRONG_LOCALITY;
    for (const [bank, values] of this.#registers) {
      const before = values[register];
      const added = digests.get(bank);
      const extended = before && added && this.#digests.compute(bank, [before, added]);
      if (extended !== undefined) values[register] = extended;
    }
    this.#extended(register, digests);
    return 0;
  }

  /** Others than the kernel have changed them; as {@link values}. */
  changed(values: Readonly<Record<string, readonly string[]>>): void {
    for (const [bank, registers] of this.#registers) {
      for (const [number, value] of (values[bank] ?? []).entries())
        if (number < REGISTERS) registers[number] = bytesOf(value);
    }
  }

  /** It does not answer any more: what the kernel's driver says from then on. */
  fail(errno: Errno): void {
    this.#failure = errno;
  }

  /** All values in hexadecimal, by bank and number. */
  values(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#registers].map(([bank, values]) => [bank, values.map(hex)]));
  }
}

function isDynamic(register: number): boolean {
  return register >= DYNAMIC.first && register <= DYNAMIC.last;
}

function initialValues({ algorithm, registers = [] }: TpmBank): Uint8Array[] {
  const size = digestSize(algorithm);
  return Array.from({ length: REGISTERS }, (_, number) => {
    const left = registers[number];
    return left === undefined ? new Uint8Array(size).fill(isDynamic(number) ? 0xff : 0) : bytesOf(left);
  });
}

function bytesOf(value: string): Uint8Array {
  return Buffer.from(value, 'hex');
}
