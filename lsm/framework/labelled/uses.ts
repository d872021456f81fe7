/**
 * Uses of the content of files of a labelled tree (files/file-use.ts): the content is in memory, so its digests are
 * made when they are needed.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { type Errno, failed } from '../../../linux/errno.ts';
import type { LabelledObject } from '../../../vfs/labelled/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { softwareDigests } from '../digests/digests.ts';
import type { AuditTask, FileUse } from '../files/file-use.ts';
import type { Stack } from '../stack.ts';
import { type TreeSuperblock, usedFile } from './facts.ts';

export type UseOf = Omit<FileUse, 'file'>;

export interface ContentUsesHost {
  readonly stack: Stack;
  readonly superblock: TreeSuperblock;
  /** Who uses files, as audit records show it; absent = uses of their content are not reported. */
  readonly auditTask?: (caller: Caller) => AuditTask;
}

export class ContentUses {
  readonly #host: ContentUsesHost;

  constructor(host: ContentUsesHost) {
    this.#host = host;
  }

  /** The errno of a use that is refused. What modules store with the file is stored. */
  decide(object: LabelledObject, use: UseOf, caller: Caller): Errno | undefined {
    const { stack, superblock, auditTask } = this.#host;
    if (auditTask === undefined || !stack.uses.watch.active) return undefined;
    stack.userNamespaces.note(caller);
    const context = { caller, task: auditTask(caller) };
    const file = usedFile(object, superblock);
    const asked: FileUse = { ...use, file: { ...file, content: { ...file.content, digests: {} } } };
    const needs = stack.uses.needs(asked, context);
    if (needs === undefined) return undefined;
    const digests = digestsOf(object, needs.digests);
    const known: FileUse = { ...use, file: { ...file, content: { ...file.content, digests } } };
    const result = stack.apply({ kind: 'file-use', uses: [known], context });
    for (const { key, name, value } of stack.uses.stores.take())
      if (key === file.content.key) object.store(name, bytesOf(value));
    return failed(result) ? result : undefined;
  }
}

/** In hexadecimal; without those that cannot be computed. */
function digestsOf(object: LabelledObject, algorithms: readonly string[]): Record<string, string> {
  const content = algorithms.length === 0 ? new Uint8Array() : object.content();
  if (failed(content)) return {};
  return Object.fromEntries(
    algorithms.flatMap((algorithm) => {
      const digest = softwareDigests.compute(algorithm, [content]);
      return digest === undefined ? [] : [[algorithm, Buffer.from(digest).toString('hex')]];
    }),
  );
}
