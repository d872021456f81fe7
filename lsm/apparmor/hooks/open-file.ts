/**
 * What a task does with open files: the apparmor_file_*() hooks, apparmor_mmap_file() and aa_file_perm() of
 * security/apparmor/lsm.c and file.c, Linux 6.12. What was opened by somebody with the same profiles is allowed what it
 * was opened for, and what unconfined tasks have opened is allowed everything.
 */
import type { Errno } from '../../../linux/errno.ts';
import { MAY_WRITE } from '../../../linux/fs.ts';
import { MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../linux/mman.ts';
import { S_IFDIR, S_IFMT } from '../../../linux/stat.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import type { OpenFile } from '../../framework/access/file-access.ts';
import type { ActingTask } from '../../framework/audit/lsm-audit.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import { openFileKey, PROGRAM } from '../../framework/files/open-descriptor.ts';
import type { Task } from '../../framework/task.ts';
import { type FileRequest, revalidatedAccess } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import type { Label } from '../policy/index.ts';
import { MAY } from '../policy/index.ts';
import { hasPath } from './has-path.ts';
import { openRequest } from './open-request.ts';

export interface OpenFileHost {
  readonly security: ApparmorSecurity;
  /** Who opened what the task has open. */
  openerOf(task: Task, opened: Pick<OpenFile, 'descriptor' | 'sender'>): Task | undefined;
  kill(task: Task): void;
}

/** As whom a task uses a file. */
export interface FileUser {
  readonly label: Label;
  readonly fsuid: number;
  /** In whose name it is recorded; absent = only what would be decided is asked: nothing is recorded or remembered. */
  readonly subject?: ActingTask | undefined;
}

/** struct aa_file_ctx: whom the open file was allowed to, and what. */
interface FileContext {
  label: Label;
  allow: number;
}

/** What is known of a file that a process has open. */
interface Openings {
  readonly byDescriptor: Map<string, FileContext>;
  /** Of what was mapped last: a mapping keeps its file open, and does not say by which descriptor it was made. */
  mapped?: FileContext;
}

/** Limit of files whose contexts are remembered; what is forgotten is what it was when it was opened. */
const MOST_FILES = 4096;
/** The same of the descriptors of each, which dup(2) makes without end. */
const MOST_DESCRIPTORS = 64;
/** d_path() appends this to the path of an unlinked file; the name that it had counts (PATH_DELEGATE_DELETED). */
const DELETED = / \(deleted\)$/;
const OF_MAPPINGS: ReadonlySet<FileRequest['operation']> = new Set(['file_mmap', 'file_mprotect']);
/** What execve(2) opens a program for: apparmor_file_open() with __FMODE_EXEC. */
const OF_PROGRAM = MAY.EXEC | MAY.READ | MAY.MMAP_EXEC;

export class OpenFileMediation {
  readonly #host: OpenFileHost;
  /** By process and file. A cache: what is not there can be had again by asking. */
  readonly #openings = new Map<string, Openings>();
  /** Numbers for processes: their ids are used again. */
  readonly #processes = new WeakMap<Task['process'], number>();
  #next = 0;

  constructor(host: OpenFileHost) {
    this.#host = host;
  }

  get hooks(): AccessHooks {
    const { READ, WRITE, LOCK } = MAY;
    return {
      fileReceive: (task, opened, caller) =>
        this.#use(task, opened, { operation: 'file_receive', request: openRequest(opened.flags) }, caller),
      filePermission: (task, { mask, ...opened }, caller) =>
        this.#use(task, opened, { operation: 'file_perm', request: (mask & MAY_WRITE) === 0 ? READ : WRITE }, caller),
      fileLock: (task, { exclusive, ...opened }, caller) =>
        this.#use(task, opened, { operation: 'file_lock', request: exclusive ? LOCK | WRITE : LOCK }, caller),
      mmapFile: (task, { file, flags = 0, descriptor, protection, mapFlags, again }, caller) => {
        // A program is open for all that its segments are mapped for, and who was allowed the first has it (update_file_ctx()).
        if (again === true && descriptor === PROGRAM) return undefined;
        const request = mapRequest(protection, (mapFlags & MAP_PRIVATE) !== 0);
        return file && this.#use(task, { file, flags, descriptor }, { operation: 'file_mmap', request }, caller);
      },
      fileMprotect: (task, { file, protection, mapping }, caller) => {
        const request = mapRequest(protection, !mapping.shared);
        return file && this.#use(task, { file, flags: 0 }, { operation: 'file_mprotect', request }, caller);
      },
    };
  }

  /** The task opens a file: what its descriptors of that file were allowed says nothing about the new one. */
  opens(task: Task, file: FileFacts): void {
    this.#openings.get(this.#fileKey(task, file))?.byDescriptor.clear();
  }

  /** May a program inherit it (aa_inherit_files())? */
  inherits(task: Task, opened: OpenFile, user: FileUser): boolean {
    const access = { operation: 'file_inherit', request: openRequest(opened.flags) } as const;
    return this.#decide(task, opened, access, user) === undefined;
  }

  #use(task: Task, opened: OpenFile, access: FileRequest, caller: Caller): Errno | undefined {
    const label = this.#host.security.labels(task).label.newest();
    return this.#decide(task, opened, access, { label, fsuid: caller.uid, subject: caller });
  }

  #decide(task: Task, opened: OpenFile, access: FileRequest, { label, fsuid, subject }: FileUser): Errno | undefined {
    const { security, kill } = this.#host;
    if (label.unconfined || access.request === 0 || !hasPath(opened.file)) return undefined;
    const context = opened.sender === undefined ? this.#contextOf(task, opened) : this.#contextFrom(task, opened);
    if (context === undefined) return undefined;
    const { path, mode, inode } = opened.file;
    const verdict = revalidatedAccess(
      { label, opener: context.label.newest(), allowed: context.allow },
      {
        path: path.replace(DELETED, ''),
        disconnected: false,
        directory: (mode & S_IFMT) === S_IFDIR,
        ouid: inode.uid,
        fsuid,
      },
      access,
      subject === undefined ? () => {} : security.auditFile(subject),
    );
    if (subject === undefined) return verdict?.error;
    if (verdict?.kill === true) kill(task);
    const error = verdict?.error;
    if (verdict !== undefined && error === undefined) {
      context.label = context.label.merge(label);
      context.allow |= access.request;
    }
    // Also what was refused: fcntl(2) may change the flags, which count as they were when it was opened.
    const maps = error === undefined && OF_MAPPINGS.has(access.operation);
    if (verdict !== undefined || maps) this.#remember(task, opened, context, maps);
    return error;
  }

  #fileKey({ process }: Task, { device, inode }: FileFacts): string {
    const number = this.#processes.get(process) ?? this.#next++;
    this.#processes.set(process, number);
    return `${number} ${device} ${inode.ino}`;
  }

  #contextOf(task: Task, { file, flags, descriptor }: OpenFile): FileContext | undefined {
    const { security, openerOf } = this.#host;
    const openings = this.#openings.get(this.#fileKey(task, file));
    const known = descriptor === undefined ? openings?.mapped : openings?.byDescriptor.get(openFileKey(descriptor));
    if (known !== undefined) return known;
    const opener = openerOf(task, { descriptor });
    if (opener === undefined) return undefined;
    const { label } = security.labels(opener);
    if (descriptor === PROGRAM) return { label, allow: OF_PROGRAM };
    // What is mapped was opened for reading, and for writing where a shared mapping may become writable.
    return { label, allow: descriptor === undefined ? MAY.READ | MAY.WRITE : openRequest(flags) };
  }

  /** Of what somebody sends; `undefined`: who is not known. */
  #contextFrom(task: Task, { flags, sender }: OpenFile): FileContext | undefined {
    const opener = this.#host.openerOf(task, { sender });
    return opener && { label: this.#host.security.labels(opener).label, allow: openRequest(flags) };
  }

  #remember(task: Task, { file, descriptor }: OpenFile, context: FileContext, maps: boolean): void {
    if (descriptor === PROGRAM || (descriptor === undefined && !maps)) return;
    const key = this.#fileKey(task, file);
    const openings: Openings = this.#openings.get(key) ?? { byDescriptor: new Map() };
    if (descriptor !== undefined) keep(openings.byDescriptor, openFileKey(descriptor), context, MOST_DESCRIPTORS);
    if (maps) openings.mapped = context;
    keep(this.#openings, key, openings, MOST_FILES);
  }
}

/** Adds an entry; the oldest of more than `most` is forgotten. */
function keep<V>(entries: Map<string, V>, key: string, value: V, most: number): void {
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > most && oldest !== undefined) entries.delete(oldest);
}

/** common_mmap() */
function mapRequest(protection: number, isPrivate: boolean): number {
  const read = (protection & PROT_READ) === 0 ? 0 : MAY.READ;
  const written = (protection & PROT_WRITE) === 0 || isPrivate ? 0 : MAY.WRITE;
  return read | written | ((protection & PROT_EXEC) === 0 ? 0 : MAY.MMAP_EXEC);
}
