/**
 * The attributes that EVM covers: evm_config_default_xattrnames and what was added to them, of security/integrity/evm/evm_main.c.
 */
import type { KernelBuild } from '../../framework/config.ts';

/** In the order in which their values are hashed, with what the build must have for EVM to cover them. */
const DEFAULT: readonly (readonly [name: string, needs?: string])[] = [
  ['security.selinux', 'selinux'],
  ['security.SMACK64', 'smack'],
  ['security.SMACK64EXEC', 'EVM_EXTRA_SMACK_XATTRS'],
  ['security.SMACK64TRANSMUTE', 'EVM_EXTRA_SMACK_XATTRS'],
  ['security.SMACK64MMAP', 'EVM_EXTRA_SMACK_XATTRS'],
  ['security.apparmor', 'apparmor'],
  ['security.ima', 'ima'],
  ['security.capability'],
];
/** Each counts as an attribute that is covered when it is set. */
export const ACL_NAMES: readonly string[] = ['system.posix_acl_access', 'system.posix_acl_default'];

interface Covered {
  readonly name: string;
  /** Only portable signatures are made of those that are not. */
  enabled: boolean;
}

export class CoveredXattrs {
  readonly #list: Covered[];

  constructor({ modules, options = [] }: KernelBuild) {
    const has = (what: string | undefined) => what === undefined || modules.includes(what) || options.includes(what);
    this.#list = DEFAULT.map(([name, needs]) => ({ name, enabled: has(needs) }));
  }

  /** In order. */
  get list(): readonly Readonly<Covered>[] {
    return this.#list;
  }

  protects(name: string): boolean {
    return this.#list.some((covered) => covered.enabled && covered.name === name);
  }

  /** @returns whether it was not covered before. */
  add(name: string): boolean {
    const known = this.#list.find((covered) => covered.name === name);
    if (known === undefined) this.#list.push({ name, enabled: true });
    else if (known.enabled) return false;
    else known.enabled = true;
    return true;
  }
}
