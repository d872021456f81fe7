/**
 * The measurement list: entries in order, what was measured already, and the registers that attest it (security/integrity/ima/ima_queue.c).
 */

import { hex } from '../../../linux/bytes.ts';
import { digestSize } from '../../framework/digests/hash.ts';
import type { Digests } from '../../framework/facts.ts';
import type { Bank } from '../../framework/tpm/tpm.ts';
import { binaryRecord, DIGEST_AT } from './binary-record.ts';
import { fieldValue, type MeasuredEvent } from './fields.ts';
import type { Template } from './template.ts';

export interface Measurement {
  readonly pcr: number;
  readonly template: Template;
  /** Values in the order of the template's fields. */
  readonly fields: readonly Uint8Array[];
  /** As the binary list of the default bank shows it. The fields are parts of it, if that has them as they are. */
  readonly record: Buffer;
  /** By algorithm: those that attest it. */
  readonly digests: ReadonlyMap<string, Uint8Array>;
  /** A file was read and written at the same time: the digests in the list are zeros, and the registers are extended with ones. */
  readonly violation: boolean;
}

/** Files without an algorithm in their names have these digests, so there are always lists of them. */
export const DEFAULT_BANK = 'sha1';

/** What became of an entry. */
export interface Added {
  /** `false`: the same is in the list already. */
  readonly isNew: boolean;
  /** What the TPM said, other than success: a response code, or a negative errno. */
  readonly tpmError?: number;
}

/** Takes a digest of each entry: a TPM. */
export interface Attestation {
  readonly banks: readonly Bank[];
  /** @returns 0, or what the TPM said: a response code, or a negative errno. */
  extend(register: number, digests: ReadonlyMap<Bank, Uint8Array>): number;
}

export class Measurements {
  readonly entries: Measurement[] = [];
  violations = 0;
  readonly #digests: Digests;
  readonly #algorithm: string;
  readonly #listed = new Set<string>();
  readonly #attestation: Attestation | undefined;
  /** Algorithms whose digests the lists show. */
  readonly banks: readonly Bank[];

  /**
   * @param algorithm of the kernel (ima_hash=): what was measured already is known by this digest.
   * @param attestation absent: nothing is attested.
   */
  constructor(digests: Digests, algorithm: string, attestation?: Attestation) {
    this.#digests = digests;
    this.#algorithm = algorithm;
    this.#attestation = attestation;
    this.banks = listedBanks(attestation);
  }

  add(template: Template, pcr: number, event: MeasuredEvent): Added {
    const values = template.fields.map((id) => fieldValue(id, event));
    const violation = event.violation === true;
    const { record, fields, digested } = binaryRecord({ pcr, template, fields: values }, digestSize(DEFAULT_BANK));
    const key = `${pcr} ${hex(this.#compute(this.#algorithm, digested))}`;
    if (!violation) {
      if (this.#listed.has(key)) return { isNew: false };
      this.#listed.add(key);
    } else this.violations++;
    const digests = new Map(this.banks.map((bank) => [bank, this.#compute(bank, digested)]));
    if (!violation) record.set(digests.get(DEFAULT_BANK) ?? [], DIGEST_AT);
    const entry: Measurement = { pcr, template, fields, record, digests, violation };
    this.entries.push(entry);
    const ones = (digest: Uint8Array) => new Uint8Array(digest.length).fill(0xff);
    const attested = entry.violation ? new Map([...digests].map(([bank, digest]) => [bank, ones(digest)])) : digests;
    const tpmError = this.#attestation?.extend(pcr, attested) ?? 0;
    return { isNew: true, ...(tpmError !== 0 && { tpmError }) };
  }

  /** The record of the binary list of this bank. */
  record(bank: string, entry: Measurement): Uint8Array {
    const { record } = entry;
    if (bank === DEFAULT_BANK) return record;
    const rest = record.subarray(DIGEST_AT + digestSize(DEFAULT_BANK));
    return Buffer.concat([record.subarray(0, DIGEST_AT), this.digest(bank, entry), rest]);
  }

  /** The template digest that a list of this bank shows: zeros for a violation. */
  digest(bank: string, { violation, digests }: Measurement): Uint8Array {
    const found = violation ? undefined : digests.get(bank);
    return found ?? new Uint8Array(digestSize(bank));
  }

  #compute(algorithm: string, digested: readonly Uint8Array[]): Uint8Array {
    return this.#digests.compute(algorithm, digested) ?? new Uint8Array(digestSize(algorithm));
  }
}

/** Those of the TPM, and the default one. */
export function listedBanks(tpm: Pick<Attestation, 'banks'> | undefined): readonly Bank[] {
  return [...new Set<Bank>([...(tpm?.banks ?? []), DEFAULT_BANK])];
}
