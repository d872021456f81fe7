/**
 * Files of the host that stand in for those in /proc/<pid>/attr which its kernel does not have: whoever decides about their attributes sees a
 * file of the same process, which is all that counts.
 */
import { NR } from '../sys/libc.ts';
import { rawSyscall } from '../sys/raw-syscall.ts';
import type { WorkerContext } from './context.ts';

const STATX_TYPE = 1;
const STATX_MODE = 28;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const ENOENT = 2;

/** @param path of the caller, which the host does not know. @returns a descriptor of ours or a negative errno. */
export function openStandIn(context: WorkerContext, dirfd: number, path: string): number {
  const { attrRoot, call, hostAttrNames, locator, view } = context;
  const target = locator.locate({ tid: call.tid, dirfd, path, resolve: 0 });
  if (target === undefined || hostAttrNames.has(target.rest[0] ?? '.')) return -ENOENT;
  const found = rawSyscall(NR.statx, attrRoot, view.path(target.path), 0, STATX_TYPE, view.resultAddress);
  if (found < 0) return found;
  const directory = (view.resultView.getUint16(STATX_MODE, true) & S_IFMT) === S_IFDIR;
  const components = path.split('/');
  // A path without `attr` starts in that directory.
  const attr = components.slice(0, components.lastIndexOf('attr') + 1);
  const standIn = [...attr, directory ? '.' : 'current'].join('/');
  return view.resolveForCaller(call.tid, dirfd, standIn, 0);
}
