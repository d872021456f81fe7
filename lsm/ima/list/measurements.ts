/**
 * The measurement list: entries in order, what was measured already, and the registers that attest it (security/integrity/ima/ima_queue.c).
 */

import { hex } from '../../../linux/bytes.ts';
import { digestSize } from '../../framework/digests/hash.ts';
import type { Digests } from '../../framework/facts.ts';
import { fieldValue, type MeasuredEvent } from './fields.ts';
import { type Template, templateName } from './template.ts';
import { templateDigest } from './template-digest.ts';

export interface Measurement {
  readonly pcr: number;
  readonly template: Template;
  /** Values in the order of the template's fields. */
  readonly fields: readonly Uint8Array[];
  /** A file was read and written at the same time: the digests in the list are zeros, and the registers are extended with ones. */
  readonly violation: boolean;
}

/** Algorithms whose digests the lists show: the banks of the TPM. Without one there is still this. */
export const BANKS: readonly string[] = ['sha1'];

export class Measurements {
  readonly entries: Measurement[] = [];
  violations = 0;
  readonly #digests: Digests;
  readonly #algorithm: string;
  readonly #byDigest = new Map<Measurement, ReadonlyMap<string, Uint8Array>>();
  readonly #listed = new Set<string>();
  readonly #registers = new Map<string, Uint8Array>();

  /** @param algorithm of the kernel (ima_hash=): what was measured already is known by this digest. */
  constructor(digests: Digests, algorithm: string) {
    this.#digests = digests;
    this.#algorithm = algorithm;
  }

  /** @returns `false` when the same is in the list already. */
  add(template: Template, pcr: number, event: MeasuredEvent): boolean {
    const fields = template.fields.map((id) => fieldValue(id, event));
    const entry: Measurement = { pcr, template, fields, violation: event.violation === true };
    const key = `${pcr} ${hex(this.#compute(this.#algorithm, entry))}`;
    if (!entry.violation) {
      if (this.#listed.has(key)) return false;
      this.#listed.add(key);
    } else this.violations++;
    this.entries.push(entry);
    const digests = new Map(BANKS.map((bank) => [bank, this.#compute(bank, entry)]));
    this.#byDigest.set(entry, digests);
    for (const bank of BANKS) this.#extend(bank, entry, digests.get(bank) ?? new Uint8Array(0));
    return true;
  }

  /** The template digest that a list of this bank shows. */
  digest(bank: string, entry: Measurement): Uint8Array {
    if (entry.violation) return new Uint8Array(digestSize(bank));
    return this.#byDigest.get(entry)?.get(bank) ?? this.#compute(bank, entry);
  }

  /** Value of a register; zeros until it was extended. */
  register(bank: string, pcr: number): Uint8Array {
    return this.#registers.get(`${bank} ${pcr}`) ?? new Uint8Array(digestSize(bank));
  }

  #extend(bank: string, entry: Measurement, digest: Uint8Array): void {
    const value = entry.violation ? new Uint8Array(digest.length).fill(0xff) : digest;
    const extended = this.#digests.compute(bank, [this.register(bank, entry.pcr), value]);
    if (extended !== undefined) this.#registers.set(`${bank} ${entry.pcr}`, extended);
  }

  #compute(algorithm: string, { template, fields }: Measurement): Uint8Array {
    const digest = templateDigest(this.#digests, algorithm, templateName(template), fields);
    return digest ?? new Uint8Array(digestSize(algorithm));
  }
}
