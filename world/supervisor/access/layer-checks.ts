/**
 * What the kernel asks about the layers of overlayfs, with the rights of who mounted it: fs/overlayfs/{inode,file,dir,
 * copy_up,readdir,xattrs}.c, Linux 6.12. Each is asked beside what is asked of the caller about the file that is shown.
 *
 * A file that is changed is copied to the upper layer first, where it has the label that it is shown with
 * (security_inode_copy_up). Not asked: what lookups ask of the directories of layers, and what making, moving and removing
 * names there asks, beside the directory that the caller may write.
 */
import {
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_PATH,
  O_RDONLY,
  O_TRUNC,
  opensForReading,
  opensForWriting,
} from '../../../linux/fcntl.ts';
import { MAY_APPEND, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { ATTR } from '../../../lsm/framework/access/file-access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeClass } from '../../../lsm/framework/files/inode.ts';
import type { FileLayer } from '../../../lsm/framework/files/layers.ts';

const SPECIAL: ReadonlySet<InodeClass> = new Set(['chr_file', 'blk_file', 'fifo_file', 'sock_file']);
/** Flags that the file in the layer is not opened with. */
const NOT_BELOW = O_CREAT | O_EXCL | O_TRUNC;

interface LayeredFile extends FileFacts {
  readonly layer: FileLayer;
}

/** The checks with those of the layers, in the kernel's order. */
export function withLayers(checks: readonly AccessCheck[]): readonly AccessCheck[] {
  return checks.some(isLayered) ? checks.flatMap(expanded) : checks;
}

function isLayered({ about }: AccessCheck): boolean {
  return 'file' in about && layered(about.file) !== undefined;
}

function layered(file: unknown): LayeredFile | undefined {
  return typeof file === 'object' && file !== null && 'layer' in file ? (file as LayeredFile) : undefined;
}

function expanded(check: AccessCheck): readonly AccessCheck[] {
  const { hook, about } = check;
  const file = 'file' in about ? layered(about.file) : undefined;
  if (file === undefined) return [check];
  const by = { device: file.layer.mount, capabilities: file.layer.capabilities };
  const below = belowOf(check, file).map((one) => ({ ...one, by }) as AccessCheck);
  // ovl_permission() comes first, what the calls do after the caller was asked.
  return hook === 'inodePermission' ? [...below.map((one) => like(check, one)), check] : [check, ...below];
}

/** A refusal counts as that of the caller does. */
function like({ refusal, otherwise, follows }: AccessCheck, one: AccessCheck): AccessCheck {
  return { ...one, ...(refusal && { refusal }), ...(otherwise && { otherwise }), ...(follows && { follows }) };
}

function belowOf(check: AccessCheck, file: LayeredFile): AccessCheck[] {
  const real = inLayer(file);
  switch (check.hook) {
    case 'inodePermission':
      return permission(file, real, check.about.mask);
    case 'inodeGetattr':
      return [{ hook: 'inodeGetattr', about: { file: real } }];
    case 'inodeReadlink':
    case 'inodeFollowLink':
      return [{ hook: 'inodeReadlink', about: { file: real } }];
    case 'inodeListxattr':
    case 'inodeGetxattr':
      return [{ hook: check.hook, about: { file: real } }];
    case 'inodeSetattr':
      return set(file, check.about.attributes);
    case 'xattrChange':
      return changed(file, (upper) => [{ hook: 'xattrChange', about: { ...check.about, file: upper } }]);
    case 'inodeLink':
      return changed(file, () => []);
    case 'fileOpen':
      return opened(file, check.about.flags);
    default:
      return [];
  }
}

/** ovl_permission(): what is not copied yet is not written, but read to be copied. */
function permission({ layer: { copied }, inode }: LayeredFile, file: FileFacts, mask: number): AccessCheck[] {
  const written = mask & (MAY_WRITE | MAY_APPEND);
  const isLower = copied === false && !SPECIAL.has(inode.class) && (mask & MAY_WRITE) !== 0;
  // Where it is not known whether it will be read or written neither is asked about.
  const asked = isLower ? (mask & ~written) | MAY_READ : copied === undefined ? mask & ~written : mask;
  return [{ hook: 'inodePermission', about: { file, mask: asked } }];
}

/** ovl_setattr(): who truncates an open file has opened it for writing, so it is copied. */
function set(file: LayeredFile, attributes: number): AccessCheck[] {
  const isOpen = (attributes & (ATTR.SIZE | ATTR.FILE)) === (ATTR.SIZE | ATTR.FILE);
  const then = (upper: FileFacts): AccessCheck[] => [
    { hook: 'inodeSetattr', about: { file: upper, attributes: attributes & ~ATTR.FILE } },
  ];
  return isOpen && file.layer.copied === false ? then(asCopied(file)) : changed(file, then);
}

/** ovl_open(), ovl_dir_open(); a device, pipe or socket is opened as such. */
function opened(file: LayeredFile, flags: number): AccessCheck[] {
  const { class: objectClass } = file.inode;
  if ((flags & O_PATH) !== 0) return [];
  if (objectClass === 'dir') return openedIn(inLayer(file), O_RDONLY);
  if (objectClass !== 'file') return [];
  const writes = opensForWriting(flags) || (flags & O_TRUNC) !== 0;
  if (!writes) return openedIn(inLayer(file), flags & ~NOT_BELOW);
  return changed(file, (upper) => openedIn(upper, flags & ~NOT_BELOW), (flags & O_TRUNC) !== 0);
}

function openedIn(file: FileFacts, flags: number): AccessCheck[] {
  const mask = (opensForReading(flags) ? MAY_READ : 0) | (opensForWriting(flags) ? MAY_WRITE : 0);
  return [
    { hook: 'inodePermission', about: { file, mask: mask | ((flags & O_APPEND) === 0 ? 0 : MAY_APPEND) } },
    { hook: 'fileOpen', about: { file, flags } },
  ];
}

/** ovl_copy_up_flags(), and what is done to the file then. Nothing where it is not known whether it is copied. */
function changed(file: LayeredFile, then: (upper: FileFacts) => AccessCheck[], truncates = false): AccessCheck[] {
  const { copied } = file.layer;
  const real = inLayer(file);
  if (copied === undefined) return [];
  if (copied) return then(real);
  const reads = file.inode.class === 'file' && !truncates ? openedIn(real, O_RDONLY) : [];
  return [{ hook: 'inodeGetattr', about: { file: real } }, ...reads, ...then(asCopied(file))];
}

/**
 * The file in its layer. One of the upper layer has the label that it is shown with, by the options of the mount; of one
 * below the label counts that is stored.
 */
function inLayer({ layer, ...file }: LayeredFile): FileFacts {
  return layer.copied === true ? below(file, layer) : { ...below(file, layer), device: layer.device };
}

/** The same once it is copied. */
function asCopied({ layer, ...file }: LayeredFile): FileFacts {
  return below(file, layer);
}

function below(file: Omit<LayeredFile, 'layer'>, { filesystem }: FileLayer): FileFacts {
  const { inode, path: shownAt } = file;
  const { entry = inode.path } = inode;
  return {
    ...file,
    path: entry,
    shownAt,
    disconnected: true,
    inode: { ...inode, filesystem, path: entry === '/' ? '/layer' : entry, entry },
  };
}
