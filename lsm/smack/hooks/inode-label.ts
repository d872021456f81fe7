/**
 * The label of a file: smack_d_instantiate() of security/smack/smack_lsm.c, Linux 6.12.
 *
 * The kernel reads stored labels once and keeps them in memory. Here they are read anew each time, which shows in one
 * place: whose label was removed has the default of its filesystem, also after the kernel would have read it again.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { FilesystemFacts, InodeFacts } from '../../framework/files/inode.ts';
import { parseLabel, SPECIAL } from '../policy/label.ts';
import { OPTION } from './mount-options.ts';
import { XATTR } from './xattrs.ts';

/** The only value of the attribute that marks a directory as transmuting. */
export const TRANSMUTE_TRUE = 'TRUE';

/** Types whose files everybody may use. */
const STAR_TYPES: ReadonlySet<string> = new Set(['smackfs', 'cgroup', 'cgroup2', 'sockfs']);

/** The label that a process, with this thread id, gives the file: an entry of /proc that belongs to it, or a pipe that it has. */
export type LabelByProcess = (inode: InodeFacts, process: Tid) => string | undefined;

export function inodeLabel(inode: InodeFacts, labelByProcess: LabelByProcess): string {
  if (inode.class === 'sock_file' || STAR_TYPES.has(inode.filesystem.type)) return SPECIAL.star;
  const stored = storedLabel(inode, XATTR.label);
  if (stored !== undefined) return stored;
  if (inode.process !== undefined) return labelByProcess(inode, inode.process) ?? defaultLabel(inode.filesystem);
  return inode.path === '/' ? rootLabel(inode.filesystem) : defaultLabel(inode.filesystem);
}

/** The label that an attribute holds; `undefined` = it is not stored, or is none. */
export function storedLabel({ xattrs }: Pick<InodeFacts, 'xattrs'>, name: string): string | undefined {
  const value = xattrs[name];
  return value === undefined ? undefined : parseLabel(bytesOf(value));
}

/** Does the directory give its own label to new files of those who may transmute? */
export function isTransmuting({ class: objectClass, xattrs, path, filesystem }: InodeFacts): boolean {
  if (objectClass !== 'dir') return false;
  if (path === '/' && filesystem.labels?.[OPTION.transmute] !== undefined) return true;
  return xattrs[XATTR.transmute]?.startsWith(TRANSMUTE_TRUE) === true;
}

/** Of files without a stored label. */
export function defaultLabel({ labels }: FilesystemFacts): string {
  return option(labels?.[OPTION.default] ?? labels?.[OPTION.defaultLong]) ?? SPECIAL.floor;
}

/** smk_root of the superblock, which the default of its files does not change. */
function rootLabel({ labels }: FilesystemFacts): string {
  return option(labels?.[OPTION.transmute] ?? labels?.[OPTION.root]) ?? SPECIAL.floor;
}

function option(text: string | undefined): string | undefined {
  return text === undefined ? undefined : parseLabel(bytesOf(text));
}
