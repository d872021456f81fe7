/**
 * The keys that the emulated kernel keeps (key.ts), and what add_key(2) and keyctl(2) do with them: security/keys.
 *
 * A keyring is found by name by its owner's tasks; one that exists since boot by everybody. Only the owner may do
 * anything with a key, since its possessor is all that the default permissions know.
 */
import { hex } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { KernelRing, TrustedBy } from '../../../linux/kernel-keyrings.ts';
import { KEY_PERM_MASK, KEY_POS } from '../../../linux/keyctl.ts';
import type { Certificate } from './certificate.ts';
import { DEFAULT_PERM, FIRST_SERIAL, type Key, type KeyType, ownerMay } from './key.ts';

/** Who asks: the ids that keys belong to. */
export interface KeyOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface NewKey {
  readonly type: KeyType;
  readonly description: string;
  readonly payload: Uint8Array;
  readonly certificate?: Certificate;
  /** Default: as add_key(2) gives them. */
  readonly perm?: number;
}

/** Whether a restricted keyring takes a certificate. */
export type Restriction = (certificate: Certificate, by: TrustedBy) => Errno | undefined;

const ROOT: KeyOwner = { uid: 0, gid: 0 };
/** key_quota_maxkeys and key_quota_maxbytes of security/keys/key.c; root's are so high that our own limit is met first. */
const QUOTA = { keys: 200, bytes: 20_000 };
/** x509_key_preparse() counts a certificate as so many bytes; a link in a keyring is KEYQUOTA_LINK_BYTES. */
const [CERTIFICATE_BYTES, LINK_BYTES] = [100, 4];
/** Of all owners. */
const MOST_KEYS = 10_000;

export class KeyStore {
  readonly #keys = new Map<number, Key>();
  /** Keyrings by name that stand in a keyring of the host: the newest is the last. */
  readonly #rings: Key[] = [];
  readonly #atBoot = new Set<Key>();
  /** Keyrings that stay, wherever they are unlinked. */
  readonly #held = new Set<Key>();
  #next = FIRST_SERIAL;
  readonly #restriction: Restriction;

  /** @param restriction for keyrings that take what a trusted key has signed. */
  constructor(restriction: Restriction = () => E.ENOKEY) {
    this.#restriction = restriction;
  }

  /** One that is there from boot on. */
  ringAtBoot(name: string): Key {
    const ring = this.#make({ type: 'keyring', description: name, payload: new Uint8Array(0) }, ROOT);
    this.#rings.push(ring);
    this.#atBoot.add(ring);
    return ring;
  }

  /** The kernel's own: no task finds it among its keyrings. What the kernel puts there is not asked about. */
  kernelRing({ name, perm, restricted, keeps }: Omit<KernelRing, 'option'>): Key {
    const payload = new Uint8Array(0);
    const restriction = { ...(restricted && { restricted }), ...(keeps && { kept: keeps }) };
    const more = { unpossessed: true, uncounted: true, ...restriction } as const;
    return this.#make({ type: 'keyring', description: name, payload, perm }, ROOT, more);
  }

  /** A keyring with this name, as a task of this user finds it by request_key(2). */
  findRing(name: string, uid: number): Key | undefined {
    return this.#rings.findLast(
      (ring) => ring.description === name && !ring.revoked && (ring.uid === uid || this.#atBoot.has(ring)),
    );
  }

  /** The kernel itself uses this one from now on. */
  hold(ring: Key): void {
    this.#held.add(ring);
  }

  /** A new keyring in a keyring of the host, in which it takes the place of its namesake. @returns its number. */
  addRing(name: string, owner: KeyOwner): Result<number> {
    const full = this.#exceeds(owner, name.length + 1);
    if (full !== undefined) return full;
    const namesake = this.#rings.findIndex((ring) => ring.description === name && ring.uid === owner.uid);
    if (namesake >= 0) this.#removeRing(namesake);
    const ring = this.#make({ type: 'keyring', description: name, payload: new Uint8Array(0) }, owner);
    this.#rings.push(ring);
    return ring.serial;
  }

  /** A new key in a keyring; one of the same type and description is no longer in it. */
  add(key: NewKey, into: number, owner: KeyOwner): Result<Key> {
    const ring = this.#ring(into, KEY_POS.WRITE, owner);
    if (failed(ring)) return ring;
    const full = this.#exceeds(owner, bytesOf(key) + LINK_BYTES);
    if (full !== undefined) return full;
    return this.#refused(ring, key) ?? this.put(ring, key, owner);
  }

  put(ring: Key, key: NewKey, owner: KeyOwner = ROOT): Key {
    for (const { type, description, serial } of ring.links) {
      if (type === key.type && description === key.description) this.#unlink(ring, serial);
    }
    const made = this.#make(key, owner, {
      ...(ring.unpossessed && { unpossessed: true }),
      ...(ring.kept && { kept: true }),
      ...(key.perm !== undefined && { uncounted: true }),
    });
    ring.links.add(made);
    return made;
  }

  /** The key with this number, for its owner. @param need bits of KEY_POS, of which one will do; 0 = none. */
  owned(serial: number, { uid }: KeyOwner, need = 0): Result<Key> {
    const key = this.#keys.get(serial);
    if (key === undefined) return E.ENOKEY;
    if (key.uid !== uid || (need !== 0 && !ownerMay(key, need))) return E.EACCES;
    return key.revoked ? E.EKEYREVOKED : key;
  }

  #ring(serial: number, need: number, owner: KeyOwner): Result<Key> {
    const ring = this.owned(serial, owner, need);
    return failed(ring) || ring.type === 'keyring' ? ring : E.ENOTDIR;
  }

  /** key_restrict_link_func_t */
  #refused(ring: Key, { type, certificate }: Pick<NewKey, 'type' | 'certificate'>): Errno | undefined {
    if (ring.restricted === undefined) return undefined;
    if (type !== 'asymmetric') return E.EOPNOTSUPP;
    return certificate === undefined ? E.ENOPKG : this.#restriction(certificate, ring.restricted);
  }

  /** What KEYCTL_SEARCH finds: by description; an asymmetric key also by the end of its id (`id:`). */
  search(into: number, type: string, description: string, owner: KeyOwner): Result<Key> {
    const ring = this.#ring(into, KEY_POS.SEARCH, owner);
    if (failed(ring)) return ring;
    const found = [...ring.links].find((key) => key.type === type && !key.revoked && isCalled(key, description));
    if (found === undefined) return E.ENOKEY;
    return ownerMay(found, KEY_POS.SEARCH) ? found : E.EACCES;
  }

  /** Those that this user may see. */
  visible(uid: number): readonly Key[] {
    return [...this.#keys.values()].filter(
      (key) => (key.uid === uid && ownerMay(key, KEY_POS.VIEW)) || this.#atBoot.has(key),
    );
  }

  link(serial: number, into: number, owner: KeyOwner): Errno | undefined {
    const [key, ring] = [this.owned(serial, owner, KEY_POS.LINK), this.#ring(into, KEY_POS.WRITE, owner)];
    if (failed(ring)) return ring;
    if (failed(key)) return key;
    const refused = this.#refused(ring, key);
    if (refused !== undefined) return refused;
    // A cycle would be EDEADLK; no keyring is put into another at all.
    if (key.type === 'keyring') return E.EPERM;
    ring.links.add(key);
    return undefined;
  }

  unlink(serial: number, from: number, owner: KeyOwner): Errno | undefined {
    const ring = this.#ring(from, KEY_POS.WRITE, owner);
    if (failed(ring)) return ring;
    if (ring.kept === true && this.#keys.get(serial)?.kept === true) return E.EPERM;
    return this.#unlink(ring, serial) ? undefined : E.ENOENT;
  }

  /** A keyring leaves the host's keyring that it was made in. Whoever holds it keeps it. */
  unlinkRing(serial: number, owner: KeyOwner): Errno | undefined {
    const at = this.#rings.findIndex((ring) => ring.serial === serial);
    const ring = this.#rings[at];
    if (ring === undefined) return E.ENOENT;
    if (ring.uid !== owner.uid) return E.EACCES;
    this.#removeRing(at);
    return undefined;
  }

  clear(serial: number, owner: KeyOwner): Errno | undefined {
    const ring = this.#ring(serial, KEY_POS.WRITE, owner);
    if (failed(ring)) return ring;
    if (ring.kept === true) return E.EPERM;
    for (const key of [...ring.links]) this.#unlink(ring, key.serial);
    return undefined;
  }

  /** @param need bits of KEY_POS, of which one will do. */
  revoke(serial: number, owner: KeyOwner, need: number): Errno | undefined {
    const key = this.owned(serial, owner, need);
    if (failed(key)) return key;
    if (key.kept === true) return E.EPERM;
    key.revoked = true;
    return undefined;
  }

  setPerm(serial: number, perm: number, owner: KeyOwner): Errno | undefined {
    if ((perm & ~KEY_PERM_MASK) !== 0) return E.EINVAL;
    const key = this.owned(serial, owner, KEY_POS.SETATTR);
    if (failed(key)) return key;
    key.perm = perm;
    return undefined;
  }

  #make(
    { type, description, payload, certificate, perm = DEFAULT_PERM[type] }: NewKey,
    { uid, gid }: KeyOwner,
    more: Pick<Key, 'unpossessed' | 'uncounted' | 'restricted' | 'kept'> = {},
  ): Key {
    const serial = this.#next++;
    const rest = { perm, revoked: false, payload, links: new Set<Key>(), ...more };
    const key: Key = { serial, type, description, uid, gid, ...rest, ...(certificate && { certificate }) };
    this.#keys.set(serial, key);
    return key;
  }

  /** May the owner not have one more key, of so many bytes? As in key_alloc(). */
  #exceeds({ uid }: KeyOwner, bytes: number): Errno | undefined {
    if (this.#keys.size >= MOST_KEYS) return E.ENOMEM;
    if (uid === 0) return undefined;
    const own = [...this.#keys.values()].filter((key) => key.uid === uid);
    const used = own.reduce((sum, key) => sum + bytesOf(key) + LINK_BYTES * key.links.size, 0);
    return own.length < QUOTA.keys && used + bytes <= QUOTA.bytes ? undefined : E.EDQUOT;
  }

  #removeRing(at: number): void {
    const [ring] = this.#rings.splice(at, 1);
    if (ring === undefined || this.#held.has(ring) || this.#atBoot.has(ring)) return;
    for (const key of [...ring.links]) this.#unlink(ring, key.serial);
    this.#keys.delete(ring.serial);
  }

  /** A key that is in no keyring any more is gone. */
  #unlink(ring: Key, serial: number): boolean {
    const key = this.#keys.get(serial);
    if (key === undefined || !ring.links.delete(key)) return false;
    if (![...this.#keys.values()].some(({ links }) => links.has(key))) this.#keys.delete(serial);
    return true;
  }
}

function bytesOf({ type, description, payload }: Pick<Key, 'type' | 'description' | 'payload'>): number {
  return description.length + 1 + (type === 'asymmetric' ? CERTIFICATE_BYTES : payload.length);
}

/** Does an asymmetric key have an id that ends like this? */
export function hasKeyId({ certificate }: Key, end: string): boolean {
  return certificate !== undefined && hex(certificate.keyId).endsWith(end);
}

function isCalled(key: Key, description: string): boolean {
  if (key.type === 'asymmetric' && description.startsWith('id:')) return hasKeyId(key, description.slice(3));
  return key.description === description;
}
