/**
 * Cache of checks of files that were allowed without an audit record, to all callers with the same subject.
 *
 * Model: what a check depends on beside the subject is told by the modules (access-scope.ts). Files that these cannot tell
 * apart are one, so that a program which makes a thousand files in a directory is asked about once. A check is the sequence of
 * what it depends on, and a way through a tree of such parts: they are looked up one by one, as they are, since to make and hash
 * a text of them took more time than all else that is done for a call which is known.
 */
import type { Tid } from '../../../linux/ids.ts';
import { PTRACE_MODE_ATTACH } from '../../../linux/process.ts';
import { S_IFDIR, S_IFMT } from '../../../linux/stat.ts';
import type { AccessCheck, AccessHook } from '../../../lsm/framework/access/access.ts';
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { KNOWN_BY_PATH, type NewInode } from '../../../lsm/framework/files/inode.ts';
import { inodeOf, type OpenDescriptor, openFileKey } from '../../../lsm/framework/files/open-descriptor.ts';
import type { DefaultLabels } from '../labels/default-labels.ts';
import { flagsOfUse } from './deciding-flags.ts';
import type { PathStates } from './path-states.ts';
import type { Subject } from './subjects.ts';
import type { TaskObjects } from './task-objects.ts';

const REMEMBERED = 16_384;

/** Hooks whose arguments are files, names, numbers and flags alone. */
const OF_FILES: ReadonlySet<AccessHook> = new Set<AccessHook>([
  'capable',
  'fileFcntl',
  'fileIoctl',
  'fileLock',
  'fileMprotect',
  'fileOpen',
  'filePermission',
  'inodeCreate',
  'inodeFollowLink',
  'inodeGetattr',
  'inodeGetxattr',
  'inodeLink',
  'inodeListxattr',
  'inodeMkdir',
  'inodeMknod',
  'inodePermission',
  'inodeReadlink',
  'inodeRename',
  'inodeRmdir',
  'inodeSetattr',
  'inodeSymlink',
  'inodeUnlink',
  'mmapFile',
  'pathChmod',
  'pathChown',
  'pathLink',
  'pathMkdir',
  'pathMknod',
  'pathNotify',
  'pathRename',
  'pathRmdir',
  'pathSymlink',
  'pathTruncate',
  'pathUnlink',
  'sbStatfs',
  'taskAlloc',
  'xattrChange',
]);

/** About an open file, whose flags do not count for modules that judge by labels. */
const ANY_FLAGS: ReadonlySet<AccessHook> = new Set<AccessHook>(['fileIoctl', 'mmapFile']);

/** By rules about paths: what was opened before is judged by more, and a link by the paths of both names together. */
const BY_MORE_THAN_PATHS: ReadonlySet<AccessHook> = new Set<AccessHook>(['fileMprotect', 'pathLink']);
/** It counts who opened the file. */
const OF_OPEN_FILES: ReadonlySet<AccessHook> = new Set<AccessHook>([
  'fileFcntl',
  'fileIoctl',
  'fileLock',
  'filePermission',
  'mmapFile',
]);

/** Instead of a path, which begins with `/`. */
const BY_DEFAULT = 'default';

/** What begins with the same parts. */
class Node {
  /** The check that ends here was allowed. */
  granted = false;
  /** Most nodes have one further part. */
  #part: unknown;
  #only: Node | undefined;
  #others: Map<unknown, Node> | undefined;

  find(part: unknown): Node | undefined {
    return this.#only !== undefined && this.#part === part ? this.#only : this.#others?.get(part);
  }

  make(part: unknown): Node {
    const found = this.find(part);
    if (found !== undefined) return found;
    const made = new Node();
    if (this.#only === undefined) {
      this.#part = part;
      this.#only = made;
    } else {
      this.#others ??= new Map();
      this.#others.set(part, made);
    }
    return made;
  }
}

const step = (at: Node | undefined, part: unknown, make: boolean): Node | undefined =>
  make ? at?.make(part) : at?.find(part);

/** Whose check it is: a subject whose modules judge files by labels, or not at all. */
export type Judged = Pick<Subject, 'epoch' | 'kept' | 'noted' | 'number'> & { readonly scope: LabelScope | 'nothing' };

/** About a task, itself or by what it is known as an object (task-objects.ts). */
const OF_TASKS: ReadonlySet<AccessHook> = new Set<AccessHook>([
  'capget',
  'ptraceAccess',
  'taskGetioprio',
  'taskGetpgid',
  'taskGetscheduler',
  'taskGetsid',
  'taskKill',
  'taskMovememory',
  'taskPrlimit',
  'taskSetioprio',
  'taskSetnice',
  'taskSetpgid',
  'taskSetrlimit',
  'taskSetscheduler',
]);
/** Pipes have the label of who made them. Where nobody is known who did, that is taken to be who asks, whose label the subject has. */
const PIPES = 'pipefs';

/** An entry of a process's directory in procfs, one in `attr` or `fdinfo`, or a directory on the way. */
const ENTRY = /^\/\d+(?:\/task(?:\/\d+)?)?(?:\/attr(?:\/[a-z_]+){0,2}|\/fdinfo\/\d+|\/(?!net$)[a-z_]+)?$/;

/** Whose entry of procfs is it, which has the label of that task? */
function ownerOfEntry({ inode, device }: FileFacts, kept: readonly string[]): Tid | undefined {
  const { filesystem, path, process } = inode;
  const isEntry = process !== undefined && filesystem.type === 'proc' && ENTRY.test(path);
  return isEntry && !kept.includes(device) ? process : undefined;
}

export class Grants {
  readonly #objects: Pick<TaskObjects, 'of' | 'since'>;
  readonly #defaults: Pick<DefaultLabels, 'of'>;
  readonly #states: Pick<PathStates, 'of' | 'ofNew'>;
  #epoch = -1;
  #size = 0;
  /** The task that is asked about. */
  #tid: Tid | undefined;
  /** By subject number. */
  readonly #checks = new Map<number, Node>();
  #files = new Node();
  /** Most checks are about the same file as the one before. */
  #last:
    | (Pick<Judged, 'kept' | 'scope'> & { readonly file: FileFacts; readonly tid: Tid | undefined; readonly at: Node })
    | undefined;

  /** @param objects by what other tasks are judged than the one that is asked about. */
  constructor(
    objects: Pick<TaskObjects, 'of' | 'since'>,
    defaults: Pick<DefaultLabels, 'of'>,
    states: Pick<PathStates, 'of' | 'ofNew'>,
  ) {
    this.#objects = objects;
    this.#defaults = defaults;
    this.#states = states;
  }

  /** Was it allowed to this subject, or one like it? @param tid of the task. */
  has(subject: Judged, tid: Tid, check: AccessCheck): boolean {
    if (subject.epoch !== this.#epoch) return false;
    this.#tid = tid;
    return this.#way(this.#checks.get(subject.number), subject, check, false)?.granted === true;
  }

  /** All of these were; what may not be cached is left out. */
  add(subject: Judged, tid: Tid, checks: readonly AccessCheck[]): void {
    this.#tid = tid;
    const { number, epoch } = subject;
    if (epoch !== this.#epoch || this.#size >= REMEMBERED) this.#forget(epoch);
    const root = this.#checks.get(number) ?? new Node();
    this.#checks.set(number, root);
    for (const check of checks) {
      // Of what may not be cached parts can be in the tree, too.
      this.#size++;
      const end = this.#way(root, subject, check, true);
      if (end !== undefined) end.granted = true;
    }
  }

  #forget(epoch: number): void {
    this.#checks.clear();
    this.#files = new Node();
    this.#last = undefined;
    this.#epoch = epoch;
    this.#size = 0;
  }

  /** Equal ways, equal decisions. `undefined` = it may not be cached, or is not there. */
  #way(root: Node | undefined, subject: Judged, check: AccessCheck, make: boolean): Node | undefined {
    const { hook, refusal, otherwise, by } = check;
    const ofTasks = OF_TASKS.has(hook);
    if (otherwise !== undefined || (!ofTasks && !OF_FILES.has(hook))) return undefined;
    // Attaching may depend on capabilities, which the subject does not tell.
    if (hook === 'ptraceAccess' && (check.about.mode & PTRACE_MODE_ATTACH) !== 0) return undefined;
    const about = check.about as Readonly<Record<string, unknown>>;
    const { scope } = subject;
    if (hasRules(scope) && BY_MORE_THAN_PATHS.has(hook)) return undefined;
    if (OF_OPEN_FILES.has(hook) && !('descriptor' in about) && mayBeOthers(about.file, subject)) return undefined;
    let at = step(step(root, hook, make), refusal, make);
    if (by !== undefined) at = step(step(at, 'by', make), by.device, make);
    for (const name in about) {
      if (at === undefined) return undefined;
      const value = about[name];
      if (name === 'flags' && ANY_FLAGS.has(hook)) continue;
      if (name === 'flags' && hook === 'filePermission') {
        at = step(step(at, name, make), flagsOfUse(value as number, check.about.mask), make);
        continue;
      }
      // It is shown in records alone.
      if (name === 'root' && hook === 'sbStatfs') continue;
      if (name === 'target' && ofTasks) {
        at = this.#task(at, value as Tid, make);
        continue;
      }
      if (name === 'descriptor') {
        // What the subject itself has opened; who opened the others is not known here.
        if (subject.noted.includes(openFileKey(value as OpenDescriptor))) return undefined;
        continue;
      }
      at = this.#argument(step(at, name, make), name, value, subject, make);
      if (hasRules(scope)) at = this.#newName(at, name, value, about, scope, make);
    }
    return at;
  }

  #argument(at: Node | undefined, name: string, value: unknown, subject: Judged, make: boolean): Node | undefined {
    const { scope } = subject;
    if (typeof value === 'string')
      return step(at, name === 'name' || name === 'newName' ? partOfName(value, scope) : value, make);
    if (typeof value !== 'object' || value === null) return step(at, value, make);
    if ('inode' in value) {
      const file = this.#file(value as FileFacts, subject, make);
      return file && step(at, file, make);
    }
    if (name === 'made') {
      const made = value as NewInode;
      return step(step(step(at, made.class, make), made.byKernel, make), partOfName(made.name, scope), make);
    }
    // A file that is about to be made, which its directory and name tell.
    return step(at, name === 'file' ? '' : JSON.stringify(value), make);
  }

  /** Where rules lead the path of a name that the argument gives a file. */
  #newName(
    at: Node | undefined,
    argument: string,
    value: unknown,
    { directory, newDirectory }: Readonly<Record<string, unknown>>,
    scope: LabelScope,
    make: boolean,
  ): Node | undefined {
    const place = (argument === 'newName' ? newDirectory : directory) as FileFacts | undefined;
    const name = argument === 'made' ? (value as NewInode).name : value;
    if (argument !== 'made' && argument !== 'name' && argument !== 'newName') return at;
    // Of an attribute.
    if (place === undefined && argument === 'name') return at;
    if (place === undefined || place.disconnected === true || typeof name !== 'string') return undefined;
    const states = this.#states.ofNew(scope, place.path, name);
    return states === undefined ? undefined : step(at, states, make);
  }

  /** @param task whose label the subject has, or by what it is known. */
  #task(at: Node | undefined, task: Tid, make: boolean): Node | undefined {
    if (task === this.#tid) return step(at, 'own', make);
    // Before an answer is asked for, also where none can be there.
    const object = make ? this.#objects.since(task) : this.#objects.of(task);
    return object === undefined ? undefined : step(at, object, make);
  }

  #file(file: FileFacts, { scope, kept }: Judged, make: boolean): Node | undefined {
    if (scope === 'nothing') return undefined;
    const owner = ownerOfEntry(file, kept);
    if (owner !== undefined) {
      const entry = this.#entry(file, owner, make);
      return hasRules(scope) ? this.#byRules(entry, file, scope, make) : entry;
    }
    const last = this.#last;
    if (last?.file === file && last.tid === this.#tid && last.scope === scope && last.kept === kept) return last.at;
    const at = this.#find(file, scope, kept, make);
    if (at !== undefined) this.#last = { file, tid: this.#tid, scope, kept, at };
    return at;
  }

  #byRules(at: Node | undefined, file: FileFacts, scope: LabelScope, make: boolean): Node | undefined {
    const { disconnected, inode, mode, path, served } = file;
    const states = disconnected === true ? undefined : this.#states.of(scope, path, (mode & S_IFMT) === S_IFDIR);
    return states === undefined ? undefined : step(step(step(at, states, make), inode.uid, make), served, make);
  }

  #entry({ inode, device }: FileFacts, owner: Tid, make: boolean): Node | undefined {
    return this.#task(step(step(step(this.#files, 'entry', make), inode.class, make), device, make), owner, make);
  }

  #find(file: FileFacts, scope: LabelScope, kept: readonly string[], make: boolean): Node | undefined {
    const { inode, device, path, shownAt } = file;
    const { attributes, uniform, byDefault } = scope;
    const { class: objectClass, filesystem, xattrs, entry, ino } = inode;
    // The label of a process can change; that of the task that is asked about is the subject's.
    const own = inode.process !== undefined && inode.process === this.#tid && filesystem.type === PIPES;
    if ((inode.process !== undefined && !own) || inode.socket !== undefined) return undefined;
    let at = step(step(step(this.#files, objectClass, make), device, make), filesystem.type, make);
    at = step(at, inode.path === '/', make);
    if (hasRules(scope)) at = this.#byRules(at, file, scope, make);
    // It may have attributes, or a pipe a maker, that are not seen here, until the epoch moves.
    at = step(at, own || kept.includes(device) ? ino : undefined, make);
    let isLabelled = true;
    for (const name of attributes) {
      const value = xattrs[name];
      if (value === undefined) isLabelled = false;
      at = step(step(at, name, make), value, make);
    }
    const byLabel = isLabelled && !KNOWN_BY_PATH.has(filesystem.type);
    const isUniform = own || byLabel || uniform === 'all' || uniform.includes(filesystem.type);
    at = step(at, isUniform, make);
    if (isUniform) return at;
    const label = byDefault.includes(filesystem.type) ? this.#defaults.of(shownAt ?? path, objectClass) : undefined;
    if (label !== undefined) return step(step(at, BY_DEFAULT, make), label, make);
    return step(step(step(at, path, make), inode.path, make), entry, make);
  }
}

/** May the task have it open by a descriptor that another opened? */
function mayBeOthers(file: unknown, { noted }: Judged): boolean {
  const own = (file as FileFacts | undefined)?.inode.ino;
  return noted.some((key) => [own, Number.NaN].includes(inodeOf(key)));
}

const hasRules = (scope: Judged['scope']): scope is LabelScope => scope !== 'nothing' && scope.rules.length > 0;

/** Is it about files, memory and the task itself, and nothing else, nor with the rights of others? */
export const isOfFiles = ({ hook, by }: AccessCheck): boolean => by === undefined && OF_FILES.has(hook);

const partOfName = (name: string, scope: Judged['scope']): string =>
  scope !== 'nothing' && scope.named.includes(name) ? name : '';
