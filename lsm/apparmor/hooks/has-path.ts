/** path_mediated_fs() of security/apparmor/lsm.c: pipes, sockets, files in memory and anonymous inodes are not judged by a path. */
import type { FileFacts } from '../../framework/files/file-facts.ts';

/** Of memfd_create(2), in a mount of the kernel's own. */
const MEMFD = '/memfd:';

export function hasPath({ path, inode }: FileFacts): boolean {
  const isNamed = inode.socket === undefined && inode.class !== 'anon_inode';
  return isNamed && path.startsWith('/') && !path.startsWith(MEMFD);
}
