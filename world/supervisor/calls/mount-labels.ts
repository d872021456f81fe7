/**
 * Label options of mounts of the host's filesystem types, which security modules consume before the filesystem sees them (containers use
 * them): from the data of mount(2), and from fsconfig(2).
 *
 * Model: the modules are asked about each option as it is given, and about all of them when a superblock is made or
 * remounted; the host's kernel gets the call without them. They are recorded when the superblock exists (new-mounts.ts).
 */

import { bytesOf } from '../../../linux/bytes.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_NOFOLLOW } from '../../../linux/fcntl.ts';
import { type CallerFd, type Tgid, tgidOf } from '../../../linux/ids.ts';
import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_CMD_CREATE_EXCL,
  FSCONFIG_CMD_RECONFIGURE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSPICK_EMPTY_PATH,
  FSPICK_SYMLINK_NOFOLLOW,
} from '../../../linux/mount.ts';
import type { MountLabels } from '../../../lsm/framework/files/inode.ts';
import { refuse } from '../access/calls.ts';
import type { InspectedFile } from '../caller/file-inspector.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { HostFsContext } from '../pending/host-fs-contexts.ts';
import { hasRoot } from '../pending/new-mounts.ts';
import type { NewSuperblock } from '../protocol/questions/may-mount.ts';
import { goesOn, kindOf } from './mediated-mounts.ts';
import { layerOptionsIn, noteMounter, withLayer } from './mount-layers.ts';
import { isRemount } from './mount-options.ts';

const NAME_LIMIT = 64;
const FS_CONTEXT = 'anon_inode:[fscontext]';
const IS_LAYER = /^(?:lowerdir\+?|upperdir)$/;
const { EIO, EFAULT, EINVAL } = ERRNO;

/** mount(source, target, type, flags, data) of a filesystem that is not ours, new or mounted again. */
export function takeLabels(context: WorkerContext): void {
  const { call, memory } = context;
  if (!context.labelOptions.exist || !goesOn(context)) return; // EPERM
  const data = call.isNull(4) ? '' : memory.readString(call.tid, call.low(4), call.high(4));
  const path = memory.readString(call.tid, call.low(1), call.high(1));
  if (typeof data !== 'string' || typeof path !== 'string') return;
  const labels = optionsTaken(context, context.labelOptions.in(data));
  if (labels === undefined) return;
  if (isRemount(call.low(3))) {
    if (Object.keys(labels).length > 0 && !mayRemount(context, path, labels)) return;
  } else {
    const type = call.isNull(2) ? '' : memory.readString(call.tid, call.low(2), call.high(2), NAME_LIMIT);
    const kept = typeof type === 'string' ? mayMount(context, type, labels, superblockName(context, type)) : undefined;
    if (typeof type !== 'string' || kept === undefined) return;
    const layers = noteMounter(context, type, layerOptionsIn(data));
    if (Object.keys(kept.labels).length > 0 || hasRoot(kept) || layers !== undefined)
      context.newMounts.expectMount(call.tid, { type, ...kept, layers });
  }
  const rest = context.labelOptions.without(data);
  if (rest === undefined) return;
  const [original, bytes] = [bytesOf(`${data}\0`), bytesOf(`${rest}\0`)];
  if (!context.changedData.change(call.tid, call.low(4), call.high(4), original, bytes)) call.fail(EFAULT);
}

/** The options, each accepted by the modules; `undefined` = one was refused, and the call has failed. */
function optionsTaken(
  context: WorkerContext,
  options: readonly (readonly [string, string])[],
): MountLabels | undefined {
  let labels: MountLabels = {};
  for (const [name, value] of options) {
    if (!isTaken(context, labels, name, value)) return undefined;
    labels = { ...labels, [name]: value };
  }
  return labels;
}

function isTaken(context: WorkerContext, before: MountLabels, name: string, value: string): boolean {
  return passes(context, context.ask({ kind: 'mount-option', tid: context.call.tid, before, name, value })?.errno);
}

/** `s_id` of what mount(2) mounts: the name of the device, or of the type. */
function superblockName({ call, memory }: WorkerContext, type: string): string {
  const source = call.isNull(0) ? '' : memory.readString(call.tid, call.low(0), call.high(0));
  return typeof source === 'string' && source.startsWith('/dev/') ? source.slice(source.lastIndexOf('/') + 1) : type;
}

/** What is kept of the options; `undefined` = they were refused, and the call has failed. @param id `s_id` of the superblock. */
function mayMount(context: WorkerContext, type: string, labels: MountLabels, id: string): NewSuperblock | undefined {
  context.newMounts.forgetClosed();
  const answer = context.ask({ kind: 'may-mount', tid: context.call.tid, type, labels });
  if (!passes(context, answer?.errno)) return undefined;
  if (isMade(context, type)) refuse(context, [{ hook: 'sbKernMount', about: { filesystem: { type, id, labels } } }]);
  return context.call.answered ? undefined : (answer?.value ?? { labels, root: {} });
}

/** Does the kernel make a superblock, as far as it can be told, and is that mediated? */
function isMade(context: WorkerContext, type: string): boolean {
  const isMediated = context.mediator?.families.has('mounts') === true;
  return isMediated && type !== '' && goesOn(context) && kindOf(context, type) !== undefined;
}

/** Of what is no mount point the kernel says EINVAL by itself. */
function mayRemount(context: WorkerContext, path: string, labels: MountLabels): boolean {
  const file = lookAt(context, AT_FDCWD, path, 0, (fd) => context.view.identity(fd)?.mountRoot === true);
  return file === undefined || remountPasses(context, file.device, file.inode.filesystem, labels);
}

function remountPasses(
  context: WorkerContext,
  device: string,
  filesystem: HostFsContext['filesystem'],
  labels: MountLabels,
): boolean {
  return passes(
    context,
    context.ask({ kind: 'may-remount', tid: context.call.tid, device, filesystem, labels })?.errno,
  );
}

/** @param errno of an answer; absent = there was none. */
function passes({ call }: WorkerContext, errno = EIO): boolean {
  if (errno !== 0) call.fail(errno);
  return errno === 0;
}

function lookAt(
  { call, files, view }: WorkerContext,
  dirfd: CallerFd,
  path: string,
  flags: number,
  isWanted: (fd: number) => boolean = () => true,
): InspectedFile | undefined {
  const fd = path === '' ? view.openDescriptor(call.tid, dirfd) : view.resolveForCaller(call.tid, dirfd, path, flags);
  if (fd < 0) return undefined;
  const file = isWanted(fd) ? files.look(fd, call.tid) : undefined;
  view.close(fd);
  return file;
}

function processOf({ call, view }: WorkerContext): Tgid {
  return view.status(call.tid)?.tgid ?? tgidOf(call.tid); // the caller has ended; the context is not used again
}

/** fsopen(type, flags) of a filesystem that is not ours. */
export function expectContext(context: WorkerContext): void {
  const { call, memory } = context;
  if (!context.labelOptions.exist) return;
  const type = memory.readString(call.tid, call.low(0), call.high(0), NAME_LIMIT);
  if (typeof type !== 'string') return;
  context.hostFsContexts.expect(call.tid, processOf(context), { filesystem: { type, id: type } });
}

/** fspick(dirfd, path, flags) */
export const fspick: Handler = (context) => {
  const { call, memory } = context;
  const path = memory.readString(call.tid, call.low(1), call.high(1));
  if (!context.labelOptions.exist || typeof path !== 'string') return;
  const flags = call.low(2);
  if (path === '' && (flags & FSPICK_EMPTY_PATH) === 0) return;
  const file = lookAt(context, call.fd(0), path, (flags & FSPICK_SYMLINK_NOFOLLOW) === 0 ? 0 : O_NOFOLLOW);
  if (file === undefined) return;
  const { device, inode } = file;
  context.hostFsContexts.expect(call.tid, processOf(context), { filesystem: inode.filesystem, device });
};

/** fsconfig(fd, command, key, value, aux) */
export const fsconfig: Handler = (context) => {
  const { call, view } = context;
  if (!context.labelOptions.exist) return;
  const command = call.low(1);
  if (command === FSCONFIG_SET_FLAG || command === FSCONFIG_SET_STRING) {
    if (view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/fd/${call.fd(0)}`) === FS_CONTEXT) setOption(context, command);
    return;
  }
  const made = command === FSCONFIG_CMD_CREATE || command === FSCONFIG_CMD_CREATE_EXCL;
  if (!made && command !== FSCONFIG_CMD_RECONFIGURE) return;
  const known = context.hostFsContexts.of(processOf(context), call.fd(0));
  if (made) {
    const { type = '' } = known?.filesystem ?? {};
    const kept = mayMount(context, type, known?.labels ?? {}, type);
    if (known !== undefined && kept !== undefined) {
      known.labels = kept.labels;
      known.root = kept.root;
      known.made = noteMounter(context, type, known.layers);
    }
  } else if (known?.device !== undefined && Object.keys(known.labels).length > 0) {
    remountPasses(context, known.device, known.filesystem, known.labels);
  }
};

function setOption(context: WorkerContext, command: number): void {
  const { call, labelOptions, memory } = context;
  const key = memory.readString(call.tid, call.low(2), call.high(2), NAME_LIMIT);
  if (typeof key === 'string') setLayer(context, key);
  if (typeof key !== 'string' || !(labelOptions.isFlag(key) || labelOptions.hasValue(key))) return;
  const withValue = command === FSCONFIG_SET_STRING;
  if (withValue === labelOptions.isFlag(key)) {
    call.fail(EINVAL);
    return;
  }
  if (labelOptions.isFlag(key)) {
    call.succeed(0);
    return;
  }
  const value = memory.readString(call.tid, call.low(3), call.high(3));
  if (typeof value === 'number') return;
  if (value === '') {
    call.fail(EINVAL);
    return;
  }
  const known = context.hostFsContexts.of(processOf(context), call.fd(0));
  if (!isTaken(context, known?.labels ?? {}, key, value)) return;
  if (known !== undefined) known.labels = { ...known.labels, [key]: value };
  call.succeed(0);
}

function setLayer(context: WorkerContext, key: string): void {
  const { call, memory } = context;
  if (!IS_LAYER.test(key)) return;
  const known = context.hostFsContexts.of(processOf(context), call.fd(0));
  const value = memory.readString(call.tid, call.low(3), call.high(3));
  if (known !== undefined && typeof value === 'string') known.layers = withLayer(known.layers, key, value);
}

/** fsmount(fd, flags, attributes) */
export const fsmount: Handler = (context) => {
  const { call, hostFsContexts, newMounts } = context;
  const known = hostFsContexts.of(processOf(context), call.fd(0));
  if (known === undefined) return;
  const { filesystem, labels, root, made: layers } = known;
  newMounts.expectDescriptor(call.tid, { type: filesystem.type, labels, root, layers });
};
