/**
 * HardChroot: a chroot that root cannot leave. Of what was proposed nothing but the name and the purpose was found, so
 * the interface is this project's: the least by which the name can be seen and tried. Nothing is refused.
 */
import { StaticDirectory, TextFile } from '../../vfs/pseudo/index.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { AdminFlag } from '../framework/proc/admin-nodes.ts';

export const hardchroot: ModuleDefinition = {
  name: 'hardchroot',
  id: 1003,
  order: 'mutable',
  legacyMajor: false,
  exclusive: false,
  proposed: true,
  supposed: true,
  create: ({ securityfsNumbers: numbers, config: { bootTime: time = 0n } }) => {
    const enabled = new AdminFlag({ ino: numbers.next(), mode: 0o600, time });
    const status = new TextFile({ ino: numbers.next(), mode: 0o400, time }, () =>
      enabled.isSet ? 'enabled\n' : 'disabled\n',
    );
    const entries = [
      { name: 'enabled', node: enabled },
      { name: 'status', node: status },
    ];
    const directory = new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, entries });
    return { hooks: {}, securityfs: [{ name: 'hardchroot', node: directory }] };
  },
};
