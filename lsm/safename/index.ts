/**
 * SafeName: no file names that programs stumble over. Of what was proposed nothing but the name and the purpose was
 * found, so the interface is this project's: the least by which the name can be seen and tried. Nothing is refused.
 */
import { StaticDirectory } from '../../vfs/pseudo/index.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { AdminFlag, AdminText } from '../framework/proc/admin-nodes.ts';

/** Characters that names may have, one after the other; empty = any. */
const ALLOWED = /^[\x20-\x2e\x30-\x7e]*$/;

export const safename: ModuleDefinition = {
  name: 'safename',
  id: 1006,
  order: 'mutable',
  legacyMajor: false,
  exclusive: false,
  proposed: true,
  supposed: true,
  create: ({ securityfsNumbers: numbers, config: { bootTime: time = 0n } }) => {
    const init = () => ({ ino: numbers.next(), mode: 0o600, time });
    const entries = [
      { name: 'enabled', node: new AdminFlag(init()) },
      { name: 'allow', node: new AdminText(init(), '', (text) => ALLOWED.test(text)) },
    ];
    const directory = new StaticDirectory({ ...init(), mode: 0o755, entries });
    return { hooks: {}, securityfs: [{ name: 'safename', node: directory }] };
  },
};
