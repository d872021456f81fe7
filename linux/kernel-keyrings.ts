/**
 * Keyrings that a kernel makes for itself at boot, as its build has them: certs/system_keyring.c, certs/blacklist.c,
 * security/integrity/digsig.c and security/integrity/ima/ima_mok.c.
 */
import { KEY_POS, KEY_USR_SHIFT } from './keyctl.ts';

/**
 * Who must have signed what a keyring takes: a key that was built in; that, one of the machine, or of the keyring of what such keys have
 * signed; one of these, for a key that is there to sign and signs no certificates (restrict_link_by_digsig_builtin_and_secondary()).
 */
export type TrustedBy = 'builtin' | 'trusted' | 'trusted-to-sign';

export interface KernelRing {
  readonly name: string;
  /** Kconfig option that the build has it by. */
  readonly option: string;
  readonly perm: number;
  /** Of what tasks put there. */
  readonly restricted?: TrustedBy;
  /** Nothing is taken out of it (KEY_FLAG_KEEP). */
  readonly keeps?: true;
}

/** Permissions; users may write to those alone that are WRITABLE. */
const POSSESSOR = KEY_POS.ALL & ~KEY_POS.SETATTR;
const usr = (bits: number): number => bits >> KEY_USR_SHIFT;
const READABLE = POSSESSOR | usr(KEY_POS.VIEW | KEY_POS.READ | KEY_POS.SEARCH);
export const WRITABLE = READABLE | usr(KEY_POS.WRITE);
/** Of a certificate that the kernel itself puts into one. */
export const KEY_PERM = POSSESSOR | usr(KEY_POS.VIEW | KEY_POS.READ);
/** Of a hash in `.blacklist`: BLACKLIST_KEY_PERM. */
const FOUND = KEY_POS.VIEW | KEY_POS.SEARCH;
export const HASH_PERM = FOUND | usr(FOUND);

export const BUILTIN_TRUSTED_KEYS = '.builtin_trusted_keys';
export const SECONDARY_TRUSTED_KEYS = '.secondary_trusted_keys';
export const MACHINE_KEYS = '.machine';
export const PLATFORM_KEYS = '.platform';
export const BLACKLIST = '.blacklist';
export const REVOKED_KEYS = '.ima_blacklist';

export const KERNEL_RINGS: readonly KernelRing[] = [
  { name: BUILTIN_TRUSTED_KEYS, option: 'INTEGRITY_TRUSTED_KEYRING', perm: READABLE },
  { name: SECONDARY_TRUSTED_KEYS, option: 'INTEGRITY_TRUSTED_KEYRING', perm: WRITABLE, restricted: 'trusted' },
  { name: MACHINE_KEYS, option: 'INTEGRITY_MACHINE_KEYRING', perm: READABLE },
  { name: PLATFORM_KEYS, option: 'INTEGRITY_PLATFORM_KEYRING', perm: READABLE },
  {
    name: BLACKLIST,
    option: 'SYSTEM_BLACKLIST_KEYRING',
    perm: (READABLE & ~KEY_POS.LINK) | KEY_POS.WRITE,
    keeps: true,
  },
  { name: REVOKED_KEYS, option: 'IMA_BLACKLIST_KEYRING', perm: WRITABLE, restricted: 'builtin', keeps: true },
];

/** Has a kernel that is built so no keyring with this name? The others are not the kernel's to have. */
export function lacksRing(name: string, options: readonly string[] = []): boolean {
  const ring = KERNEL_RINGS.find((known) => known.name === name);
  return ring !== undefined && !options.includes(ring.option);
}

/** What `.blacklist` takes: a digest of a file, or of what is signed of a certificate (blacklist_vet_description()). */
export function isBlacklistEntry(text: string): boolean {
  return /^(?:bin|tbs):(?:[0-9a-f]{2}){1,64}$/.test(text);
}
