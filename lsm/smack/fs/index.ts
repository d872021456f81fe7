/**
 * smackfs: a flat directory. Names, modes and inode numbers are those of security/smack/smackfs.c, Linux 6.12 (smk_fill_super).
 */
import { SMACK_MAGIC } from '../../../linux/magic.ts';
import { StaticDirectory } from '../../../vfs/pseudo/index.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { accessNodes } from './access-nodes.ts';
import { cipsoNodes } from './cipso-nodes.ts';
import type { SmackfsContext } from './context.ts';
import { hostNodes } from './host-nodes.ts';
import { listNodes } from './list-nodes.ts';
import { nodeLabel } from './node-label.ts';
import { ruleNodes } from './rule-nodes.ts';
import { scalarNodes } from './scalar-nodes.ts';

/** include/uapi/linux/magic.h */

const ROOT_INO = 1;

/** @param time of all nodes, nanoseconds since the epoch. */
export function createSmackfs(security: SmackSecurity, time: bigint): Filesystem {
  const context: SmackfsContext = {
    security,
    init: (ino, mode) => ({ ino, mode, time, ...nodeLabel(security) }),
  };
  const entries = [ruleNodes, accessNodes, cipsoNodes, hostNodes, listNodes, scalarNodes]
    .flatMap((nodes) => nodes(context))
    // Newest first, as the kernel lists what it made.
    .sort((a, b) => b.node.ino - a.node.ino);
  const root = new StaticDirectory({ ...context.init(ROOT_INO, 0o755), entries });
  return { type: 'smackfs', magic: SMACK_MAGIC, root, changes: new Changes() };
}
