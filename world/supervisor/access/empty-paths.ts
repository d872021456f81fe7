/**
 * Empty paths of calls with AT_EMPTY_PATH, which mean what a path would start from: any file that is open, or the working directory
 * (getname_maybe_null() and its callers, Linux 6.18).
 */
import { AT_EMPTY_PATH, AT_FDCWD } from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { WorkerContext } from '../context.ts';
import { type MostOfOpen, onDescriptor, onOpened } from './calls.ts';

/**
 * What such a path means: a descriptor of the caller, or AT_FDCWD; `undefined` = the path is none.
 * @param path number of the argument; that of the descriptor is before it.
 * @param takesNull no path is an empty one, too.
 */
export function startItself(
  { call, memory }: WorkerContext,
  path: number,
  flags: number,
  takesNull = false,
): CallerFd | undefined {
  if ((flags & AT_EMPTY_PATH) === 0) return undefined;
  const isEmpty = call.isNull(path) ? takesNull : memory.readString(call.tid, call.low(path), call.high(path)) === '';
  return isEmpty ? call.fd(path - 1) : undefined;
}

/** As {@link onDescriptor}, about what {@link startItself} says. */
export function onStart(
  context: WorkerContext,
  start: CallerFd,
  checks: (seen: FileFacts, file: number) => readonly AccessCheck[],
  takesPath = false,
  most?: MostOfOpen,
): void {
  if (start !== AT_FDCWD) {
    onDescriptor(context, start, checks, takesPath, most);
    return;
  }
  const { call, mediator, view } = context;
  if (mediator?.isExempt(call.tid) === true) return;
  onOpened(context, view.openStart(call.tid, start, false), (file) => mediator?.look(file, call.tid), checks);
}
