/**
 * What audit records of the files that a call names: struct audit_names as fs/namei.c of Linux 6.12 fills them.
 *
 * Model: a name is looked up before the call; what the call makes is looked for in its directory when it has returned, and
 * what it removes was looked at before. Nothing is looked at that could block us. Of two paths the second one comes first, as the
 * kernel's compilers have it.
 */
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_NOFOLLOW, RESOLVE_CACHED, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { STX } from '../../../linux/stat.ts';
import { type AuditName, type DirectoryEntry, keyOfFile, type NamedFile } from '../../../lsm/framework/audit/names.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { type FileInspector, factsOf } from '../caller/file-inspector.ts';
import { placeOf } from '../caller/place.ts';
import { isNotFollowed, isNotLinked, isSticky, type RefusedLink } from './refused-links.ts';

const CAPABILITY = 'security.capability';
/** A chain of directories is not longer than this. */
const DEPTH = 64;
/** Look-ups of a last name that can neither leave its filesystem nor follow a link. */
const STAYS = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
const { EACCES, EEXIST, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, EROFS } = ERRNO;
/** What fails before the new name is noted (filename_create()). */
const BEFORE_CREATION: readonly number[] = [EEXIST, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EROFS];

export interface NamedFilesContext {
  readonly view: CallerView;
  readonly files: FileInspector;
}

/** What a call names. */
export interface Named {
  /** @param exit what the call returned; absent = it has not: what it may make is there without its file. */
  names(exit?: number): AuditName[];
  /** The anomaly that such a failure is; absent = it can be none. */
  refusedLink?(exit: number): RefusedLink | undefined;
  close(): void;
}

/** What a call does with a message queue: `make` if it is not there. */
export type QueueUse = 'open' | 'make' | 'remove';

/** A path of the caller and where it leads before the call. */
interface Looked {
  readonly text: string;
  /** O_PATH, of the directory of the last name; -1 = it was not found, or there is no last name. */
  readonly directory: number;
  readonly parent: AuditName | undefined;
  readonly entry: DirectoryEntry | undefined;
  readonly name: string;
  readonly file: NamedFile | undefined;
  /** It is a symbolic link that the host's kernel does not follow for the caller. */
  readonly notFollowed: boolean;
}

export class NamedFiles {
  readonly #context: NamedFilesContext;
  readonly #tid: Tid;
  /** Rules are about directories. */
  readonly #above: boolean;

  constructor(context: NamedFilesContext, tid: Tid, above: boolean) {
    this.#context = context;
    this.#tid = tid;
    this.#above = above;
  }

  /** A file that a path leads to. */
  lookedUp(dirfd: CallerFd, text: string, follow: boolean): Named {
    const looked = this.#look(dirfd, text, follow);
    return this.#named([looked], () => [normal(looked)], isNotFollowedBy(looked));
  }

  /** open(2) with O_CREAT. */
  opened(dirfd: CallerFd, text: string, follow: boolean): Named {
    const looked = this.#look(dirfd, text, follow);
    return this.#named(
      [looked],
      (exit) => {
        if (looked.parent === undefined || looked.file !== undefined) return [normal(looked)];
        return [looked.parent, ...(exit !== undefined && exit < 0 ? [] : [this.#made(looked, exit)])];
      },
      isNotFollowedBy(looked),
    );
  }

  /** @param target text of a symbolic link. */
  created(dirfd: CallerFd, text: string, target?: string): Named {
    const looked = this.#look(dirfd, text, false);
    const told: AuditName[] = target === undefined ? [] : [{ name: target, type: 'UNKNOWN' }];
    return this.#named([looked], (exit) => {
      if (looked.parent === undefined) return [withoutName(looked), ...told];
      return [looked.parent, ...told, ...(notesCreation(exit) ? [this.#made(looked, exit)] : [])];
    });
  }

  removed(dirfd: CallerFd, text: string): Named {
    const looked = this.#look(dirfd, text, false);
    return this.#named([looked], (exit) => {
      if (looked.parent === undefined) return [normal(looked)];
      return [looked.parent, ...(looked.file === undefined || exit === -EROFS ? [] : [deleted(looked)])];
    });
  }

  renamed(from: readonly [CallerFd, string], to: readonly [CallerFd, string]): Named {
    const source = this.#look(...from, false);
    const target = this.#look(...to, false);
    return this.#named([source, target], (exit) => {
      const parents = [target, source].map((one) => one.parent ?? normal(one));
      if (source.parent === undefined || target.parent === undefined || source.file === undefined) return parents;
      if (exit === -EROFS) return parents;
      const replaced = target.file === undefined ? [] : [deleted(target)];
      const made = exit === undefined || exit >= 0 ? [this.#made(target, exit)] : [];
      return [...parents, deleted(source), ...replaced, ...made];
    });
  }

  linked(from: readonly [CallerFd, string], follow: boolean, to: readonly [CallerFd, string]): Named {
    const source = this.#look(...from, follow);
    const target = this.#look(...to, false);
    const refuses = source.file !== undefined && target.parent !== undefined && this.#isNotLinked(source, source.file);
    const refused = (exit: number) => (refuses && exit === -EPERM ? 'linkat' : undefined);
    return this.#named(
      [source, target],
      (exit) => {
        if (target.parent === undefined || source.file === undefined) return [normal(target, true), normal(source)];
        return [target.parent, normal(source), ...(notesCreation(exit) ? [this.#made(target, exit)] : [])];
      },
      refused,
    );
  }

  /** Of a file that is linked by the name that it was given, not by another that a link leads to. */
  #isNotLinked({ directory, name }: Looked, file: NamedFile): boolean {
    const { view } = this.#context;
    const fd = file.facts === undefined ? -1 : view.openAt2(directory, name, O_NOFOLLOW, STAYS);
    const isSame = fd >= 0 && view.identity(fd)?.ino === file.ino;
    const refused = isSame && isNotLinked(view, this.#tid, file, fd);
    if (fd >= 0) view.close(fd);
    return refused;
  }

  /** @param root directory of the queues, which is closed with it; negative = it cannot be looked at. */
  queue(root: number, name: string, use: QueueUse): Named {
    const { view } = this.#context;
    const folder = this.#fileOf(root);
    const look = (): NamedFile | undefined => {
      const fd = root < 0 ? -1 : view.openAt2(root, name, O_NOFOLLOW, STAYS);
      const file = this.#fileOf(fd, folder, true);
      if (fd >= 0) view.close(fd);
      return file;
    };
    const before = look();
    const parent: AuditName = { name, type: 'PARENT', hidden: true, ...(folder && { file: folder }) };
    const found = before && { name, file: before };
    const names = (exit?: number): AuditName[] => {
      if (use === 'remove') return [parent, ...(found ? [{ ...found, type: 'DELETE' } as const] : [])];
      if (found !== undefined) return [{ ...found, type: 'NORMAL' }];
      if (use === 'open') return [{ name, type: 'UNKNOWN' }];
      const made = exit !== undefined && exit >= 0 ? look() : undefined;
      return [parent, ...(notesCreation(exit) ? [{ name, type: 'CREATE', ...(made && { file: made }) } as const] : [])];
    };
    return { names, close: () => root >= 0 && view.close(root) };
  }

  /** A file that is open. @param before errors of the call that come before it is noted. */
  byDescriptor(descriptor: CallerFd, before: readonly number[] = []): Named {
    const fd = this.#context.view.openDescriptor(this.#tid, descriptor);
    const file = this.#fileOf(fd);
    if (fd >= 0) this.#context.view.close(fd);
    return {
      names: (exit = 0) => (file === undefined || before.includes(-exit) ? [] : [{ type: 'NORMAL', file }]),
      close: () => undefined,
    };
  }

  /** A program, and what is opened to execute it. */
  executed(program: Named, others: readonly string[]): Named {
    const more = others.map((text) => this.lookedUp(AT_FDCWD, text, true));
    return {
      ...(program.refusedLink && { refusedLink: program.refusedLink }),
      names: (exit) => [...program.names(exit), ...(exit === 0 ? more.flatMap((one) => one.names(exit)) : [])],
      close: () => {
        for (const one of [program, ...more]) one.close();
      },
    };
  }

  #named(looked: readonly Looked[], names: Named['names'], refusedLink?: Named['refusedLink']): Named {
    const close = (): void => {
      for (const { directory } of looked) if (directory >= 0) this.#context.view.close(directory);
    };
    return { names, close, ...(refusedLink && { refusedLink }) };
  }

  #look(dirfd: CallerFd, text: string, follow: boolean): Looked {
    const { view } = this.#context;
    const fd = text === '' ? -ENOENT : view.resolveForCaller(this.#tid, dirfd, text, follow ? 0 : O_NOFOLLOW);
    const { directory = -1, name = '' } = placeOf(view, this.#tid, dirfd, text) ?? {};
    const folder = this.#fileOf(directory);
    const link = follow && folder !== undefined ? this.#linkNotFollowed(directory, name, folder) : undefined;
    const file = link ?? this.#fileOf(fd, folder);
    if (fd >= 0) view.close(fd);
    const parent: AuditName | undefined = folder && {
      name: text,
      length: parentLength(text),
      type: 'PARENT',
      file: folder,
    };
    const entry = folder && { directory: keyOfFile(folder), name };
    return { text, directory, parent, entry, name, file, notFollowed: link !== undefined };
  }

  #linkNotFollowed(directory: number, name: string, folder: NamedFile): NamedFile | undefined {
    if (!isSticky(folder) || folder.facts === undefined) return undefined;
    const { view } = this.#context;
    const fd = view.openAt2(directory, name, O_NOFOLLOW, STAYS);
    const file = this.#fileOf(fd, folder, true);
    if (fd >= 0) view.close(fd);
    return file !== undefined && isNotFollowed(view, this.#tid, file, folder) ? file : undefined;
  }

  /** What the call has made at the name; without its file as long as it has not returned, and when it failed. */
  #made({ text, directory, name, entry, parent }: Looked, exit: number | undefined): AuditName {
    const { view } = this.#context;
    // The filesystem cannot block us, as was found out for the directory. The caller may have ended.
    const known = exit !== undefined && exit >= 0 && parent?.file?.facts !== undefined;
    const fd = known ? view.openAt2(directory, name, O_NOFOLLOW, STAYS) : -1;
    const file = this.#fileOf(fd, parent?.file, true);
    if (fd >= 0) view.close(fd);
    return { name: text, type: 'CREATE', ...(entry && { entry }), ...(file && { file }) };
  }

  /** @param fd O_PATH or a negative errno. @param folder the directory that it is in, if that is known. */
  #fileOf(fd: number, folder?: NamedFile, answers = false): NamedFile | undefined {
    const { view, files } = this.#context;
    const stat = fd < 0 ? undefined : view.stat(fd);
    if (stat === undefined) return undefined;
    const rdev = [STX.RDEV_MAJOR, STX.RDEV_MINOR].map((at) => view.resultView.getUint32(at, true));
    const { ino, major, minor, mode, uid, gid } = stat;
    const isWanted = (name: string): boolean => name === CAPABILITY || files.isDecided(name);
    const looked = files.look(fd, this.#tid, { answers, isWanted });
    const capability = looked?.inode.xattrs[CAPABILITY];
    return {
      ...{ ino, major, minor, mode, uid, gid, rdev: [rdev[0] ?? 0, rdev[1] ?? 0] },
      ...(this.#above && { above: this.#aboveOf(fd, keyOfFile(stat), folder) }),
      ...(capability !== undefined && { capability }),
      ...(looked && { facts: factsOf(looked) }),
    };
  }

  #aboveOf(fd: number, own: string, folder: NamedFile | undefined): readonly string[] {
    if (folder !== undefined) return [own, ...(folder.above ?? [])];
    const { view } = this.#context;
    const found = [own];
    let here = fd;
    for (let depth = 0; depth < DEPTH; depth++) {
      const up = view.openNext(this.#tid, here, '..', RESOLVE_CACHED);
      if (here !== fd) view.close(here);
      here = up;
      const identity = up < 0 ? undefined : view.identity(up);
      if (identity === undefined) return found;
      const key = keyOfFile(identity);
      if (key === found.at(-1)) break;
      found.push(key);
    }
    if (here !== fd) view.close(here);
    return found;
  }
}

function isNotFollowedBy({ notFollowed }: Looked): (exit: number) => RefusedLink | undefined {
  return (exit) => (notFollowed && exit === -EACCES ? 'follow_link' : undefined);
}

function normal({ text, file, entry }: Looked, unknown = false): AuditName {
  if (file === undefined || unknown) return { name: text, type: 'UNKNOWN' };
  return { name: text, type: 'NORMAL', file, ...(entry && { entry }) };
}

/** A path that ends with no name (`/`, `..`) and so can make none. */
function withoutName(looked: Looked): AuditName {
  return looked.file === undefined ? normal(looked) : { name: looked.text, type: 'PARENT', file: looked.file };
}

function deleted({ text, file, entry }: Looked): AuditName {
  return { name: text, type: 'DELETE', ...(entry && { entry }), ...(file && { file }) };
}

function notesCreation(exit: number | undefined): boolean {
  return exit === undefined || !BEFORE_CREATION.includes(-exit);
}

/** parent_len() of kernel/auditfilter.c */
function parentLength(path: string): number {
  return /^(.*\/)?[^/]+\/*$/s.exec(path)?.[1]?.length ?? 0;
}
