/**
 * Keys that signatures of files and of their attributes are verified with: security/integrity/digsig.c and digsig_asymmetric.c.
 *
 * Model: in a kernel without trusted keyrings those are `_ima` and `_evm`, found by name in the keyrings of the task that needs
 * one first; from then on that one is used. One that nobody has made does not exist, which is a message of its own. With
 * CONFIG_INTEGRITY_TRUSTED_KEYRING they are `.ima` and `.evm`, which exist from boot on and take certificates that a key of the
 * kernel's trusted keyrings has signed (CONFIG_IMA_KEYRINGS_PERMIT_SIGNED_BY_BUILTIN_OR_SECONDARY).
 */

import { hex } from '../../../linux/bytes.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { KEY_POS, KEY_USR_SHIFT } from '../../../linux/keyctl.ts';
import type { Digests } from '../facts.ts';
import { parseCertificate, verifySignature } from './certificate.ts';
import { digsigKey, verifyDigsig } from './digsig.ts';
import { checkIssuer } from './issuer.ts';
import type { Key } from './key.ts';
import { hasKeyId, KeyStore } from './key-store.ts';

/** `unsupported`: an unknown signature version (EOPNOTSUPP). */
export type SignatureResult = 'good' | 'bad' | 'unsupported';

/** struct signature_v2_hdr: u8 type, u8 version, u8 hash algorithm, u32 key id, u16 size (both big-endian), signature. */
const HEADER = 9;
const KEY_ID = 3;
const SIZE = 7;
const { ENOKEY } = ERRNO;
/** What the search for a key ends with (EAGAIN). */
const NOT_FOUND = 11;
/** Keyrings whose keys the kernel trusts (certs/system_keyring.c): what it was built with, and what was added. */
export const BUILTIN_TRUSTED_KEYS = '.builtin_trusted_keys';
const SECONDARY_TRUSTED_KEYS = '.secondary_trusted_keys';
/** Permissions of the kernel's keyrings and of the keys that it puts there itself; users may write to others than the first. */
const POSSESSOR = KEY_POS.ALL & ~KEY_POS.SETATTR;
const usr = (bits: number): number => bits >> KEY_USR_SHIFT;
const READABLE = POSSESSOR | usr(KEY_POS.VIEW | KEY_POS.READ | KEY_POS.SEARCH);
const WRITABLE = READABLE | usr(KEY_POS.WRITE);
const KEY_PERM = POSSESSOR | usr(KEY_POS.VIEW | KEY_POS.READ);

export class Keyring {
  /** `_ima` */
  readonly name: string;
  readonly #print: (text: string) => void;
  readonly #store: KeyStore;
  /** The one that is used. */
  #ring: Key | undefined;

  /** @param print a line for the kernel's log. */
  constructor(name: string, print: (text: string) => void, store = new KeyStore()) {
    this.name = name;
    this.#print = print;
    this.#store = store;
  }

  /** It exists from boot on. */
  create(): Key {
    this.#ring ??= this.#store.ringAtBoot(this.name);
    return this.#ring;
  }

  /** It is the kernel's own from boot on. */
  createTrusted(perm: number): Key {
    this.#ring ??= this.#store.kernelRing(this.name, perm);
    return this.#ring;
  }

  get #keyPerm(): { readonly perm?: number } {
    return this.#ring?.unpossessed === true ? { perm: KEY_PERM } : {};
  }

  /** @param der a certificate. @returns whether it is one. */
  add(der: Uint8Array): boolean {
    const ring = this.create();
    const certificate = parseCertificate(der);
    if (certificate === undefined) return false;
    const description = hex(certificate.keyId);
    const payload = new Uint8Array(0);
    this.#store.put(ring, { type: 'asymmetric', description, payload, certificate, ...this.#keyPerm });
    return true;
  }

  /**
   * @param value of the attribute, with its type.
   * @param algorithmName kernel's name of a hash algorithm by its number. @param digest what should be signed.
   * @param uid of the task that needs it.
   */
  verify(
    value: Uint8Array,
    algorithmName: (number: number) => string | undefined,
    digest: Uint8Array,
    uid = 0,
  ): SignatureResult {
    if (value.length < 2) return 'bad';
    this.#ring ??= this.#find(uid);
    if (this.#ring === undefined) {
      this.#print(`integrity: no ${this.name} keyring: ${-ENOKEY}`);
      return 'bad';
    }
    const version = value[1] ?? 0;
    if (version === 1) return this.#verifyOld(this.#ring, value.subarray(1), digest) ? 'good' : 'bad';
    if (version !== 2 && version !== 3) return 'unsupported';
    if (value.length <= HEADER) return 'bad';
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    const signature = value.subarray(HEADER);
    const algorithm = algorithmName(value[2] ?? 0);
    if (signature.length !== view.getUint16(SIZE, false) || algorithm === undefined) return 'bad';
    const key = this.#findKey(this.#ring, view.getUint32(KEY_ID, false))?.certificate;
    if (key === undefined) return 'bad';
    return verifySignature(key.key, algorithm, digest, signature) ? 'good' : 'bad';
  }

  #verifyOld(ring: Key, signature: Uint8Array, digest: Uint8Array): boolean {
    const name = digsigKey(signature);
    if (name === undefined) return false;
    const key = [...ring.links].find(
      ({ type, description, revoked }) => type === 'user' && description === name && !revoked,
    );
    if (key === undefined) this.#print(`digsig: key not found, id: ${name}`);
    return key !== undefined && verifyDigsig(key.payload, signature, digest);
  }

  #find(uid: number): Key | undefined {
    const ring = this.#store.findRing(this.name, uid);
    if (ring !== undefined) this.#store.hold(ring);
    return ring;
  }

  #findKey(ring: Key, id: number): Key | undefined {
    const hex = id.toString(16).padStart(8, '0');
    const found = [...ring.links].find((key) => !key.revoked && hasKeyId(key, hex));
    if (found === undefined)
      this.#print(`integrity: Request for unknown key 'id:${hex}' in '${this.name}' keyring. err ${-NOT_FOUND}`);
    return found;
  }
}

export interface KeyringsOptions {
  /** Certificates that there are from the start, in base64, by the names of their keyrings. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** CONFIG_INTEGRITY_TRUSTED_KEYRING: `.ima` is meant where `_ima` is said. */
  readonly trusted: boolean;
  readonly digests: Digests;
}

export class Keyrings {
  /** Every key that is kept. */
  readonly store: KeyStore;
  readonly #rings = new Map<string, Keyring>();
  readonly #print: (text: string) => void;
  readonly #trusted: boolean;

  constructor({ keys, trusted, digests }: KeyringsOptions, print: (text: string) => void) {
    this.#print = print;
    this.#trusted = trusted;
    const rings: Key[] = [];
    this.store = new KeyStore((certificate) => {
      const known = rings.flatMap(({ links }) => [...links]).filter(({ revoked }) => !revoked);
      return checkIssuer(
        certificate,
        known.flatMap((key) => key.certificate ?? []),
        digests,
      );
    });
    if (trusted) {
      const builtin = this.#own(BUILTIN_TRUSTED_KEYS).createTrusted(READABLE);
      const secondary = this.#own(SECONDARY_TRUSTED_KEYS).createTrusted(WRITABLE);
      secondary.links.add(builtin);
      rings.push(builtin, secondary);
    }
    for (const [name, certificates] of Object.entries(keys)) {
      for (const certificate of certificates) this.get(name).add(Buffer.from(certificate, 'base64'));
    }
  }

  /** Names of the keyrings that modules have asked for. */
  get names(): ReadonlySet<string> {
    return new Set(this.#rings.keys());
  }

  /** @param name `_ima` and its like. Whether it exists or not. */
  get(name: string): Keyring {
    const ring = this.#own(this.#trusted ? name.replace(/^_/, '.') : name);
    if (this.#trusted) ring.createTrusted(WRITABLE);
    return ring;
  }

  #own(name: string): Keyring {
    const ring = this.#rings.get(name) ?? new Keyring(name, this.#print, this.store);
    this.#rings.set(name, ring);
    return ring;
  }
}
