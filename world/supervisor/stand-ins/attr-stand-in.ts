/**
 * Files of the host that are used in place of those in /proc/<pid>/attr and /proc/sys that its kernel lacks, when the
 * modules decide about their extended attributes: a file of the same process, or a sysctl, has the same label.
 */
import { ERRNO } from '../../../linux/errno.ts';
import { O_PATH } from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { nameOnBehalf } from '../../kernel-files/on-behalf.ts';
import type { WorkerContext } from '../context.ts';
import { isDirectory, modeOf } from './lacked-names.ts';
import { standInRoot } from './stand-in.ts';

const { ENOENT } = ERRNO;
const SYSCTL_DIRECTORY = '/proc/sys/kernel';
const SYSCTL_FILE = '/proc/sys/kernel/ostype';

/** @param path the caller's; the host has no such file. @returns a descriptor of ours or a negative errno. */
export function openAttrStandIn(context: WorkerContext, dirfd: CallerFd, path: string): number {
  const { sysctlLocator, attrRoot, call, hostAttrNames, locator, view } = context;
  const argument = { tid: call.tid, dirfd, path, resolve: 0 };
  const names = sysctlLocator.locate(argument);
  if (names !== undefined) {
    const root = standInRoot(context) ?? -1;
    const mode = modeOf(context, { tree: 'sys', root, path: nameOnBehalf(call.tid, { tree: 'sys', path: names }) });
    return mode < 0 ? mode : view.open(isDirectory(mode) ? SYSCTL_DIRECTORY : SYSCTL_FILE, O_PATH);
  }
  const target = locator.locate(argument);
  if (target === undefined || hostAttrNames.has(target.rest[0] ?? '.')) return -ENOENT;
  const mode = modeOf(context, { tree: 'attr', root: attrRoot, path: target.path });
  if (mode < 0) return mode;
  const components = path.split('/');
  // A path without `attr` starts in that directory.
  const attr = components.slice(0, components.lastIndexOf('attr') + 1);
  const standIn = [...attr, isDirectory(mode) ? '.' : 'current'].join('/');
  return view.resolveForCaller(call.tid, dirfd, standIn, 0);
}
