/**
 * What the modules are asked when the kernel lets a task pass the permission bits of a file by a capability:
 * generic_permission() of fs/namei.c, Linux 6.12.
 */
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { MAY_EXEC, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';

const ACCESS_LIST = 'system.posix_acl_access';
/** Descriptors of a process. */
const DESCRIPTORS = /^\/\d+\/(?:task\/\d+\/)?fd$/;
/** The bits of owner, group and others. */
const ALL = 0o111;

export interface PermissionHost {
  readonly view: Pick<CallerView, 'credentials' | 'status'>;
  readonly files: Pick<FileInspector, 'list'>;
}

/**
 * @param file that the kernel lets the task use so. A file with an access control list is not looked at.
 * @param fd a descriptor of ours.
 * @param mask MAY_*
 */
export function overrideChecks(
  { view, files }: PermissionHost,
  tid: Tid,
  file: FileFacts,
  fd: number,
  mask: number,
): AccessCheck[] {
  const wanted = mask & (MAY_READ | MAY_WRITE | MAY_EXEC);
  const needed = wanted * ALL;
  if ((file.mode & needed) === needed) return [];
  const credentials = view.credentials(tid);
  if (credentials === undefined) return [];
  const { uid, owner = uid, gid } = file.inode;
  const inGroup = gid === credentials.fsgid || credentials.groups.includes(gid);
  const shift = credentials.fsuid === owner ? 6 : inGroup ? 3 : 0;
  if (((file.mode >> shift) & wanted) === wanted) return [];
  const names = files.list(fd);
  if (typeof names === 'number' || names.includes(ACCESS_LIST)) return [];
  const refusal = ownsDescriptors(view, tid, file) ? 'ignored' : 'EACCES';
  const reads = file.inode.class === 'dir' ? (wanted & MAY_WRITE) === 0 : wanted === MAY_READ;
  const [override, search] = [CAP.DAC_OVERRIDE, CAP.DAC_READ_SEARCH].map((one) =>
    hasCapability(credentials.capabilities, one),
  );
  if (reads && search === true) {
    const about = { capability: CAP.DAC_READ_SEARCH, ...(override === true && { otherwise: CAP.DAC_OVERRIDE }) };
    return [{ hook: 'capable', about, refusal }];
  }
  return override === true ? [{ hook: 'capable', about: { capability: CAP.DAC_OVERRIDE }, refusal }] : [];
}

/** proc_fd_permission(): what generic_permission() refuses of one's own is granted. */
export function ownsDescriptors(
  view: PermissionHost['view'],
  tid: Tid,
  { inode: { path, process } }: FileFacts,
): boolean {
  if (process === undefined || !DESCRIPTORS.test(path)) return false;
  const owner = view.status(process)?.tgid;
  return owner !== undefined && owner === view.status(tid)?.tgid;
}
