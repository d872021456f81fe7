/**
 * What the kernel's build fixes about each security module: facts, no behaviour. What a module has to tell besides is
 * in `facts.ts` of its folder.
 *
 * Source: the DEFINE_LSM entries of Linux 6.12 and LSM_ID_* of include/uapi/linux/lsm.h. The table has every module that a kernel build may
 * compile in, also those that have no implementation here: their names take part in ordering and their attr directories exist
 * whenever they are compiled in. Array order is the link order, which decides among modules of class `last`.
 */
import { APPARMOR } from './apparmor/facts.ts';
import type { HostSide } from './framework/host-side.ts';
import type { ModuleFacts } from './framework/module-facts.ts';
import { mountPoints } from './framework/proc/places.ts';
import { SELINUX } from './selinux/facts.ts';
import { SMACK } from './smack/facts.ts';

const MINOR = { order: 'mutable', legacyMajor: false, exclusive: false } as const;

export const KNOWN_MODULES: readonly ModuleFacts[] = [
  { name: 'capability', id: 100, ...MINOR, order: 'first' },
  SELINUX,
  SMACK,
  {
    name: 'tomoyo',
    id: 103,
    order: 'mutable',
    legacyMajor: true,
    exclusive: false,
    explains: { words: ['domain', 'path'] },
  },
  APPARMOR,
  { name: 'yama', id: 105, ...MINOR, host: { prctlSign: '/proc/sys/kernel/yama' } },
  { name: 'loadpin', id: 106, ...MINOR },
  { name: 'safesetid', id: 107, ...MINOR },
  { name: 'lockdown', id: 108, ...MINOR },
  { name: 'bpf', id: 109, ...MINOR },
  {
    name: 'landlock',
    id: 110,
    ...MINOR,
    auditRecords: [
      [1423, 'LANDLOCK_ACCESS'],
      [1424, 'LANDLOCK_DOMAIN'],
    ],
  },
  {
    name: 'ima',
    id: 111,
    ...MINOR,
    order: 'last',
    explains: { words: ['path'], perTask: true, perNamespace: true, fileFacts: true },
  },
  { name: 'evm', id: 112, ...MINOR, order: 'last' },
  {
    name: 'ipe',
    id: 113,
    ...MINOR,
    auditRecords: [
      [1420, 'IPE_ACCESS'],
      [1421, 'IPE_CONFIG_CHANGE'],
      [1422, 'IPE_POLICY_LOAD'],
    ],
  },
];

/** The facts of one module. A name that is not in the table is a mistake in our own code, not input. */
export function knownModule(name: string): ModuleFacts {
  const facts = KNOWN_MODULES.find((module) => module.name === name);
  if (facts === undefined) throw new Error(`no such security module: ${name}`);
  return facts;
}

/** Where distributions mount the filesystems of all these, by type: what their paths begin with. */
export const MOUNT_POINTS = mountPoints(KNOWN_MODULES);

/** What all modules have to do with the host. */
export const HOST_SIDES: readonly HostSide[] = KNOWN_MODULES.flatMap(({ host }) => host ?? []);
