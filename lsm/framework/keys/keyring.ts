/**
 * Keys that signatures of files and of their attributes are verified with: security/integrity/digsig.c and digsig_asymmetric.c.
 *
 * Model: the keyrings `_ima` and `_evm` of a kernel without trusted keyrings. One that nobody has made does not exist,
 * which is a message of its own.
 */

import { ERRNO } from '../../../linux/errno.ts';
import { type Certificate, parseCertificate, verifySignature } from './certificate.ts';

/** `unsupported`: an unknown signature version (EOPNOTSUPP). */
export type SignatureResult = 'good' | 'bad' | 'unsupported';

/** struct signature_v2_hdr: u8 type, u8 version, u8 hash algorithm, u32 key id, u16 size (both big-endian), signature. */
const HEADER = 9;
const KEY_ID = 3;
const SIZE = 7;
const { ENOKEY } = ERRNO;
/** What the search for a key ends with (EAGAIN). */
const NOT_FOUND = 11;

export class Keyring {
  /** `_ima` */
  readonly name: string;
  readonly #print: (text: string) => void;
  #certificates: Certificate[] | undefined;

  /** @param print a line for the kernel's log. */
  constructor(name: string, print: (text: string) => void) {
    this.name = name;
    this.#print = print;
  }

  /** It exists from now on. */
  create(): void {
    this.#certificates ??= [];
  }

  /** @param der a certificate. @returns whether it is one. */
  add(der: Uint8Array): boolean {
    this.create();
    const certificate = parseCertificate(der);
    if (certificate !== undefined) this.#certificates?.push(certificate);
    return certificate !== undefined;
  }

  /**
   * @param value of the attribute, with its type.
   * @param algorithmName kernel's name of a hash algorithm by its number. @param digest what should be signed.
   */
  verify(
    value: Uint8Array,
    algorithmName: (number: number) => string | undefined,
    digest: Uint8Array,
  ): SignatureResult {
    if (value.length < 2) return 'bad';
    if (this.#certificates === undefined) {
      this.#print(`integrity: no ${this.name} keyring: ${-ENOKEY}`);
      return 'bad';
    }
    const version = value[1] ?? 0;
    if (version !== 2 && version !== 3) return version === 1 ? 'bad' : 'unsupported';
    if (value.length <= HEADER) return 'bad';
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    const signature = value.subarray(HEADER);
    const algorithm = algorithmName(value[2] ?? 0);
    if (signature.length !== view.getUint16(SIZE, false) || algorithm === undefined) return 'bad';
    const key = this.#find(view.getUint32(KEY_ID, false));
    if (key === undefined) return 'bad';
    return verifySignature(key.key, algorithm, digest, signature) ? 'good' : 'bad';
  }

  #find(id: number): Certificate | undefined {
    const hex = id.toString(16).padStart(8, '0');
    const found = this.#certificates?.find(({ keyId }) => Buffer.from(keyId).toString('hex').endsWith(hex));
    if (found === undefined)
      this.#print(`integrity: Request for unknown key 'id:${hex}' in '${this.name}' keyring. err ${-NOT_FOUND}`);
    return found;
  }
}

export class Keyrings {
  readonly #rings = new Map<string, Keyring>();
  readonly #print: (text: string) => void;

  /** @param keys certificates that there are from the start, in base64, by the names of their keyrings. */
  constructor(keys: Readonly<Record<string, readonly string[]>>, print: (text: string) => void) {
    this.#print = print;
    for (const [name, certificates] of Object.entries(keys)) {
      for (const certificate of certificates) this.get(name).add(Buffer.from(certificate, 'base64'));
    }
  }

  /** Whether it exists or not. */
  get(name: string): Keyring {
    const ring = this.#rings.get(name) ?? new Keyring(name, this.#print);
    this.#rings.set(name, ring);
    return ring;
  }
}
