/**
 * Labels of the files that a kernel makes in a new control group: selinux_kernfs_init_security(), Linux 6.12.
 *
 * Where the directory above has a label of its own, which it was given, the new directory gets one, and its files get theirs as if
 * its maker made them there. Their names, which no policy we know goes by, are not told to the modules.
 */
import { O_NOFOLLOW, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { NewInode, SecurityXattr } from '../../../lsm/framework/files/inode.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import { storeLabel } from '../labels/label-store.ts';
import type { Ask } from '../protocol/questions/index.ts';

const TYPES: ReadonlySet<string> = new Set(['cgroup', 'cgroup2']);

/** @param above the directory in which one is made. @param xattrs what that is to get. @returns what its files are to get. */
export function contentLabels(
  ask: Ask,
  tid: Tid,
  above: FileFacts,
  made: Pick<NewInode, 'class' | 'name'>,
  xattrs: readonly SecurityXattr[],
): readonly SecurityXattr[] {
  if (made.class !== 'dir' || xattrs.length === 0 || !TYPES.has(above.inode.filesystem.type)) return [];
  const own = Object.fromEntries(xattrs.map(({ name, value }) => [name, Buffer.from(value).toString('latin1')]));
  const inode = { ...above.inode, path: `${above.inode.path.replace(/\/$/, '')}/${made.name}`, xattrs: own };
  const path = `${above.path.replace(/\/$/, '')}/${made.name}`;
  const { device, mode } = above;
  return ask({ kind: 'new-label', tid, inode, path, device, mode, class: 'file', name: '' })?.value?.xattrs ?? [];
}

export interface ContentHost {
  readonly view: Pick<CallerView, 'close' | 'deviceOf' | 'names' | 'openAt2'>;
  readonly files: Parameters<typeof storeLabel>[0] & Pick<FileInspector, 'look'>;
  readonly ask: Ask;
}

/** @param directory the new one. @param device its filesystem, which cannot block us. */
export function labelContent(
  { view, files, ask }: ContentHost,
  directory: number,
  device: string,
  tid: Tid,
  xattrs: readonly SecurityXattr[],
): void {
  if (xattrs.length === 0) return;
  for (const entry of view.names(directory)) {
    const fd = view.openAt2(directory, entry, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    if (fd < 0) continue;
    const file = view.deviceOf(fd) === device ? files.look(fd, tid, { answers: true }) : undefined;
    if (file?.inode.class === 'file')
      for (const { name, value } of xattrs) storeLabel(files, ask, fd, file, name, value, 0);
    view.close(fd);
  }
}
