/**
 * What mounting asks the modules: path_mount(), ksys_umount(), do_move_mount() and pivot_root(2) of fs/namespace.c, Linux
 * 6.12. mount(2) asks them before it asks for the capability, the others after that.
 */
import { readFileSync } from 'node:fs';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../../../linux/fcntl.ts';
import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_CMD_CREATE_EXCL,
  FSCONFIG_CMD_RECONFIGURE,
  FSOPEN_CLOEXEC,
  FSPICK_SYMLINK_NOFOLLOW,
  MNT_DETACH,
  MNT_EXPIRE,
  MNT_FORCE,
  MOVE_MOUNT__MASK,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_F_SYMLINKS,
  MOVE_MOUNT_T_EMPTY_PATH,
  MOVE_MOUNT_T_SYMLINKS,
  MS_BIND,
  MS_MGC_MSK,
  MS_MGC_VAL,
  MS_MOVE,
  MS_NOUSER,
  MS_PRIVATE,
  MS_REMOUNT,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
  OPEN_TREE_CLONE,
  UMOUNT_NOFOLLOW,
} from '../../../linux/mount.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { MountCall } from '../../../lsm/framework/access/mount-access.ts';
import { capabilityCheck, capabilityThere, onPath, refuse } from '../access/calls.ts';
import { isDetached, lookAlong, type Place, placeAt, placeOf } from '../access/mount-places.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const PROPAGATION = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
const UMOUNT_FLAGS = MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW;
/** Their names may go on after a dot (FS_HAS_SUBTYPE). */
const SUBTYPED = /^(fuse|fuseblk)\./;
/** Their options are no text (FS_BINARY_MOUNTDATA). */
const BINARY_OPTIONS: ReadonlySet<string> = new Set(['nfs', 'nfs4', 'afs', 'coda', 'ncpfs', 'btrfs']);

const FS_CONTEXT = 'anon_inode:[fscontext]';
/** Of fsconfig(2). */
const FS_COMMANDS: ReadonlySet<number> = new Set([
  FSCONFIG_CMD_CREATE,
  FSCONFIG_CMD_CREATE_EXCL,
  FSCONFIG_CMD_RECONFIGURE,
]);

/** Mounts change where names lead: cached answers become invalid. */
function isMediated({ call, mediator }: WorkerContext): boolean {
  mediator?.known.namesChange(call.tid);
  return mediator?.families.has('mounts') === true;
}

/** may_mount(): what it asks. */
const mayMount = (context: WorkerContext): AccessCheck[] => capabilityThere(context, CAP.SYS_ADMIN);

/** May it go on after that? */
export const goesOn = ({ call, view }: WorkerContext): boolean =>
  hasCapability(view.status(call.tid)?.effectiveCapabilities ?? 0n, CAP.SYS_ADMIN);

/** (source, target, type, flags, data) */
const mount: Handler = (context) => {
  if (!isMediated(context)) return;
  const { call } = context;
  const given = call.low(3);
  const flags = (given & MS_MGC_MSK) === (MS_MGC_VAL | 0) ? given & ~MS_MGC_MSK : given;
  if ((flags & MS_NOUSER) !== 0) return; // EINVAL
  const at = placeAt(context, 1, AT_FDCWD, true);
  if (at === undefined) return;
  const about =
    (flags & (MS_REMOUNT | MS_BIND | MS_MOVE | PROPAGATION)) === 0 ? fresh(context) : changed(context, flags);
  if (about === undefined) return;
  refuse(context, [
    ...at.way,
    { hook: 'sbMount', about: { at: at.file, flags, ...about.facts } },
    ...mayMount(context),
    ...(goesOn(context) ? about.way : []),
  ]);
};

interface Mounted {
  readonly facts: Omit<MountCall, 'at' | 'flags'>;
  /** To the source. */
  readonly way: readonly AccessCheck[];
}

/** `undefined` = the kernel refuses by itself. */
function changed(context: WorkerContext, flags: number): Mounted | undefined {
  const from = (flags & MS_REMOUNT) === 0 && ((flags & MS_BIND) !== 0 || (flags & (PROPAGATION | MS_MOVE)) === MS_MOVE);
  if (!from) return { facts: options(context), way: [] };
  return sourceAt(context, 0);
}

/** @param path number of the argument, or the path itself. */
function sourceAt(context: WorkerContext, path: number | string): Mounted | undefined {
  const source = lookAlong(context, path, AT_FDCWD, true);
  if (source === undefined) return undefined;
  const { file, way } = source;
  return { facts: file === undefined ? { fails: 'ENOENT' } : { source: file }, way };
}

/** A new mount: aa_new_mount() looks at the type first, and at the device if it needs one. */
function fresh(context: WorkerContext): Mounted | undefined {
  const { call, memory } = context;
  const text = (argument: number): string | number | undefined =>
    call.isNull(argument) ? undefined : memory.readString(call.tid, call.low(argument), call.high(argument));
  const [source, type] = [text(0), text(2)];
  if (typeof source === 'number' || typeof type === 'number') return undefined; // EFAULT, EINVAL
  const known = type === undefined ? 'nodev' : kindOf(context, type);
  const facts = { ...(type !== undefined && { type }), ...(BINARY_OPTIONS.has(type ?? '') ? {} : options(context)) };
  if (known === undefined) return { facts: { ...facts, fails: 'ENODEV' }, way: [] };
  if (known === 'nodev') return { facts: { ...facts, ...(source !== undefined && { source }) }, way: [] };
  const device = source === undefined ? undefined : sourceAt(context, source);
  return device && { facts: { ...facts, ...device.facts }, way: device.way };
}

function options({ call, memory }: WorkerContext): { readonly data?: string } {
  const data = call.isNull(4) ? undefined : memory.readString(call.tid, call.low(4), call.high(4));
  return typeof data === 'string' ? { data } : {};
}

/** Does the kernel have the type, and does it need a device? A module that may be loaded for it is, as the kernel would. */
export function kindOf(context: WorkerContext, type: string): 'nodev' | 'device' | undefined {
  if (context.types.has(type)) return 'nodev';
  const listed = listedKind(type);
  if (listed !== undefined || capabilityCheck(context, CAP.SYS_ADMIN).length === 0) return listed;
  const { view } = context;
  const made = rawSyscall(NR.fsopen, view.path(type), FSOPEN_CLOEXEC);
  if (made < 0) return undefined;
  view.close(made);
  return listedKind(type);
}

function listedKind(name: string): 'nodev' | 'device' | undefined {
  const type = SUBTYPED.exec(name)?.[1] ?? name;
  const line = readFileSync('/proc/filesystems', 'latin1')
    .split('\n')
    .find((text) => text.split('\t')[1] === type);
  return line === undefined ? undefined : line.startsWith('nodev') ? 'nodev' : 'device';
}

/** (target, flags) */
const umount2: Handler = (context) => {
  if (!isMediated(context)) return;
  const flags = context.call.low(1);
  if ((flags & ~UMOUNT_FLAGS) !== 0) return; // EINVAL
  const at = placeAt(context, 0, AT_FDCWD, (flags & UMOUNT_NOFOLLOW) === 0);
  if (at === undefined) return;
  const needed = mayMount(context);
  const mounted = goesOn(context) && at.isRoot;
  refuse(context, [
    ...at.way,
    ...needed,
    ...(mounted ? [{ hook: 'sbUmount', about: { root: at.file } } as const] : []),
  ]);
};

const UNATTACHED = { attached: false, way: [] } as const;

/** (from_dfd, from_path, to_dfd, to_path, flags) */
const move_mount: Handler = (context) => {
  if (!isMediated(context)) return;
  const { call, memory } = context;
  const flags = call.low(4);
  const isEmpty = (path: number, allowed: number): boolean => {
    // Linux takes no path for an empty one since 6.15.
    const text = call.isNull(path) ? '' : memory.readString(call.tid, call.low(path), call.high(path));
    return text === '' && (flags & allowed) !== 0;
  };
  const place = (path: number, empty: number, links: number): Place | undefined =>
    isEmpty(path, empty)
      ? placeOf(context, call.fd(path - 1))
      : placeAt(context, path, call.fd(path - 1), (flags & links) !== 0);
  if (!goesOn(context)) return;
  const needed = mayMount(context);
  if ((flags & ~MOVE_MOUNT__MASK) !== 0) {
    refuse(context, needed);
    return;
  }
  // One that is attached nowhere has no name, and need not be looked at: its filesystem may be in no list of mounts.
  const isNew = isEmpty(1, MOVE_MOUNT_F_EMPTY_PATH) && isDetached(context, call.fd(0));
  const from = isNew ? UNATTACHED : place(1, MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_F_SYMLINKS);
  const to = place(3, MOVE_MOUNT_T_EMPTY_PATH, MOVE_MOUNT_T_SYMLINKS);
  if (from === undefined || to === undefined) {
    refuse(context, needed);
    return;
  }
  const about = { to: to.file, ...(from.attached && { from: from.file }) };
  refuse(context, [...needed, ...from.way, ...to.way, { hook: 'moveMount', about }]);
};

/** (new_root, put_old) */
const pivot_root: Handler = (context) => {
  if (!isMediated(context)) return;
  const needed = mayMount(context);
  const [newRoot, putOld] = [0, 1].map((path) => placeAt(context, path, AT_FDCWD, true));
  const isDirectory = (place: Place | undefined): place is Place => place?.file.inode.class === 'dir';
  const both = isDirectory(newRoot) && isDirectory(putOld);
  refuse(context, [
    ...needed,
    ...(both && goesOn(context)
      ? [
          ...newRoot.way,
          ...putOld.way,
          { hook: 'sbPivotroot', about: { newRoot: newRoot.file, putOld: putOld.file } } as const,
        ]
      : []),
  ]);
};

/** fsopen(2), fsmount(2): the capability alone. */
const mounting: Handler = (context) => {
  if (isMediated(context)) refuse(context, mayMount(context));
};

/** (dfd, path, flags, ...): the capability, where it is needed, and then the way to what is named. */
const naming =
  (unfollowed: number, isPrivileged: (context: WorkerContext) => boolean): Handler =>
  (context) => {
    const { call, mediator } = context;
    if (isPrivileged(context)) {
      mounting(context);
      if (!goesOn(context)) return; // EPERM
    }
    if (call.answered || mediator?.families.has('files') !== true) return;
    onPath(context, { dirfd: call.fd(0), path: 1, follow: (call.low(2) & unfollowed) === 0 }, () => []);
  };

const anyhow = (): boolean => true;
const clones = ({ call }: WorkerContext): boolean => (call.low(2) & OPEN_TREE_CLONE) !== 0;
const fspick = naming(FSPICK_SYMLINK_NOFOLLOW, anyhow);
const mount_setattr = naming(AT_SYMLINK_NOFOLLOW, anyhow);
const open_tree = naming(AT_SYMLINK_NOFOLLOW, clones);
/** (dfd, path, flags, attributes, size) */
const open_tree_attr = naming(AT_SYMLINK_NOFOLLOW, (context) => clones(context) || !context.call.isNull(4));

/** (context, command, ...): to make the filesystem, or to change it. */
const fsconfig: Handler = (context) => {
  const { call, emulatedFsContexts, view } = context;
  if (!isMediated(context) || !FS_COMMANDS.has(call.low(1))) return;
  const link = view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/fd/${call.fd(0)}`);
  const isContext = link === FS_CONTEXT || emulatedFsContexts.of(call.tid, call.fd(0)) !== undefined;
  if (isContext) refuse(context, mayMount(context));
};

const named = { fspick, mount_setattr, open_tree, open_tree_attr };
const placing = { mount, umount2, move_mount, pivot_root, ...named };

export const calls: readonly SupervisedCall[] = [
  ...always('mediate-files', placing),
  ...always('mediate-mounts', { ...placing, fsopen: mounting, fsmount: mounting }),
  ...[...FS_COMMANDS].map(
    (command): SupervisedCall => ({
      name: 'fsconfig',
      when: 'mediate-mounts',
      rule: [{ argument: 1, is: command }],
      handle: fsconfig,
    }),
  ),
];
