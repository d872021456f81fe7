/**
 * Decides about the file uses that supervisor threads report: computes the digests that modules need, then asks the stack.
 *
 * Model: a thread reports a use before it happens, while the caller is blocked. When no digest is missing the answer is
 * immediate; otherwise the thread continues with other calls, and the caller is answered when the file has been read.
 */

import { closeSync, constants, openSync } from 'node:fs';
import { setXattr } from '../../../host/files/xattr.ts';
import { inInitialUserNamespace } from '../../../host/process/user-namespace.ts';
import { CAP } from '../../../linux/capability.ts';
import { ERRNO, failed } from '../../../linux/errno.ts';
import { O_PATH } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { FileStore } from '../../../lsm/framework/files/file-stores.ts';
import type { AuditTask, FileUse, UseContext, UseHook, UseNeeds } from '../../../lsm/framework/files/file-use.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import { type Caller, capable } from '../../../vfs/tree/caller.ts';
import type { FileMarks } from '../../supervisor/protocol/file-marks.ts';
import type {
  FileMadeQuestion,
  FileUseQuestion,
  LateVerdict,
  ReportedFile,
  ReportedUse,
  Settlement,
  UseVerdict,
} from '../../supervisor/uses/reported-use.ts';
import type { ThreadStatus } from '../facts/thread-status.ts';
import type { KeptLabels } from '../served/superblock-labels.ts';
import type { ReadContent } from './digest-thread.ts';
import type { DigestRequest, FileDigests } from './digests.ts';
import { LazyTask } from './lazy-task.ts';

/** Limit of waiting callers. */
const MOST_MAKERS = 1024;
const { EPERM } = ERRNO;
const NEEDED: Readonly<Partial<Record<UseHook, number>>> = {
  module: CAP.SYS_MODULE,
  'kexec-kernel': CAP.SYS_BOOT,
  'kexec-initramfs': CAP.SYS_BOOT,
};
const UNREAD: ReadContent = { digests: {} };

export interface FileUseHost {
  readonly stack: Stack;
  readonly digests: FileDigests;
  /** Attributes that files cannot store. */
  readonly superblocks: Pick<KeptLabels, 'keep' | 'kept'>;
  readonly marks: Pick<FileMarks, 'move' | 'of'>;
  status(tid: Tid): ThreadStatus | undefined;
  /** Records that are made in `work` belong to the call in which the thread waits: audit/audit-calls.ts */
  during<T>(tid: Tid, work: () => T, exit: (result: T) => number | undefined): T;
  /** The owner of a file as the modules are to see it: the user who stands for root is 0. */
  ownerFor(uid: number, tid: Tid): number;
}

interface WantedUse {
  readonly use: ReportedUse;
  readonly request: DigestRequest;
  /** Path of a magic link to the file. */
  readonly link: string;
  /** Ours, behind `link`. */
  readonly held?: number;
}

export class FileUseDesk {
  readonly #host: FileUseHost;
  /** Makers of files that do not exist yet, by temporary key. */
  readonly #makers = new Map<string, { readonly context: UseContext; readonly file: ReportedFile }>();
  /** May we store security attributes on every filesystem? */
  readonly #privileged = inInitialUserNamespace();

  constructor(host: FileUseHost) {
    this.#host = host;
  }

  /** The decision, or a promise of it, which never rejects. Files are open before this returns. */
  decide(question: FileUseQuestion, caller: Caller): UseVerdict | Promise<LateVerdict> {
    const { stack, digests } = this.#host;
    stack.userNamespaces.note(caller);
    // The system call refuses those before it looks at the file.
    if (question.uses.some(({ hook }) => !maySee(hook, caller))) return { errno: 0, settlements: [] };
    const context: UseContext = { caller, task: new LazyTask(caller.tid, this.#host) };
    const { thread } = question;
    const uses = question.uses.map((reported) => this.#complete(reported, caller.tid));
    const wanted = uses.flatMap((use): (WantedUse & { readonly stores: boolean })[] => {
      const needs = stack.uses.needs(fileUse(use, UNREAD), context);
      if (needs === undefined) return [];
      const link = linkOf(thread, use.descriptor);
      return [{ use, request: requestFor(use, needs, link), link, stores: needs.stores === true }];
    });
    const [first] = wanted;
    if (first === undefined) return { errno: 0, settlements: this.#settlements(uses, context) };
    for (const { use } of wanted) if (use.created === true) this.#remember(use.file, context);
    const known = wanted.map(({ request }) => contentKnown(digests, request));
    if (known.every((table) => table !== undefined)) {
      const { errno, stored } = this.#apply(wanted, known, context);
      const stays = errno === 0 && stored.length === 0;
      return { errno, settlements: stays ? this.#settlements(uses, context) : [] };
    }
    // The thread closes its descriptors as soon as it is told that the answer comes later.
    const kept = wanted.map((want) => (want.stores ? holding(want) : want));
    const tables = wanted.map(({ request }, index) => known[index] ?? digests.compute(request));
    return Promise.all(tables).then((found) => {
      try {
        const { errno, stored } = this.#apply(kept, found, context);
        return { errno, file: withStored(first.use.file, stored) };
      } finally {
        for (const { held } of kept) if (held !== undefined) closeSync(held);
      }
    });
  }

  /** An announced file exists. */
  made({ was, now }: FileMadeQuestion): void {
    const known = this.#makers.get(was);
    this.#makers.delete(was);
    if (known === undefined) return;
    const { context, file } = known;
    const { key, mode, ino, uid, gid } = now;
    const inode = { ...file.inode, ino, uid, gid };
    const made = { ...file, mode, inode, content: { ...file.content, key, digests: {} } };
    const use: FileUse = { hook: 'made', mask: 0, was, file: made };
    this.#host.marks.move(ino);
    this.#host.stack.apply({ kind: 'file-use', uses: [use], context });
  }

  #settlements(uses: readonly ReportedUse[], context: UseContext): (Settlement | undefined)[] {
    const { stack, marks } = this.#host;
    return uses.map((use) => {
      const settled = stack.uses.settled(fileUse(use, UNREAD), context);
      return settled === 'no' ? undefined : { settled, mark: marks.of(use.file.inode.ino) };
    });
  }

  #remember(file: ReportedFile, context: UseContext): void {
    this.#makers.set(file.content.key, { context: { ...context, task: factsOf(context.task) }, file });
    const [oldest] = this.#makers.size > MOST_MAKERS ? this.#makers.keys() : [];
    if (oldest !== undefined) this.#makers.delete(oldest);
  }

  /** Adds the attributes kept in memory, and the owner as modules see it. */
  #complete(use: ReportedUse, tid: Tid): ReportedUse {
    const { file } = use;
    const owner = file.inode.uid;
    const uid = this.#host.ownerFor(owner, tid);
    const kept = this.#host.superblocks.kept(file.inode, file.device);
    const seen = uid === owner ? {} : { uid, owner };
    const inode = { ...file.inode, ...seen, xattrs: { ...file.inode.xattrs, ...kept } };
    return { ...use, file: { ...file, inode } };
  }

  #apply(wanted: readonly WantedUse[], contents: readonly ReadContent[], context: UseContext) {
    const { stack, marks } = this.#host;
    for (const { use } of wanted) marks.move(use.file.inode.ino);
    const uses = wanted.map(({ use }, index) => fileUse(use, contents[index] ?? UNREAD));
    const result = this.#host.during(
      context.caller.tid,
      () => stack.apply({ kind: 'file-use', uses, context }),
      (given) => (failed(given) ? -given.number : undefined),
    );
    const stored = stack.uses.stores.take();
    for (const store of stored) this.#store(store, wanted);
    return { errno: failed(result) ? result.number : 0, stored };
  }

  #store({ key, name, value }: FileStore, wanted: readonly WantedUse[]): void {
    const about = wanted.find(({ use }) => use.file.content.key === key);
    if (about === undefined) return;
    const stored = setXattr(about.link, name, value);
    if (stored === -EPERM && !this.#privileged) {
      const { inode, device } = about.use.file;
      this.#host.superblocks.keep(inode, device, name, value);
    }
  }
}

function withStored(file: ReportedFile, stored: readonly FileStore[]): ReportedFile {
  const own = stored.filter(({ key }) => key === file.content.key).map(({ name, value }) => [name, value]);
  return { ...file, inode: { ...file.inode, xattrs: { ...file.inode.xattrs, ...Object.fromEntries(own) } } };
}

/** Present facts of the thread, for its audit records. */
function factsOf({ ids, ppid, tty, exe }: AuditTask): AuditTask {
  return { ids, ppid, tty, exe };
}

function linkOf(thread: number, descriptor: number): string {
  return `/proc/self/task/${thread}/fd/${descriptor}`;
}

/** Opens the file, for reading its content after the thread has closed its descriptor. */
function holding(want: WantedUse): WantedUse {
  try {
    const held = openSync(want.link, O_PATH);
    return { ...want, held, link: `/proc/self/fd/${held}` };
  } catch {
    return want; // no descriptor is left
  }
}

function fileUse({ descriptor: _descriptor, ...use }: ReportedUse, content: ReadContent): FileUse {
  return { ...use, file: { ...use.file, content: { ...use.file.content, ...content } } };
}

/** may_init_module(), kexec_load_permitted() */
function maySee(hook: UseHook, caller: Caller): boolean {
  const needed = NEEDED[hook];
  return needed === undefined || capable(caller, needed);
}

function contentKnown(digests: Pick<FileDigests, 'known'>, request: DigestRequest): ReadContent | undefined {
  if (request.algorithms.length === 0) return UNREAD;
  const known = digests.known(request);
  return known && { digests: known };
}

function requestFor({ file: { content } }: ReportedUse, { digests, appended }: UseNeeds, link: string): DigestRequest {
  return {
    key: content.key,
    version: `${content.mtime} ${content.ctime} ${content.size}`,
    size: content.size,
    algorithms: digests,
    appended: appended === true,
    changing: content.writers,
    open: () => reopen(link),
  };
}

function reopen(link: string): number {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  try {
    return openSync(link, flags | constants.O_NOATIME);
  } catch {
    try {
      return openSync(link, flags); // O_NOATIME is refused for files of other owners
    } catch {
      return -1;
    }
  }
}
