/**
 * Paths below the usual mount point of a filesystem that the daemon serves and labels itself (selinuxfs): about what is in it nobody is
 * asked here, so that only the way to it counts.
 *
 * Model: nothing in these filesystems is a link. The mount may have none on it, as that could be of another filesystem.
 */
import { AT_FDCWD, O_DIRECTORY, RESOLVE_IN_ROOT } from '../../../linux/fcntl.ts';
import { stampOf } from '../caller/file-stamp.ts';
import type { WorkerContext } from '../context.ts';
import type { KnownAnswer } from './known-paths.ts';

const UPWARDS = /(?:^|\/)\.\.(?:\/|$)/;

/** @returns `granted`: nobody needs to be asked; or what is to be remembered when all on the way to the mount was allowed. */
export function servedPlace(context: WorkerContext, path: string): 'granted' | KnownAnswer | undefined {
  const { call, files, mediator, mounts, sysPlaces, view } = context;
  const place = sysPlaces.find((one) => path.startsWith(`${one}/`));
  if (mediator === undefined || place === undefined || UPWARDS.test(path)) return undefined;
  const start = view.starts.of(call.tid, AT_FDCWD, true);
  const directory = start < 0 ? start : view.resolve(call.tid, start, place, O_DIRECTORY, RESOLVE_IN_ROOT);
  if (directory < 0) return undefined;
  try {
    const stamp = files.answersItself(directory) ? stampOf(view, directory) : undefined;
    if (stamp?.isMountUnique !== true || !stamp.isMountRoot || !mounts.isBare(stamp.mount, call.tid)) return undefined;
    if (mediator.isExempt(call.tid)) return 'granted';
    const beginning = mediator.known.wayTo(call.tid, { start, absolute: true, parent: place });
    if (beginning === undefined) return undefined;
    if (mediator.known.leads(beginning, { stamp })) return 'granted';
    const found = mediator.known.placeOf(directory);
    return found && { beginning, found };
  } finally {
    view.close(directory);
  }
}
