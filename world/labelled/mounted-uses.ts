/**
 * Uses of the content of files below a labelled mount (lsm/framework/files/file-use.ts): open and execve are told of, and an
 * attribute that depends on the content is made anew before it is read.
 *
 * A thread has looked at the file before it was opened for the caller, who waits while its digest is computed; nobody else does.
 * execve opens the program and every interpreter in the same way, so each counts as a program; what else is mapped is not told.
 */
import { failed } from '../../linux/errno.ts';
import { O_APPEND, O_DIRECT, O_NOATIME, opensForReading, opensForWriting } from '../../linux/fcntl.ts';
import { FMODE_EXEC, MAY_APPEND, MAY_EXEC, MAY_READ, MAY_WRITE } from '../../linux/fs.ts';
import type { Tid } from '../../linux/ids.ts';
import type { AuditTask, ContentFacts, FileUse, UseContext, UsedFile } from '../../lsm/framework/files/file-use.ts';
import { fileFacts, type TreeSuperblock } from '../../lsm/framework/labelled/facts.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { DigestRequest, DigestTable, FileDigests } from '../daemon/content/digests.ts';
import { contentKey } from '../supervisor/uses/used-file.ts';
import type { Asked } from './connection.ts';
import type { Job, LookedContent, LookedFile } from './jobs.ts';
import type { LookedObject } from './looked-object.ts';
import type { BackedNode } from './nodes.ts';

/** What is needed of the handling of a request (context.ts). */
export interface RequestWork {
  work(asked: Asked, job: Job): Promise<LookedAtUse>;
  workOnceFree(asked: Asked, job: Job): Promise<LookedAtUse>;
  object(node: BackedNode, looked: LookedFile | undefined): LookedObject | undefined;
  store(asked: Asked, node: Pick<BackedNode, 'fd'>, object: LookedObject): Promise<number>;
  own(asked: Asked, fds: readonly number[]): () => void;
}

interface LookedAtUse {
  readonly result: number;
  readonly looked: readonly (LookedFile | undefined)[];
  readonly used: LookedContent | undefined;
}

export type MountedUse = Omit<FileUse, 'file'>;

export interface MountedUsesHost {
  readonly stack: Stack;
  readonly superblock: TreeSuperblock;
  readonly digests: Pick<FileDigests, 'known' | 'compute'>;
  /** Who uses files, as audit records show it. */
  task(tid: Tid): AuditTask;
}

/** A file that a thread has looked at. */
export interface MountedFile {
  readonly node: Pick<BackedNode, 'fd'>;
  readonly object: LookedObject;
  readonly content: LookedContent;
}

export class MountedUses {
  readonly #host: MountedUsesHost;

  constructor(host: MountedUsesHost) {
    this.#host = host;
  }

  /** Does any module ask? */
  get active(): boolean {
    return this.#host.stack.uses.watch.active;
  }

  /** Does the value of this attribute depend on the content? */
  concerns(name: string): boolean {
    return this.active && this.#host.stack.declared.contentXattrs.includes(name);
  }

  /** @returns a positive errno, or 0. What modules store with the file is stored then. */
  async decide(
    context: RequestWork,
    asked: Asked,
    { node, object, content }: MountedFile,
    uses: readonly MountedUse[],
    caller: Caller,
  ): Promise<number> {
    const { stack } = this.#host;
    stack.userNamespaces.note(caller);
    const about: UseContext = { caller, task: this.#host.task(caller.tid) };
    const file = this.#facts(object, content);
    const complete = (use: MountedUse, digests: DigestTable): FileUse => ({
      ...use,
      file: { ...file, content: { ...file.content, digests } },
    });
    const needs = uses.map((use) => stack.uses.needs(complete(use, {}), about));
    if (needs.every((need) => need === undefined)) return 0;
    const algorithms = [...new Set(needs.flatMap((need) => need?.digests ?? []))];
    const digests = await this.#digests(context, asked, node, { file, algorithms });
    const decided = stack.apply({ kind: 'file-use', uses: uses.map((use) => complete(use, digests)), context: about });
    for (const { key, name, value } of stack.uses.stores.take())
      if (key === file.content.key) object.store(name, Buffer.from(value, 'latin1'));
    if (object.stores.length > 0) await context.store(asked, node, object);
    return failed(decided) ? decided.number : 0;
  }

  /** Brings an attribute up to date that depends on the content. */
  async update(context: RequestWork, asked: Asked, node: BackedNode, caller: Caller): Promise<void> {
    const { looked, used } = await context.work(asked, { op: 'look', look: [node.fd], content: node.fd });
    const object = context.object(node, looked[0]);
    if (object === undefined || used === undefined) return;
    await this.decide(context, asked, { node, object, content: used }, [{ hook: 'update-xattr', mask: 0 }], caller);
  }

  #facts(object: LookedObject, { stat, writers, openers }: LookedContent): UsedFile<ContentFacts> {
    const { superblock } = this.#host;
    const { magic, uuid } = superblock;
    const { size, mtime, ctime } = stat;
    const { generation } = object.look();
    const key = contentKey(stat, magic);
    return {
      ...fileFacts(object, superblock),
      superblock: { magic, ...(uuid !== undefined && { uuid }) },
      content: { key, generation, size, mtime, ctime, writers, openers },
    };
  }

  /** A thread opens the file, which may wait; the thread of digests closes it, unless it reads the same content already. */
  async #digests(
    context: RequestWork,
    asked: Asked,
    { fd }: Pick<BackedNode, 'fd'>,
    {
      file: { content },
      algorithms,
    }: { readonly file: UsedFile<ContentFacts>; readonly algorithms: readonly string[] },
  ): Promise<DigestTable> {
    if (algorithms.length === 0) return {};
    const { digests } = this.#host;
    const { key, mtime, ctime, size, writers } = content;
    const request = { key, version: `${mtime} ${ctime} ${size}`, size, algorithms, changing: writers };
    const never: DigestRequest = { ...request, open: () => -1 };
    const known = digests.known(never);
    if (known !== undefined) return known;
    const { result } = await context.workOnceFree(asked, { op: 'open', fd, flags: O_NOATIME });
    const keep = result < 0 ? () => {} : context.own(asked, [result]);
    const open = (): number => {
      keep();
      return result;
    };
    return (await digests.compute({ ...request, open })).digests;
  }
}

/** How open(2), or the opening of a program by execve(2), uses a file. */
export function usesOfOpen(flags: number, { isElf }: Pick<LookedContent, 'isElf'>): readonly MountedUse[] {
  if ((flags & FMODE_EXEC) !== 0) {
    const hooks = isElf ? EXEC_OF_ELF : EXEC;
    return hooks.map((hook) => ({ hook, mask: MAY_EXEC }));
  }
  return [openUse(flags)];
}

/** The same for a file that it has made. */
export function usesOfCreate(flags: number): readonly MountedUse[] {
  return [
    { ...openUse(flags), created: true },
    { hook: 'made', mask: 0, was: '' },
  ];
}

const EXEC = ['open', 'exec', 'creds'] as const;
const EXEC_OF_ELF = [...EXEC, 'mmap-requested', 'mmap'] as const;

function openUse(flags: number): MountedUse {
  const [reads, writes] = [opensForReading(flags), opensForWriting(flags)];
  const access = (reads ? MAY_READ : 0) | (writes ? MAY_WRITE : 0);
  const mask = access | ((flags & O_APPEND) === 0 ? 0 : MAY_APPEND);
  return { hook: 'open', mask, writes, direct: (flags & O_DIRECT) !== 0 };
}
