/**
 * Descriptors of a caller as the modules are asked about them: flags, and which open file it is, for the notes of who
 * opened it (lsm/framework/files/open-files.ts).
 */
import { type DescriptorInfo, descriptorInfo } from '../../../host/procfs/open-descriptors.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import type { OpenDescriptor } from '../../../lsm/framework/files/open-descriptor.ts';
import { anonymousKind } from '../caller/anonymous-inode.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { WorkerContext } from '../context.ts';
import { withCopied } from './copied-descriptors.ts';
import { deciding } from './deciding.ts';

/** What is looked at of a table of descriptors; few programs have more, and those are counted. */
const MOST = 1024;
/** Of most of them fdinfo can wait for who uses it (ep_show_fdinfo()), and no module is asked about it. */
const UNASKED = 'anon_inode:';
const PIPE = /^pipe:\[(\d+)\]$/;
/** Of memfd_create(2); a file of somebody's own root directory may be called so, too. */
const MEMORY = /^\/memfd:/;

/** `undefined`: there is no such descriptor. */
export function infoOf(view: CallerView, holder: Tid, descriptor: CallerFd): DescriptorInfo | undefined {
  return descriptorInfo(view.readFile(AT_FDCWD, `/proc/${holder}/fdinfo/${descriptor}`));
}

/** Descriptors of the caller, with what they are, as far as modules are asked about them. */
export function descriptorsOf(context: WorkerContext): readonly (Omit<DescriptorInfo, 'ino'> & OpenDescriptor)[] {
  const { call, mediator, view } = context;
  const all = view.descriptors(call.tid);
  if (all.length > MOST) mediator?.unseen();
  return all.slice(0, MOST).flatMap((descriptor) => {
    const link = view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/fd/${descriptor}`);
    if (link === undefined) return [];
    const isAnonymous = anonymousKind(link) !== undefined;
    const info = isAnonymous || !link.startsWith(UNASKED) ? infoOf(view, call.tid, descriptor) : undefined;
    if (info === undefined) return [];
    const isOfMaker = isAnonymous || (MEMORY.test(link) && isKernels(view, call.tid, descriptor));
    const nameless = isOfMaker ? info.ino : Number(PIPE.exec(link)?.[1]);
    const { flags, identity, locked } = info;
    return [withCopied(context, { descriptor, flags, locked, identity, ...(nameless > 0 && { nameless }) })];
  });
}

/** Is it on a filesystem that the kernel mounts for itself? */
function isKernels(view: CallerView, holder: Tid, descriptor: CallerFd): boolean {
  const fd = view.openDescriptor(holder, descriptor);
  if (fd < 0) return false;
  const device = view.deviceOf(fd);
  view.close(fd);
  return device !== undefined && view.hazards.isKernels(device);
}

/** To be called before the caller's label may change: from then on others have opened what it has open. */
export function noteDescriptors(context: WorkerContext): void {
  if (deciding(context) === undefined) return;
  const open = descriptorsOf(context).map(({ flags: _flags, locked: _locked, ...open }) => open);
  if (open.length > 0) context.ask({ kind: 'note-descriptors', tid: context.call.tid, open });
}
