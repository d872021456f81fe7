/**
 * Opens of files of the host in whose place the emulated kernel has something of its own: its log (/dev/kmsg, /proc/kmsg).
 *
 * The file that the caller means is found first, in its mounts and below its root; what it is decides, not its name. stat(2) shows the host's.
 * Descriptors that are for looking only (O_PATH) stay the host's too.
 */
import { PROC_SUPER_MAGIC } from '../../../vfs/filesystem.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../caller-view.ts';
import type { WorkerContext } from '../context.ts';

const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_TRUNC = 0o1000;
const KMSG_MAJOR = 1;
const KMSG_MINOR = 11;

export interface OpenArgument {
  readonly dirfd: number;
  readonly path: string;
  readonly flags: number;
  /** RESOLVE_* of openat2(2). */
  readonly resolve: number;
}

/** Lets what is not ours proceed. */
export function openStandIn(context: WorkerContext, argument: OpenArgument): void {
  const { view, call } = context;
  const { dirfd, path, flags, resolve } = argument;
  if ((flags & (O_PATH | O_DIRECTORY)) !== 0 || (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL)) return;
  if (!/(?:^|\/)kmsg$/.test(path)) return;
  const real = view.resolveForCaller(call.tid, dirfd, path, flags & O_NOFOLLOW, undefined, resolve);
  if (real < 0) return;
  try {
    const kind = kindOf(context, real);
    if (kind !== undefined) handOut(context, real, kind, flags);
  } finally {
    view.close(real);
  }
}

function kindOf({ view }: WorkerContext, fd: number): string | undefined {
  const device = view.characterDevice(fd);
  if (device?.major === KMSG_MAJOR && device.minor === KMSG_MINOR) return 'kmsg';
  if (view.filesystemMagic(fd) !== PROC_SUPER_MAGIC) return undefined;
  return view.readlinkAt(AT_FDCWD, `/proc/self/fd/${fd}`)?.endsWith('/kmsg') ? 'proc-kmsg' : undefined;
}

function handOut(context: WorkerContext, real: number, kind: string, flags: number): void {
  const { view, call } = context;
  context.standIns ??= context.ask({ kind: 'stand-ins' })?.value;
  if (context.standIns === undefined) return;
  const fd = view.openAt(context.standIns, `${call.tid},${real},${kind}`, flags & ~(O_CREAT | O_TRUNC));
  if (fd < 0) {
    call.fail(-fd);
    return;
  }
  const handed = call.handOut(fd, (flags & O_CLOEXEC) !== 0);
  view.close(fd);
  if (handed < 0) call.fail(-handed);
}
