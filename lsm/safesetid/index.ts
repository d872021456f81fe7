/**
 * SafeSetID: two policies, of user and of group ids, in securityfs.
 *
 * Model: security/safesetid of Linux 6.12. Changes of ids themselves are the running kernel's business.
 */

import { CAP } from '../../linux/capability.ts';
import { E, failed } from '../../linux/errno.ts';
import { type InodeNumbers, PseudoFile, readWhole, StaticDirectory } from '../../vfs/pseudo/index.ts';
import { capable } from '../../vfs/tree/caller.ts';
import type { DirectoryEntry } from '../../vfs/tree/node.ts';
import { KERN_WARNING, type KernelLog } from '../framework/facts.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { knownModule } from '../known-modules.ts';
import { type Policy, parsePolicy } from './policy.ts';

export const safesetid: ModuleDefinition = {
  ...knownModule('safesetid'),
  create: ({ config, log, securityfsNumbers }) => {
    const time = config.bootTime ?? 0n;
    const entries = [
      policyFile('gid_allowlist_policy', 'gid', securityfsNumbers, time, log),
      policyFile('uid_allowlist_policy', 'uid', securityfsNumbers, time, log),
    ];
    const directory = new StaticDirectory({ ino: securityfsNumbers.next(), mode: 0o755, time, entries });
    return { hooks: {}, securityfs: [{ name: 'safesetid', node: directory }] };
  },
};

function policyFile(
  name: string,
  what: 'uid' | 'gid',
  numbers: InodeNumbers,
  time: bigint,
  log: KernelLog,
): DirectoryEntry {
  let policy: Policy = { text: '', rules: new Map() };
  const warn = (text: string): void => log.print(`SafeSetID: ${text}`, KERN_WARNING);
  const node = new PseudoFile({ ino: numbers.next(), mode: 0o600, time }, (_flags, opener) => ({
    writeMovesPosition: false,
    read: readWhole(() => policy.text),
    write: (data, { offset }) => {
      if (!capable(opener, CAP.MAC_ADMIN)) return E.EPERM;
      if (offset !== 0) return E.EINVAL;
      const parsed = parsePolicy(data, what, warn);
      if (failed(parsed)) return parsed;
      policy = parsed;
      return data.length;
    },
  }));
  return { name, node };
}
