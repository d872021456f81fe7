/**
 * The nodes that answer questions: transaction files, each with the permission that asking needs.
 */

import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { TransactionFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import { KERN_WARNING } from '../../framework/facts.ts';
import { answerAccess, answerComputedContext, answerContext, answerUser } from '../decide/queries.ts';
import type { SelinuxState } from '../decide/state.ts';
import type { SelinuxfsContext } from './context.ts';

interface QueryNode {
  readonly name: string;
  readonly ino: number;
  /** Of class security. */
  readonly permission: string;
  readonly answer: (state: SelinuxState, query: Uint8Array) => Result<string>;
}

const NODES: readonly QueryNode[] = [
  { name: 'context', ino: 5, permission: 'check_context', answer: answerContext },
  { name: 'access', ino: 6, permission: 'compute_av', answer: answerAccess },
  { name: 'create', ino: 7, permission: 'compute_create', answer: (s, q) => answerComputedContext(s, 'transition', q) },
  { name: 'relabel', ino: 8, permission: 'compute_relabel', answer: (s, q) => answerComputedContext(s, 'change', q) },
  { name: 'user', ino: 9, permission: 'compute_user', answer: answerUser },
  { name: 'member', ino: 14, permission: 'compute_member', answer: (s, q) => answerComputedContext(s, 'member', q) },
];

export function queryNodes({ namespace, state, foreign, check, init }: SelinuxfsContext): DirectoryEntry[] {
  /** The oldest of the questions, which nothing new should ask. */
  const outlived = (name: string, caller: Caller): Errno | undefined => {
    if (name !== 'user' || namespace.isInitial) return undefined;
    state.log.print(
      `SELinux: ${caller.comm} (${caller.tid}) tried to write to /sys/fs/selinux/user! This is not supported in non-init SELinux namespaces; please update your userspace.`,
      KERN_WARNING,
    );
    return E.EPERM;
  };
  return NODES.map(({ name, ino, permission, answer }) => ({
    name,
    node: new TransactionFile(init(`/${name}`, ino, 0o666), {
      checkFirst: foreign,
      answer: (query, caller) => outlived(name, caller) ?? check(caller, permission) ?? answer(state, query),
    }),
  }));
}
