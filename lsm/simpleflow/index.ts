/**
 * SimpleFlow: follows where information flows. Of what was proposed nothing but the name and the purpose was found, so
 * the interface is this project's: the least by which the name can be seen and tried. A task has a label of its own,
 * which it inherits; nothing flows and nothing is refused.
 */
import { bytesOf, slice, textOf } from '../../linux/bytes.ts';
import { CAP } from '../../linux/capability.ts';
import { E } from '../../linux/errno.ts';
import { StaticDirectory } from '../../vfs/pseudo/index.ts';
import { capable } from '../../vfs/tree/caller.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { AdminText } from '../framework/proc/admin-nodes.ts';

const LABEL = /^[!-~]{1,255}$/;
/** Lines `LABEL LABEL`: from where to where. */
const POLICY = /^(?:[!-~]+ [!-~]+(?:\n|$))*$/;

export const simpleflow: ModuleDefinition = {
  name: 'simpleflow',
  id: 1005,
  order: 'mutable',
  legacyMajor: false,
  exclusive: false,
  proposed: true,
  supposed: true,
  create: (host) => {
    const { securityfsNumbers: numbers, config } = host;
    const time = config.bootTime ?? 0n;
    const labels = host.taskBlob<string>('simpleflow', { initial: () => 'none', fork: (parent) => parent });
    const policy = new AdminText({ ino: numbers.next(), mode: 0o600, time }, '', (text) => POLICY.test(text));
    const entries = [{ name: 'policy', node: policy }];
    const directory = new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, entries });
    return {
      hooks: {},
      securityfs: [{ name: 'simpleflow', node: directory }],
      attrFiles: [
        {
          directory: 'simpleflow',
          name: 'current',
          mode: 0o666,
          open: (target) => ({
            writeMovesPosition: false,
            read: (length, at) => slice(bytesOf(`${labels.of(target)}\n`), length, at.offset),
            write: (data, at, caller) => {
              if (host.taskOf(caller) !== target || !capable(caller, CAP.MAC_ADMIN)) return E.EPERM;
              const label = textOf(data).replace(/\n$/, '');
              if (at.offset !== 0 || !LABEL.test(label)) return E.EINVAL;
              labels.set(target, label);
              return data.length;
            },
          }),
        },
      ],
    };
  },
};
