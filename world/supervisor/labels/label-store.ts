/**
 * Security attributes of files, as they are set. Where the filesystem cannot store them the kernel keeps them in
 * memory, which is the daemon's here. The same where the host's kernel does not let us: security.* needs CAP_SYS_ADMIN
 * in the user namespace that owns the filesystem (cap_inode_setxattr), which a world that runs without privileges has
 * in its own only.
 *
 * Where the host's kernel runs the module itself the attribute is the host's: what is stored there would change what
 * the host decides. Then nothing is stored with any file, and what the daemon keeps stands for it.
 */
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import type { Asks } from '../protocol/questions/index.ts';

const { EPERM, EIO, EAGAIN, EOPNOTSUPP } = ERRNO;

/** @param setter who sets it, and how he calls the attribute; absent = the file is new. @returns 0 or a negative errno. */
export function storeLabel(
  files: Pick<FileInspector, 'store' | 'privileged' | 'isOfHost' | 'changeable'>,
  ask: Asks<'keep-xattr'>,
  fd: number,
  { inode, path, device, mode }: FileFacts,
  name: string,
  value: Uint8Array,
  flags: number,
  setter?: { readonly tid: Tid; readonly name: string },
): number {
  const ofHost = files.isOfHost(name);
  const stored = ofHost ? files.changeable(fd) : files.store(fd, name, value, flags);
  const refused = stored === -EPERM && !files.privileged;
  const instead = ofHost && (stored === 0 || refused);
  if (stored !== -EOPNOTSUPP && stored !== -EAGAIN && !refused && !instead) return stored;
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
