/**
 * What the kernel's build fixes about each security module: facts, no behaviour.
 *
 * Source: the DEFINE_LSM entries of Linux 6.12 and LSM_ID_* of include/uapi/linux/lsm.h. The table has every module that a kernel build may
 * compile in, also those that have no implementation here: their names take part in ordering and their attr directories exist
 * whenever they are compiled in. Array order is the link order, which decides among modules of class `last`.
 */
import type { ModuleFacts } from './module.ts';

const MINOR = { order: 'mutable', legacyMajor: false, exclusive: false } as const;

export const KNOWN_MODULES: readonly ModuleFacts[] = [
  { name: 'capability', id: 100, ...MINOR, order: 'first' },
  {
    name: 'selinux',
    id: 101,
    order: 'mutable',
    legacyMajor: true,
    exclusive: true,
    labelling: true,
    labelsFiles: 'selinuxfs',
    claims: ['secmark', 'netlabel'],
    talkAttrDirectory: ['current', 'prev', 'exec', 'fscreate', 'keycreate', 'sockcreate'],
  },
  {
    name: 'smack',
    id: 102,
    order: 'mutable',
    legacyMajor: true,
    exclusive: true,
    labelling: true,
    labelsFiles: 'smackfs',
    claims: ['secmark', 'netlabel'],
    attrDirectory: ['current'],
  },
  { name: 'tomoyo', id: 103, order: 'mutable', legacyMajor: true, exclusive: false },
  {
    name: 'apparmor',
    id: 104,
    order: 'mutable',
    legacyMajor: true,
    exclusive: true,
    labelling: true,
    claims: ['secmark'],
    attrDirectory: ['current', 'prev', 'exec'],
  },
  { name: 'yama', id: 105, ...MINOR },
  { name: 'loadpin', id: 106, ...MINOR },
  { name: 'safesetid', id: 107, ...MINOR },
  { name: 'lockdown', id: 108, ...MINOR },
  { name: 'bpf', id: 109, ...MINOR },
  { name: 'landlock', id: 110, ...MINOR },
  { name: 'ima', id: 111, ...MINOR, order: 'last' },
  { name: 'evm', id: 112, ...MINOR, order: 'last' },
  { name: 'ipe', id: 113, ...MINOR },
];

/** The facts of one module. A name that is not in the table is a mistake in our own code, not input. */
export function knownModule(name: string): ModuleFacts {
  const facts = KNOWN_MODULES.find((module) => module.name === name);
  if (facts === undefined) throw new Error(`no such security module: ${name}`);
  return facts;
}
