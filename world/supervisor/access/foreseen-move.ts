/**
 * rename(2) of files that the modules surely allow, as foreseen.ts finds it for calls on one name.
 *
 * Model: what leads to others, a directory or a link, is looked at as a whole: with it paths lead elsewhere.
 */
import { ERRNO } from '../../../linux/errno.ts';
import { O_NOFOLLOW, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { WorkerContext } from '../context.ts';
import { fileAt, isOrdinary, ledTo, type NameArguments, type NewPlace, openPlace, search } from './foreseen.ts';
import type { Beginning } from './known-paths.ts';

const { ENOENT } = ERRNO;

/** A file and its new name. */
export interface Move {
  readonly directory: FileFacts;
  readonly file: FileFacts;
  readonly target: NewPlace;
  readonly replaced: FileFacts | undefined;
}

/** All that modules can be asked about the two. */
export interface MostOfMove {
  readonly source: (place: NewPlace) => readonly AccessCheck[];
  readonly move: (move: Move) => readonly AccessCheck[];
}

/** Keys of the ways, to be remembered (wayOf() of foreseen.ts), as far as they can be. */
export interface WaysOfMove {
  readonly from?: Beginning | undefined;
  readonly to?: Beginning | undefined;
}

export function foreseenMove(
  context: WorkerContext,
  from: NameArguments,
  to: NameArguments,
  most: MostOfMove,
): 'granted' | WaysOfMove {
  const { call, fastPath, mediator } = context;
  if (mediator === undefined) return {};
  if (mediator.isExempt(call.tid)) return isPlain(context, from) && isPlain(context, to) ? 'granted' : {};
  const scope = mediator.subjects.of(call.tid)?.scope;
  if (typeof scope !== 'object' || scope.rules.length > 0) return {};
  const source = placeAt(context, from);
  const file = source.found && fileAt(context, source.found, notDirectory);
  if (source.found === undefined || file === undefined) return { from: source.way };
  const { directory } = source.found;
  // Its descriptor is closed when the other one is looked for.
  const before = [...search(context, directory, source.found.fd), ...most.source(source.found)];
  const { way, found: target } = placeAt(context, to);
  const ways = { from: source.way, to: way };
  const isKnown =
    target &&
    fileAt(
      context,
      target,
      (other) => notDirectory(other) && true,
      () => true,
    );
  if (target === undefined || isKnown === undefined) return ways;
  const checks = [
    ...before,
    ...search(context, target.directory, target.fd),
    ...most.move({ directory, file, target, replaced: target.file }),
  ];
  if (!mediator.grants(call.tid, checks)) return ways;
  fastPath?.learned.moved(directory, file, target.directory, target.file);
  return 'granted';
}

const notDirectory = (file: FileFacts): FileFacts | undefined => (file.inode.class === 'dir' ? undefined : file);

function placeAt(context: WorkerContext, argument: NameArguments): ReturnType<typeof ledTo> {
  const place = openPlace(context, argument);
  return place === undefined ? {} : ledTo(context, place, argument);
}

/** Is it a name in a directory of no process, of nothing that leads to others? */
function isPlain(context: WorkerContext, argument: NameArguments): boolean {
  const { view } = context;
  const place = openPlace(context, argument);
  if (place === undefined || !isOrdinary(context, place.directory)) return false;
  const fd = view.openAt2(place.directory, place.name, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
  if (fd < 0) return fd === -ENOENT;
  const identity = view.identity(fd);
  view.close(fd);
  return identity?.directory === false && !identity.link;
}
