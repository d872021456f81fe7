/**
 * Anonymous inodes: what a descriptor of no file at all refers to, as of epoll_create1(2) or io_uring_setup(2).
 *
 * Model: fs/anon_inodes.c, Linux 6.12. Nearly all share one inode, which no module is asked about (S_PRIVATE). A few
 * kinds have an inode each, which is labelled when it is made (anon_inode_make_secure_inode()).
 */
import { ANON_INODE_FS_MAGIC, SECRETMEM_MAGIC } from '../../../linux/magic.ts';
import type { InodeFacts } from '../../../lsm/framework/files/inode.ts';

const LABELLED = /^anon_inode:(\[(?:io_uring|userfaultfd)\])$/;

/** Kind of a labelled one, by where a link of /proc/PID/fd leads; `undefined` for all other files. */
export function anonymousKind(link: string): string | undefined {
  return LABELLED.exec(link)?.[1];
}

/** @param magic `f_type` of its filesystem. @returns nothing for files that are none. */
export function anonymousInode(magic: number, link: string): Pick<InodeFacts, 'class' | 'anonymous'> | undefined {
  if (magic === SECRETMEM_MAGIC) return { class: 'anon_inode', anonymous: '[secretmem]' };
  if (magic !== ANON_INODE_FS_MAGIC) return undefined;
  const anonymous = anonymousKind(link);
  return { class: 'anon_inode', ...(anonymous !== undefined && { anonymous }) };
}
