/**
 * Cache of checks of files that were allowed without an audit record, to all callers with the same subject.
 *
 * Model: what a check depends on beside the subject is told by the modules (access-scope.ts). Files that these cannot tell
 * apart have the same key, so that a program which makes a thousand files in a directory is asked about once.
 */
import type { AccessCheck, AccessHook } from '../../../lsm/framework/access/access.ts';
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { KNOWN_BY_PATH, type NewInode } from '../../../lsm/framework/files/inode.ts';
import { descriptorKey, type OpenDescriptor } from '../../../lsm/framework/files/open-descriptor.ts';
import type { Subject } from './subjects.ts';

const REMEMBERED = 16_384;

/** Hooks whose arguments are files, names, numbers and flags alone. */
const OF_FILES: ReadonlySet<AccessHook> = new Set<AccessHook>([
  'capable',
  'fileFcntl',
  'fileIoctl',
  'fileLock',
  'fileMprotect',
  'fileOpen',
  'filePermission',
  'inodeCreate',
  'inodeFollowLink',
  'inodeGetattr',
  'inodeGetxattr',
  'inodeLink',
  'inodeListxattr',
  'inodeMkdir',
  'inodeMknod',
  'inodePermission',
  'inodeReadlink',
  'inodeRename',
  'inodeRmdir',
  'inodeSetattr',
  'inodeSymlink',
  'inodeUnlink',
  'mmapFile',
  'pathChmod',
  'pathChown',
  'pathLink',
  'pathMkdir',
  'pathMknod',
  'pathNotify',
  'pathRename',
  'pathRmdir',
  'pathSymlink',
  'pathTruncate',
  'pathUnlink',
  'sbStatfs',
  'taskAlloc',
  'xattrChange',
]);

/** About an open file, whose flags do not count for modules that judge by labels. */
const ANY_FLAGS: ReadonlySet<AccessHook> = new Set<AccessHook>(['fileIoctl', 'mmapFile']);

export class Grants {
  #epoch = -1;
  #size = 0;
  /** By subject number. */
  readonly #known = new Map<number, Set<string>>();

  has({ number, epoch }: Subject, key: string): boolean {
    return epoch === this.#epoch && this.#known.get(number)?.has(key) === true;
  }

  add({ number, epoch }: Subject, keys: Iterable<string>): void {
    if (epoch !== this.#epoch || this.#size >= REMEMBERED) {
      this.#known.clear();
      this.#epoch = epoch;
      this.#size = 0;
    }
    const own = this.#known.get(number) ?? new Set();
    this.#known.set(number, own);
    this.#size -= own.size;
    for (const key of keys) own.add(key);
    this.#size += own.size;
  }
}

/** Is it about files, memory and the task itself, and nothing else? */
export const isOfFiles = ({ hook }: AccessCheck): boolean => OF_FILES.has(hook);

/** What tells the decisions about a subject apart. */
type Told = Pick<Subject, 'noted' | 'kept'> & { readonly scope: LabelScope };

/** Equal keys, equal decisions. `undefined` = it may not be cached. */
export function keyOf({ hook, about, refusal, otherwise }: AccessCheck, told: Told): string | undefined {
  if (!OF_FILES.has(hook) || otherwise !== undefined) return undefined;
  let key = `${hook} ${refusal}`;
  for (const [name, value] of Object.entries(about) as [string, unknown][]) {
    if (name === 'flags' && ANY_FLAGS.has(hook)) continue;
    if (name === 'descriptor') {
      // What the subject itself has opened; who opened the others is not known here.
      if (told.noted.includes(descriptorKey(value as OpenDescriptor))) return undefined;
      continue;
    }
    const part = keyOfArgument(name, value, told);
    if (part === undefined) return undefined;
    key += `\0${name}=${part}`;
  }
  return key;
}

function keyOfArgument(name: string, value: unknown, told: Told): string | undefined {
  const { scope } = told;
  if (typeof value === 'string') return name === 'name' || name === 'newName' ? keyOfName(value, scope) : value;
  if (typeof value !== 'object' || value === null) return String(value);
  if ('inode' in value) return keyOfFile(value as FileFacts, told);
  if (name === 'made') {
    const made = value as NewInode;
    return `${made.class} ${made.byKernel} ${keyOfName(made.name, scope)}`;
  }
  // A file that is about to be made, which its directory and name tell.
  return name === 'file' ? '' : JSON.stringify(value);
}

const keyOfName = (name: string, { named }: LabelScope): string => (named.includes(name) ? name : '');

function keyOfFile({ inode, device, path }: FileFacts, { scope, kept }: Told): string | undefined {
  const { attributes, uniform } = scope;
  const { class: objectClass, filesystem, xattrs, entry = '' } = inode;
  // The label of a process can change.
  if (inode.process !== undefined || inode.socket !== undefined) return undefined;
  const root = inode.path === '/';
  let key = `${objectClass} ${device} ${filesystem.type} ${root}`;
  // It may have attributes that are not seen here, until the epoch moves.
  if (kept.includes(device)) key += ` ${inode.ino}`;
  for (const name of attributes) if (xattrs[name] !== undefined) key += `\x01${name}=${xattrs[name]}`;
  const byLabel = attributes.every((name) => xattrs[name] !== undefined) && !KNOWN_BY_PATH.has(filesystem.type);
  return byLabel || uniform === 'all' || uniform.includes(filesystem.type)
    ? key
    : `${key}\x01${path}\x01${inode.path}\x01${entry}`;
}
