/**
 * Names in /proc/<pid>/attr and /proc/sys that the emulated kernel has and the host's lacks, because it was built without the module.
 * Calls on them are answered here. Names that the host has are left to it: type, mode and owner are the same.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { S_IFDIR, S_IFMT, STATX_BASIC_STATS, STX } from '../../../linux/stat.ts';
import { nameOnBehalf } from '../../kernel-files/on-behalf.ts';
import type { WorkerContext } from '../context.ts';
import { standInRoot } from './stand-in.ts';

/** A name in a tree of ours; nothing needs to be there. */
export interface LackedName {
  readonly tree: 'attr' | 'sys';
  readonly root: number;
  readonly path: string;
}

/**
 * @param path the caller's. @param ofAll names below attr that the host has, too.
 * @returns `undefined` = it leads elsewhere, or the host has it.
 */
export function lackedName(
  context: WorkerContext,
  dirfd: CallerFd,
  path: string,
  ofAll = false,
): LackedName | undefined {
  const { attrRoot, call, hostAttrNames, locator } = context;
  const target = locator.locate({ tid: call.tid, dirfd, path, resolve: 0 });
  if (target === undefined) return addedSysctl(context, path, dirfd);
  const isHosts = hostAttrNames.has(target.rest[0] ?? '.');
  return isHosts && (!ofAll || target.rest.length === 0)
    ? undefined
    : { tree: 'attr', root: attrRoot, path: target.path };
}

function addedSysctl(context: WorkerContext, path: string, dirfd: CallerFd): LackedName | undefined {
  const { sysctlLocator, call } = context;
  const names = sysctlLocator.locate({ tid: call.tid, dirfd, path, resolve: 0 });
  const root = names && standInRoot(context);
  return names === undefined || root === undefined
    ? undefined
    : { tree: 'sys', root, path: nameOnBehalf(call.tid, { tree: 'sys', path: names }) };
}

/** @returns `st_mode`, or a negative errno. */
export function modeOf({ view }: WorkerContext, { root, path }: LackedName): number {
  const result = rawSyscall(NR.statx, root, view.path(path), 0, STATX_BASIC_STATS, view.resultAddress);
  return result < 0 ? result : view.resultView.getUint16(STX.MODE, true);
}

export const isDirectory = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;

/** May the caller have this access (MAY_*)? The files are root's throughout; group and others have the same bits. */
export function grants({ call, view }: WorkerContext, mode: number, mask: number): boolean {
  const executable = isDirectory(mode) ? 1 : 0;
  const granted = view.status(call.tid)?.fsuid === 0 ? 6 | executable : mode & 7;
  return (mask & 7 & ~granted) === 0;
}
