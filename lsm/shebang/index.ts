/**
 * shebang: keeps interpreters from running scripts of others. Of what was proposed nothing but the name and the
 * purpose was found, so the interface is this project's: the least by which the name can be seen and tried. Nothing is
 * refused.
 */
import { CAP } from '../../linux/capability.ts';
import { E } from '../../linux/errno.ts';
import { capable } from '../../vfs/tree/caller.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { SysctlInt } from '../framework/proc/sysctl-int.ts';

export const shebang: ModuleDefinition = {
  name: 'shebang',
  id: 1007,
  order: 'mutable',
  legacyMajor: false,
  exclusive: false,
  proposed: true,
  supposed: true,
  create: ({ sysctlNumbers }) => {
    let restricted = 0;
    const sysctl = new SysctlInt(
      { ino: sysctlNumbers.next(), mode: 0o644 },
      {
        read: () => restricted,
        check: (caller) => (capable(caller, CAP.MAC_ADMIN) ? undefined : E.EPERM),
        range: () => ({ min: 0, max: 1 }),
        store: (value) => {
          restricted = value;
        },
      },
    );
    return { hooks: {}, sysctls: new Map([['kernel/shebang_restricted', sysctl]]) };
  },
};
