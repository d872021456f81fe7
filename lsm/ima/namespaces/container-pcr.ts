/**
 * The register of a namespace that a TPM has no room for ("cPCR"), and the one of the TPM that stands for all of them (the
 * RFC "ima: vPCR" of D. Semakin, and Container-IMA before it).
 *
 * What is extended into the TPM is mixed with a secret of the namespace. The RFC's hides one namespace from who is told of another;
 * this one cannot ({@link containerPcr}).
 */
import type { Digests } from '../../framework/facts.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import type { Bank, Tpm } from '../../framework/tpm/tpm.ts';
import type { Attestation } from '../list/measurements.ts';

export const REGISTER_OF_NAMESPACES = 12;
const BANK = 'sha256';
const SIZE = 32;

/** Nothing is attested without a TPM. A stack knows no chance, so the secret is none for who knows when it was booted. */
export function containerPcr({ tpm, digests, config }: ModuleHost, instance: number): ContainerPcr | undefined {
  const secret = digests.compute(BANK, [Buffer.from(`ima secret ${config.bootTime ?? 0n} ${instance}`)]);
  return tpm && secret && new ContainerPcr(tpm, digests, secret);
}

export class ContainerPcr implements Attestation {
  readonly banks = [BANK] as const;
  #value = new Uint8Array(SIZE);
  readonly #tpm: Tpm;
  readonly #digests: Digests;
  readonly #secret: Uint8Array;

  /** @param secret of 32 bytes. */
  constructor(tpm: Tpm, digests: Digests, secret: Uint8Array) {
    this.#tpm = tpm;
    this.#digests = digests;
    this.#secret = secret;
  }

  get value(): Uint8Array {
    return this.#value;
  }

  /** Whichever register an entry names, there is one for all. @returns as of the TPM. */
  extend(_register: number, digests: ReadonlyMap<Bank, Uint8Array>): number {
    const added = digests.get(BANK);
    const extended = added && this.#digests.compute(BANK, [this.#value, added]);
    if (extended === undefined) return 0;
    this.#value = Uint8Array.from(extended);
    const hidden = this.#value.map((byte, index) => byte ^ (this.#secret[index] ?? 0));
    return this.#tpm.extend(
      REGISTER_OF_NAMESPACES,
      new Map(this.#tpm.banks.map((bank) => [bank, this.#fit(bank, hidden)])),
    );
  }

  #fit(bank: Bank, value: Uint8Array): Uint8Array {
    return bank === BANK ? value : (this.#digests.compute(bank, [value]) ?? value);
  }
}
