/**
 * Module parameters: /sys/module/apparmor/parameters.
 *
 * Names, modes, formats and order as recorded from Linux 6.12 (module_param_cb entries of security/apparmor/lsm.c).
 * Looking at any but `enabled` needs the right to view policy, setting one the right to change it. Values are exact
 * words: the newline of `echo` is one too many for `mode` and `audit`.
 */

import { E, type Errno } from '../../../linux/errno.ts';
import { type InodeInit, type InodeNumbers, SysfsAttribute, SysfsDirectory } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';

const MODES = ['enforce', 'complain', 'kill', 'unconfined'];
const AUDIT_MODES = ['normal', 'quiet_denied', 'quiet', 'noquiet', 'all'];

/** Linux's own limit for a path in a record. */
const LONGEST_PATH = 8192;

export interface ParameterRights {
  mayView(caller: Caller): boolean;
  mayAdminister(caller: Caller): boolean;
}

/** Parameters that are yes or no: initial value, and whether they can be set. */
const SWITCHES = {
  audit_header: true,
  export_binary: true,
  hash_policy: true,
  lock_policy: false,
  debug: false,
  logsyscall: false,
} as const;

type SwitchName = keyof typeof SWITCHES;

export class ModuleParameters {
  #mode = 'enforce';
  #audit = 'normal';
  readonly #switches: Record<SwitchName, boolean> = { ...SWITCHES };
  readonly #compressionLevel: number;

  /** @param compressionLevel of what is kept of loaded policy. */
  constructor(compressionLevel: number) {
    this.#compressionLevel = compressionLevel;
  }

  /** No policy can be loaded or removed any more. */
  get locked(): boolean {
    return this.#switches.lock_policy;
  }

  /** @returns a function that brings the present values back, also of what cannot be taken back in a kernel. */
  remember(): () => void {
    const [mode, audit, switches] = [this.#mode, this.#audit, { ...this.#switches }];
    return () => {
      [this.#mode, this.#audit] = [mode, audit];
      Object.assign(this.#switches, switches);
    };
  }

  /** The directory /sys/module/apparmor. */
  directory(numbers: InodeNumbers, time: bigint, rights: ParameterRights): SysfsDirectory {
    const init = (mode: number): InodeInit => ({ ino: numbers.next(), mode, time });
    const view = (read: () => string) => (caller: Caller) => (rights.mayView(caller) ? read() : E.EPERM);
    const set = (store: (text: string) => Errno | undefined) => (text: string, caller: Caller) =>
      rights.mayAdminister(caller) ? store(text) : E.EPERM;
    const word = (name: string, words: readonly string[], read: () => string, store: (value: string) => void) => ({
      name,
      node: new SysfsAttribute(
        init(0o600),
        view(read),
        set((text) => (words.includes(text) ? void store(text) : E.EINVAL)),
      ),
    });
    const flag = (name: SwitchName): DirectoryEntry => ({
      name,
      node: new SysfsAttribute(
        init(0o600),
        view(() => (this.#switches[name] ? 'Y\n' : 'N\n')),
        set((text) => this.#set(name, text)),
      ),
    });
    const fixed = (name: string, mode: number, text: string): DirectoryEntry => ({
      name,
      node: new SysfsAttribute(
        init(mode),
        view(() => text),
      ),
    });
    const parameters = new SysfsDirectory({
      ...init(0o755),
      entries: [
        fixed('paranoid_load', 0o444, 'Y\n'),
        enabledEntry(init, true),
        flag('audit_header'),
        word(
          'mode',
          MODES,
          () => this.#mode,
          (value) => {
            this.#mode = value;
          },
        ),
        flag('export_binary'),
        flag('hash_policy'),
        fixed('rawdata_compression_level', 0o400, `${this.#compressionLevel}\n`),
        flag('lock_policy'),
        flag('debug'),
        flag('logsyscall'),
        word(
          'audit',
          AUDIT_MODES,
          () => this.#audit,
          (value) => {
            this.#audit = value;
          },
        ),
        fixed('path_max', 0o400, `${LONGEST_PATH}\n`),
      ],
    });
    return moduleDirectory(init, parameters);
  }

  /** kstrtobool(); `lock_policy` cannot be taken back. */
  #set(name: SwitchName, text: string): Errno | undefined {
    const value = booleanOf(text);
    if (value === undefined) return E.EINVAL;
    if (name === 'lock_policy' && this.#switches.lock_policy) return value ? undefined : E.EINVAL;
    this.#switches[name] = value;
    return undefined;
  }
}

/** Names and modes of all parameters but `enabled`. */
const OTHERS = {
  paranoid_load: 0o444,
  audit_header: 0o600,
  mode: 0o600,
  export_binary: 0o600,
  hash_policy: 0o600,
  rawdata_compression_level: 0o400,
  lock_policy: 0o600,
  debug: 0o600,
  logsyscall: 0o600,
  audit: 0o600,
  path_max: 0o400,
} as const;

/** /sys/module/apparmor of a kernel that has AppArmor but does not run it: everything but `enabled` is EINVAL. */
export function inactiveModuleDirectory(numbers: InodeNumbers, time: bigint): SysfsDirectory {
  const init = (mode: number): InodeInit => ({ ino: numbers.next(), mode, time });
  const refuse = (): Errno => E.EINVAL;
  const others = Object.entries(OTHERS).map(([name, mode]) => ({
    name,
    node: new SysfsAttribute(init(mode), refuse, refuse),
  }));
  return moduleDirectory(init, new SysfsDirectory({ ...init(0o755), entries: [enabledEntry(init, false), ...others] }));
}

type Init = (mode: number) => InodeInit;

/** What programs may pretend to have happened to a kernel object (kobject_action_type of lib/kobject_uevent.c). */
const UEVENT = /^(?:add|remove|change|move|online|offline|bind|unbind)(?:[\n\0 ]|$)/;

function moduleDirectory(init: Init, parameters: SysfsDirectory): SysfsDirectory {
  const uevent = new SysfsAttribute(
    init(0o200),
    () => E.EIO,
    (text) => (UEVENT.test(text) ? undefined : E.EINVAL),
  );
  const entries = [
    { name: 'uevent', node: uevent },
    { name: 'parameters', node: parameters },
  ];
  return new SysfsDirectory({ ...init(0o755), entries });
}

function enabledEntry(init: Init, enabled: boolean): DirectoryEntry {
  return { name: 'enabled', node: new SysfsAttribute(init(0o444), () => (enabled ? 'Y\n' : 'N\n')) };
}

function booleanOf(text: string): boolean | undefined {
  if (/^([yYtT1]|[oO][nN])/.test(text)) return true;
  return /^([nNfF0]|[oO][fF])/.test(text) ? false : undefined;
}
