/**
 * Security attributes that user namespaces have of their own (lsm/framework/files/namespaced-xattrs.ts), where they are stored:
 * to be found, removed, and moved from one namespace to another. Attributes of the host are never changed.
 */

import { inInitialUserNamespace } from '../../host/process/user-namespace.ts';
import { bytesOf } from '../../linux/bytes.ts';
import { ERRNO } from '../../linux/errno.ts';
import { XATTR_CREATE } from '../../linux/fs.ts';
import { parseStored, type StoredName, storedName } from '../../lsm/framework/files/namespaced-xattrs.ts';
import { WorldError } from '../errors.ts';
import { WORLD_VARIABLE } from '../launcher/nested.ts';
import { hasSysAdmin, ownStatus } from '../launcher/process-status.ts';
import { OwnFiles } from '../supervisor/caller/own-files.ts';
import { OwnXattrs } from '../supervisor/caller/own-xattrs.ts';
import { type Living, livingNamespaces } from './living.ts';
import { walkTree } from './walk.ts';

const { EOPNOTSUPP, ENODATA, ENOSPC, EIO } = ERRNO;
/** Processes start meanwhile: after so much time it is looked again which namespaces live. */
const LIVING_FOR_MS = 500;

/** What one namespace has on one file. Text is latin-1: names are bytes. */
export interface OwnedXattrs {
  readonly path: string;
  /** `major:minor` of its device, and inode number: the same for all names of a file. */
  readonly inode: string;
  /** As it stands in the names. */
  readonly id: string;
  /** What the root of the namespace is outside. */
  readonly root: number;
  /** Is there a process in such a namespace? */
  readonly living: boolean;
  /** Names inside of the namespace. */
  readonly names: readonly string[];
}

/** What could not be done. @param errno positive. */
export interface XattrFailure {
  readonly path: string;
  readonly name?: string;
  readonly errno: number;
}

/** Of work that takes long. */
export interface XattrWork {
  /** So many files were looked at. */
  progress(files: number): void;
  failed(failure: XattrFailure): void;
}

export interface XattrsDone {
  readonly files: number;
  readonly attributes: number;
}

/** @throws WorldError for a caller who would be shown nothing. */
function requireSight(): void {
  if (process.env[WORLD_VARIABLE] !== undefined) {
    throw new WorldError('nested', 'In a world these attributes are shown to nobody.', 'Ask outside of it.');
  }
  if (inInitialUserNamespace() && hasSysAdmin(ownStatus())) return;
  throw new WorldError(
    'no-privileges',
    'The kernel shows these attributes to CAP_SYS_ADMIN of the initial user namespace alone.',
    'Ask as root of the host.',
  );
}

class StoredXattrs {
  readonly #files = new OwnFiles();
  readonly #xattrs = new OwnXattrs();
  readonly #work: XattrWork;
  #living: Living | undefined;
  #livingSince = 0;

  constructor(work: XattrWork) {
    requireSight();
    this.#work = work;
  }

  /** As it is now, or was a moment ago. */
  get living(): Living {
    const now = performance.now();
    if (this.#living === undefined || now - this.#livingSince > LIVING_FOR_MS) {
      this.#living = livingNamespaces();
      this.#livingSince = performance.now();
    }
    return this.#living;
  }

  /** @param act once for each namespace that has attributes of a file. @returns how many were changed. */
  each(paths: readonly string[], act: (owned: OwnedXattrs, fd: number) => number): XattrsDone {
    let looked = 0;
    let files = 0;
    let attributes = 0;
    const unseen = (path: string, errno: number): void => this.#work.failed({ path, errno });
    for (const start of paths) {
      for (const { path, fd } of walkTree(this.#files, start, unseen)) {
        looked += 1;
        this.#work.progress(looked);
        const changed = this.#ownedBy(path, fd).map((owned) => act(owned, fd));
        attributes += changed.reduce((sum, count) => sum + count, 0);
        files += changed.some((count) => count > 0) ? 1 : 0;
      }
    }
    return { files, attributes };
  }

  #ownedBy(path: string, fd: number): OwnedXattrs[] {
    const listed = this.#xattrs.list(fd);
    if (typeof listed === 'number') {
      if (listed !== -EOPNOTSUPP) this.#work.failed({ path, errno: -listed });
      return [];
    }
    const stored = listed.flatMap((name) => parseStored(name) ?? []);
    if (stored.length === 0) return [];
    const { major = 0, minor = 0, ino = 0 } = this.#files.identity(fd) ?? {};
    const inode = `${major}:${minor} ${ino}`;
    return [...new Set(stored.map(({ id }) => id))].sort().map((id) => ({
      path,
      inode,
      id,
      root: Number.parseInt(id, 16),
      living: this.living.ids.has(id),
      names: stored.flatMap((of) => (of.id === id ? [of.name] : [])).sort(),
    }));
  }

  /** @returns 1 when it was removed. */
  remove(fd: number, path: string, stored: StoredName): number {
    return this.#told(path, stored, this.#xattrs.remove(fd, storedName(stored)));
  }

  /** Nothing is overwritten. @returns 1 when it was moved. */
  move(fd: number, path: string, from: StoredName, to: StoredName): number {
    const [before, after] = [storedName(from), storedName(to)];
    const text = this.#xattrs.get(fd, before);
    if (text === undefined) return this.#told(path, from, -EIO);
    const value = bytesOf(text);
    const made = this.#xattrs.set(fd, after, value, XATTR_CREATE);
    if (made === 0) return this.remove(fd, path, from);
    // There may be no room for both.
    if (made !== -ENOSPC || this.#xattrs.remove(fd, before) !== 0) return this.#told(path, to, made);
    const again = this.#xattrs.set(fd, after, value, XATTR_CREATE);
    if (again !== 0) this.#xattrs.set(fd, before, value, XATTR_CREATE);
    return this.#told(path, to, again);
  }

  #told(path: string, { name }: StoredName, result: number): number {
    if (result < 0 && result !== -ENODATA) this.#work.failed({ path, name, errno: -result });
    return result === 0 ? 1 : 0;
  }
}

/** What namespaces have on these files, and those below them. @throws WorldError */
export function listStoredXattrs(paths: readonly string[], work: XattrWork): readonly OwnedXattrs[] {
  const found: OwnedXattrs[] = [];
  new StoredXattrs(work).each(paths, (owned) => found.push(owned));
  return found;
}

/**
 * Of these, what belongs to namespaces that have no process: of all, or of the one with this id.
 * @throws WorldError when it cannot be known which are all.
 */
export function listEnded(paths: readonly string[], work: XattrWork, id?: string): readonly OwnedXattrs[] {
  requireKnowledge(id);
  return listStoredXattrs(paths, work).filter((owned) => isEnded(owned, id));
}

/** Removes it. @throws WorldError */
export function removeEnded(paths: readonly string[], work: XattrWork, id?: string): XattrsDone {
  const stored = new StoredXattrs(work);
  requireKnowledge(id);
  return stored.each(paths, (owned, fd) => {
    if (!isEnded(owned, id) || (id === undefined && !stored.living.complete)) return 0;
    const { path, names } = owned;
    return names.reduce((count, name) => count + stored.remove(fd, path, { id: owned.id, name }), 0);
  });
}

/** Makes the attributes of one namespace those of another, where that has none. @throws WorldError */
export function rekeyStored(
  paths: readonly string[],
  { from, to }: { readonly from: string; readonly to: string },
  work: XattrWork,
): XattrsDone {
  const stored = new StoredXattrs(work);
  if (from === to) throw new WorldError('bad-option', `${from} would be moved to itself.`, 'Name another id.');
  return stored.each(paths, ({ path, id, names }, fd) => {
    if (id !== from) return 0;
    return names.reduce((count, name) => count + stored.move(fd, path, { id, name }, { id: to, name }), 0);
  });
}

function isEnded({ id, living }: OwnedXattrs, wanted: string | undefined): boolean {
  return !living && (wanted ?? id) === id;
}

function requireKnowledge(id: string | undefined): void {
  if (id !== undefined) return;
  requireSight();
  if (livingNamespaces().complete) return;
  throw new WorldError(
    'bad-option',
    'Not every process can be seen here, or some namespace has processes only in others inside of it: which have ended is not known.',
    'Name one that has: --id=ID; lsmfs xattr list shows them.',
  );
}
