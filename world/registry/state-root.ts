/**
 * The state directory, which has the directories of worlds. When it is sticky others may have directories of theirs there. It is used
 * where only we and root can exchange what leads there, and what is ours in it.
 */
import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import path from 'node:path';
import { getSystemErrorName } from 'node:util';
import { HeldDirectory } from '../../host/files/held-directory.ts';
import { ERRNO } from '../../linux/errno.ts';
import { WorldError } from '../errors.ts';
import { isOurs, objectionToWay, othersMayWrite } from './trust.ts';

/** Names a directory for the worlds of this user, which is made when it is missing. */
export const STATE_VARIABLE = 'LSMFS_STATE_DIR';
/** As the kernel's MAXSYMLINKS. */
const MAX_LINKS = 40;

/** What may be done here, as far as the choice depends on it. */
export interface StatePlaces {
  /** May files be made in this directory, or, where it is missing, in the one that it would be in? */
  isWritable(directory: string): boolean;
  /** Is this a directory of ours, not a link? su(1) and containers leave XDG_RUNTIME_DIR of another user, or of another machine. */
  isOwn(directory: string): boolean;
}

/**
 * LSMFS_STATE_DIR; else /run/lsmfs for root, the runtime directory for others; where that cannot be, /tmp/lsmfs-UID. The choice is the same
 * with and without worlds.
 */
export function stateRoot(uid: number, environment: NodeJS.ProcessEnv, places: StatePlaces = PLACES): string {
  const chosen = environment[STATE_VARIABLE];
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen);
  if (uid === 0 && places.isWritable(ROOTS)) return ROOTS;
  const runtime = environment.XDG_RUNTIME_DIR;
  if (runtime !== undefined && path.isAbsolute(runtime) && places.isOwn(runtime)) {
    const own = path.join(runtime, 'lsmfs');
    if (places.isWritable(own)) return own;
  }
  return `/tmp/lsmfs-${uid}`;
}

const ROOTS = '/run/lsmfs';

const PLACES: StatePlaces = {
  isWritable(directory) {
    try {
      accessSync(existsSync(directory) ? directory : path.dirname(directory), constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
  isOwn(directory) {
    const found = lstatSync(directory, { throwIfNoEntry: false });
    return found?.isDirectory() === true && found.uid === process.geteuid?.();
  },
};

/** The state directory of the current user. */
export function currentStateRoot(): string {
  return stateRoot(process.geteuid?.() ?? 0, process.env);
}

/**
 * Walks to the state directory, each step of which is looked at.
 * @param makes directories that are missing.
 * @returns it, to be closed; `undefined`: there is none, or none that we may read.
 * @throws WorldError when others could exchange it, or it cannot be made.
 */
export function openStateRoot(root: string, makes = false): HeldDirectory | undefined {
  const names = partsOf(root);
  let way = HeldDirectory.root();
  let place = '/';
  try {
    requireOurWay(root, place, way);
    for (let links = 0; ; ) {
      const name = names.shift();
      if (name === undefined) return readable(way, makes ? root : undefined);
      const next = path.join(place, name);
      const fd = step(way, name, makes ? next : undefined);
      if (fd === undefined) return undefined;
      const found = HeldDirectory.of(fd);
      if (!found.stat.isSymbolicLink()) {
        way.close();
        [way, place] = [found, next];
        requireOurWay(root, place, way);
        continue;
      }
      const target = textOf(root, next, found, way);
      if (target === undefined || ++links > MAX_LINKS) return undefined;
      names.unshift(...partsOf(target));
      if (!path.isAbsolute(target)) continue;
      way.close();
      [way, place] = [HeldDirectory.root(), '/'];
    }
  } finally {
    way.close();
  }
}

const partsOf = (place: string): string[] => place.split('/').filter((part) => part !== '' && part !== '.');

/** @param made where it is, to be made when it is missing. */
function step(way: HeldDirectory, name: string, made: string | undefined): number | undefined {
  let fd = way.step(name);
  if (fd === -ERRNO.ENOENT && made !== undefined) {
    const result = way.make(name, 0o700);
    if (result < 0 && result !== -ERRNO.EEXIST) throw cannot(`make ${made}`, result);
    fd = way.step(name);
  }
  if (fd >= 0) return fd;
  if (made !== undefined) throw cannot(`make ${made}`, fd);
  return undefined;
}

/** Of a link, which must be ours, and where others have no names: there it could be a hard link. It is closed. */
function textOf(root: string, place: string, link: HeldDirectory, way: HeldDirectory): string | undefined {
  try {
    const { uid } = link.stat;
    if (isOurs(uid) && othersMayWrite(way.stat)) throw exchangeable(root, place, 'is a link where others have names');
    if (isOurs(uid)) return link.link('');
    throw exchangeable(root, place, `is a link of user ${uid}`);
  } finally {
    link.close();
  }
}

function requireOurWay(root: string, place: string, way: HeldDirectory): void {
  if (!way.stat.isDirectory()) throw cannot(`use ${root}`, -ERRNO.ENOTDIR);
  const objection = objectionToWay(way.stat);
  if (objection !== undefined) throw exchangeable(root, place, objection);
}

function exchangeable(root: string, place: string, objection: string): WorldError {
  return new WorldError(
    'state-directory',
    `Others could exchange what is in ${root}, so nothing there is used: ${place} ${objection}.`,
    `Name a directory of your own: export ${STATE_VARIABLE}=DIRECTORY`,
  );
}

/** The same directory, to be listed and locked. @param made where it is, when it must be. */
function readable(way: HeldDirectory, made: string | undefined): HeldDirectory | undefined {
  const fd = way.directory('.');
  if (fd < 0 && made !== undefined) throw cannot(`open ${made}`, fd);
  return fd < 0 ? undefined : HeldDirectory.of(fd);
}

/** @param error of Node, or a negative errno. */
export function cannot(deed: string, error: unknown): WorldError {
  const code =
    typeof error === 'number' ? getSystemErrorName(error) : ((error as NodeJS.ErrnoException).code ?? String(error));
  if (code === 'EFBIG')
    return new WorldError('state-directory', `Cannot ${deed}: ${code}.`, 'Raise the limit on file sizes: ulimit -f');
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const fix = full ? 'Make room there, or name another directory' : 'Name a directory that you may write to';
  return new WorldError('state-directory', `Cannot ${deed}: ${code}.`, `${fix}: export ${STATE_VARIABLE}=DIRECTORY`);
}
