/**
 * Stores security attributes of files. Where the filesystem cannot store them, a kernel keeps them in the inode; here
 * the daemon keeps them in its memory. It does the same where the host's kernel refuses: security.* needs CAP_SYS_ADMIN
 * in the user namespace that owns the filesystem (cap_inode_setxattr), and an unprivileged world has that only in its
 * own user namespace.
 *
 * Where the host's kernel runs the same module, a stored attribute would change the host's decisions. Then nothing is
 * stored with any file; the daemon keeps all labels in its memory. So it does with those of kernel-filesystems.ts.
 */
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import type { Asks } from '../protocol/questions/index.ts';

const { EPERM, EIO, EAGAIN, ENOSPC, EOPNOTSUPP } = ERRNO;
/** Longest value that is kept in memory; labels are far shorter. */
const KEPT_LIMIT = 4096;

/** @param setter the thread that sets it, and its name for the attribute; absent = the file is new. @returns 0 or a negative errno. */
export function storeLabel(
  files: Pick<FileInspector, 'store' | 'privileged' | 'keeps' | 'changeable'>,
  ask: Asks<'keep-xattr'>,
  fd: number,
  { inode, path, device, mode }: FileFacts,
  name: string,
  value: Uint8Array,
  flags: number,
  setter?: { readonly tid: Tid; readonly name: string },
): number {
  const kept = files.keeps(name, inode.filesystem.type);
  const stored = kept ? files.changeable(fd) : files.store(fd, name, value, flags);
  const refused = stored === -EPERM && !files.privileged;
  const instead = kept && (stored === 0 || refused);
  if (stored !== -EOPNOTSUPP && stored !== -EAGAIN && !refused && !instead) return stored;
  if (value.length > KEPT_LIMIT) return -ENOSPC;
  const answer = ask({
    kind: 'keep-xattr',
    inode,
    path,
    device,
    mode,
    name,
    value: latin1(value, value.length),
    ...(instead ? { flags } : setter && { setter }),
  });
  if (answer === undefined) return instead ? -EIO : stored;
  return -answer.errno;
}
