/**
 * A key or keyring of the emulated kernel: struct key.
 *
 * Model: it keeps the keyrings that its modules ask for by name, and what is in them. All other keys are the host's; the
 * two are told apart by their numbers, of which the kernel draws at random from all that an int has, and we take the
 * last ones.
 */

import { HASH_PERM, type TrustedBy } from '../../../linux/kernel-keyrings.ts';
import { KEY_POS, KEY_USR_SHIFT, KEY_USR_VIEW } from '../../../linux/keyctl.ts';
import type { Certificate } from './certificate.ts';

/** Types that the kept keyrings take. */
export type KeyType = 'keyring' | 'asymmetric' | 'user' | 'blacklist';

export interface Key {
  readonly serial: number;
  readonly type: KeyType;
  readonly description: string;
  /** Owner. */
  readonly uid: number;
  readonly gid: number;
  perm: number;
  revoked: boolean;
  /** Of a user key; empty for others. */
  readonly payload: Uint8Array;
  /** Of an asymmetric key. */
  readonly certificate?: Certificate;
  /** What is in a keyring. */
  readonly links: Set<Key>;
  /** It is in the kernel's own keyrings only: its owner has no rights of a possessor. */
  readonly unpossessed?: true;
  /** Made by the kernel: not counted for the user. */
  readonly uncounted?: true;
  /** A keyring that takes what such a key has signed. */
  readonly restricted?: TrustedBy;
  /** It stays, and a keyring that is kept keeps what is in it (KEY_FLAG_KEEP). */
  readonly kept?: true;
}

/** The first number of keys that are kept here; all after it are. */
export const FIRST_SERIAL = 0x7fff0000;

export function isOwnSerial(serial: number): boolean {
  return serial >= FIRST_SERIAL;
}

/** As add_key(2) gives them: by what the type can do. */
export const DEFAULT_PERM: Readonly<Record<KeyType, number>> = {
  keyring: KEY_POS.ALL | KEY_USR_VIEW,
  user: KEY_POS.ALL | KEY_USR_VIEW,
  blacklist: HASH_PERM,
  asymmetric: (KEY_POS.ALL & ~(KEY_POS.READ | KEY_POS.WRITE)) | KEY_USR_VIEW,
};

/** May the owner do this? @param need bits of KEY_POS, of which one will do. */
export function ownerMay({ perm, unpossessed }: Key, need: number): boolean {
  return (perm & (unpossessed === true ? need >> KEY_USR_SHIFT : need)) !== 0;
}
