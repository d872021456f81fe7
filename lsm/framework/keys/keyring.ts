/**
 * Keys that signatures of files and of their attributes are verified with: security/integrity/digsig.c and digsig_asymmetric.c.
 *
 * Model: in a kernel without trusted keyrings those are `_ima` and `_evm`, found by name in the keyrings of the task that needs
 * one first; from then on that one is used. One that nobody has made does not exist, which is a message of its own. With
 * CONFIG_INTEGRITY_TRUSTED_KEYRING they are `.ima` and `.evm`, which exist from boot on and take certificates that a key of the
 * kernel's trusted keyrings has signed (CONFIG_IMA_KEYRINGS_PERMIT_SIGNED_BY_BUILTIN_OR_SECONDARY).
 */

import { hex } from '../../../linux/bytes.ts';
import { E, ERRNO } from '../../../linux/errno.ts';
import {
  BLACKLIST,
  BUILTIN_TRUSTED_KEYS,
  HASH_PERM,
  KERNEL_RINGS,
  KEY_PERM,
  MACHINE_KEYS,
  REVOKED_KEYS,
  SECONDARY_TRUSTED_KEYS,
  WRITABLE,
} from '../../../linux/kernel-keyrings.ts';
import type { Digests } from '../facts.ts';
import { type Certificate, parseCertificate, verifySignature } from './certificate.ts';
import { digsigKey, verifyDigsig } from './digsig.ts';
import { checkIssuer } from './issuer.ts';
import type { Key } from './key.ts';
import type { AddedKey } from './key-event.ts';
import { hasKeyId, KeyStore } from './key-store.ts';

/** `unsupported`: an unknown signature version (EOPNOTSUPP). `no-key`: nobody has the key that it names (ENOKEY). */
export type SignatureResult = 'good' | 'bad' | 'unsupported' | 'no-key';

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
  readonly #store: KeyStore;
  /** Keys that verify nothing, whatever they are in. */
  readonly #refused: Key | undefined;
  /** The one that is used. */
  #ring: Key | undefined;

  /**
   * @param print a line for the kernel's log. @param refused the keyring of keys that verify nothing any more; absent = there is none.
   * @param ring absent: it is made, or found by its name, when it is needed.
   */
  constructor(name: string, print: (text: string) => void, store = new KeyStore(), refused?: Key, ring?: Key) {
    this.name = name;
    this.#print = print;
    this.#store = store;
    this.#refused = refused;
    this.#ring = ring;
  }

  /** It exists from boot on. */
  create(): Key {
    this.#ring ??= this.#store.ringAtBoot(this.name);
    return this.#ring;
  }

  /** It is the kernel's own from boot on. */
  createTrusted(): Key {
    this.#ring ??= this.#store.kernelRing({ name: this.name, perm: WRITABLE, restricted: 'trusted-to-sign' });
    return this.#ring;
  }

  /** @param der a certificate. @returns whether it is one. */
  add(der: Uint8Array): boolean {
    const certificate = parseCertificate(der);
    if (certificate !== undefined) putCertificate(this.#store, this.create(), certificate);
    return certificate !== undefined;
  }

  /** The certificates that it has, with those of keyrings in it. @param uid of the task that needs them. */
  certificates(uid = 0): readonly Certificate[] {
    this.#ring ??= this.#find(uid);
    return this.#ring === undefined ? [] : certificatesIn(this.#ring);
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
      return 'no-key';
    }
    const version = value[1] ?? 0;
    if (version === 1) return this.#verifyOld(this.#ring, value.subarray(1), digest) ? 'good' : 'bad';
    if (version !== 2 && version !== 3) return 'unsupported';
    if (value.length <= HEADER) return 'bad';
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    const signature = value.subarray(HEADER);
    const algorithm = algorithmName(value[2] ?? 0);
    if (signature.length !== view.getUint16(SIZE, false) || algorithm === undefined) return 'bad';
    const key = this.#findKey(this.#ring, view.getUint32(KEY_ID, false));
    if (key === 'bad' || key === 'no-key') return key;
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

  /** request_asymmetric_key() */
  #findKey(ring: Key, id: number): Certificate | 'bad' | 'no-key' {
    const name = id.toString(16).padStart(8, '0');
    if (this.#refused !== undefined && keyIn(this.#refused, name) !== undefined) {
      this.#print(`integrity: Key 'id:${name}' is in ${this.#refused.description.slice(1)}_keyring`);
      return 'bad';
    }
    const found = keyIn(ring, name)?.certificate;
    if (found !== undefined) return found;
    this.#print(`integrity: Request for unknown key 'id:${name}' in '${this.name}' keyring. err ${-NOT_FOUND}`);
    return 'no-key';
  }
}

function keyIn(ring: Key, id: string): Key | undefined {
  return [...ring.links].find((key) => !key.revoked && hasKeyId(key, id));
}

function certificatesIn({ links }: Key): readonly Certificate[] {
  return [...links].filter(({ revoked }) => !revoked).flatMap((key) => key.certificate ?? certificatesIn(key));
}

function putCertificate(store: KeyStore, ring: Key, certificate: Certificate): void {
  const description = hex(certificate.keyId);
  const perm = ring.unpossessed === true ? { perm: KEY_PERM } : {};
  store.put(ring, { type: 'asymmetric', description, payload: new Uint8Array(0), certificate, ...perm });
}

export interface KeyringsOptions {
  /** Certificates that there are from the start, in base64, by the names of their keyrings; of `.blacklist` its entries as they are. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** Kconfig options that are on: with INTEGRITY_TRUSTED_KEYRING `.ima` is meant where `_ima` is said. */
  readonly options: readonly string[];
  readonly digests: Digests;
}

export class Keyrings {
  /** Every key that is kept. */
  readonly store: KeyStore;
  /** Certificates that are there from boot on, in the order in which they came. */
  readonly atBoot: readonly AddedKey[];
  readonly #rings = new Map<string, Keyring>();
  readonly #kernelRings = new Map<string, Key>();
  readonly #print: (text: string) => void;
  readonly #digests: Digests;
  readonly #trusted: boolean;

  constructor({ keys, options, digests }: KeyringsOptions, print: (text: string) => void) {
    this.#print = print;
    this.#digests = digests;
    this.#trusted = options.includes('INTEGRITY_TRUSTED_KEYRING');
    this.store = new KeyStore((certificate, by) => {
      const trusted = this.kernelRing(by === 'builtin' ? BUILTIN_TRUSTED_KEYS : SECONDARY_TRUSTED_KEYS)?.certificates();
      const { signs, certifies } = certificate.usage;
      if (by === 'trusted-to-sign' && (certifies || !signs)) return E.ENOKEY;
      return checkIssuer(certificate, trusted ?? [], digests);
    });
    for (const ring of KERNEL_RINGS) {
      if (options.includes(ring.option)) this.#kernelRings.set(ring.name, this.store.kernelRing(ring));
    }
    const secondary = this.#kernelRings.get(SECONDARY_TRUSTED_KEYS);
    // Firmware says whether keys of the machine are to be trusted so: where there are some they are.
    for (const name of [BUILTIN_TRUSTED_KEYS, ...(keys[MACHINE_KEYS] === undefined ? [] : [MACHINE_KEYS])]) {
      const ring = this.#kernelRings.get(name);
      if (ring !== undefined) secondary?.links.add(ring);
    }
    const inOrder = [BLACKLIST, ...KERNEL_RINGS.map(({ name }) => name), ...Object.keys(keys)];
    this.atBoot = [...new Set(inOrder)].flatMap((name) => this.#load(name, keys[name] ?? []));
  }

  /** Names of the keyrings that are kept, wherever tasks put them. */
  get names(): ReadonlySet<string> {
    return new Set([...this.#kernelRings.keys(), ...this.#rings.keys()]);
  }

  /** @param name `_ima` and its like. Whether it exists or not. */
  get(name: string): Keyring {
    const own = this.#trusted ? name.replace(/^_/, '.') : name;
    const refused = this.#kernelRings.get(REVOKED_KEYS);
    const ring = this.#rings.get(own) ?? new Keyring(own, this.#print, this.store, refused);
    this.#rings.set(own, ring);
    if (this.#trusted) ring.createTrusted();
    return ring;
  }

  /** A keyring of the kernel's own; `undefined` where the build lacks it. */
  kernelRing(name: string): Keyring | undefined {
    const ring = this.#kernelRings.get(name);
    const refused = this.#kernelRings.get(REVOKED_KEYS);
    return ring && new Keyring(name, this.#print, this.store, refused, ring);
  }

  /** Is there such an entry in `.blacklist` (is_hash_blacklisted())? */
  isBlacklisted(kind: 'bin' | 'tbs', digest: Uint8Array): boolean {
    const entry = `${kind}:${hex(digest)}`;
    return [...(this.#kernelRings.get(BLACKLIST)?.links ?? [])].some(({ description }) => description === entry);
  }

  /** Is the certificate one that `.blacklist` names? A line of the log says so. */
  isRevoked({ issue }: Certificate): boolean {
    const digest = issue?.algorithm === undefined ? undefined : this.#digests.compute(issue.algorithm, [issue.signed]);
    if (digest === undefined || !this.isBlacklisted('tbs', digest)) return false;
    this.#print(`X.509: Cert ${hex(digest)} is blacklisted`);
    return true;
  }

  #load(name: string, entries: readonly string[]): AddedKey[] {
    const own = this.#kernelRings.get(name);
    if (own === undefined && KERNEL_RINGS.some((ring) => ring.name === name)) return [];
    if (own !== undefined && name === BLACKLIST) {
      const payload = new Uint8Array(0);
      for (const description of entries)
        this.store.put(own, { type: 'blacklist', description, payload, perm: HASH_PERM });
      return [];
    }
    return entries.flatMap((entry): AddedKey[] => {
      const der = Buffer.from(entry, 'base64');
      const ring = own ?? (this.#trusted ? this.get(name).createTrusted() : this.get(name).create());
      const certificate = parseCertificate(der);
      if (certificate === undefined || this.isRevoked(certificate)) return [];
      putCertificate(this.store, ring, certificate);
      return [{ ring: ring.description, type: 'asymmetric', payload: der }];
    });
  }
}
