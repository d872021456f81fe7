/**
 * What the link to a descriptor of ours is to show: the path of the file that it stands for.
 *
 * Model: the host shows the path in our superblock, whose last name says which file that is (kernel-files/on-behalf.ts).
 * procfs is taken to be mounted in its usual place.
 */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { type CallerFd, tidOf } from '../../../linux/ids.ts';
import { parseNameOnBehalf } from '../../kernel-files/on-behalf.ts';
import type { WorkerContext } from '../context.ts';

/** @param path to a link. @returns `undefined` = what the host shows is right, or better is not known. */
export function openedName(
  { call, devices, namespaces, view }: WorkerContext,
  dirfd: CallerFd,
  path: string,
): string | undefined {
  const fd = view.resolveForCaller(call.tid, dirfd, path, 0);
  if (fd < 0) return undefined;
  const isOurs = devices.has(view.deviceOf(fd) ?? '');
  const link = isOurs ? view.readlinkAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`) : undefined;
  view.close(fd);
  const { named } = parseNameOnBehalf(link?.slice(link.lastIndexOf('/') + 1) ?? '') ?? {};
  if (named?.tree === 'sys') return ['/proc/sys', ...named.path].join('/');
  if (named?.tree !== 'proc') return undefined;
  // Processes and threads have other numbers for who is in another pid namespace.
  const ids = named.path.filter((name) => NUMBER.test(name)).map((name) => tidOf(Number(name)));
  const numbers = namespaces.inCallers(call.tid, ids);
  const shown = named.path.map((name) => (NUMBER.test(name) ? numbers?.get(tidOf(Number(name))) : name));
  return shown.includes(undefined) ? undefined : ['/proc', ...shown].join('/');
}

const NUMBER = /^[1-9][0-9]*$/;
