/** What the nodes of an audit have in common. */

import { textOf } from '../../../../linux/bytes.ts';
import { E, type Errno, type Result } from '../../../../linux/errno.ts';
import { openMask } from '../../../../linux/fs.ts';
import { type InodeNumbers, PseudoFile } from '../../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../../vfs/tree/caller.ts';
import type { AttributeChange, Attributes, Handle } from '../../../../vfs/tree/node.ts';
import { checkAccess } from '../../../../vfs/tree/permission.ts';
import type { AuditInstance } from '../instance.ts';
import type { RecordNames } from '../record-line.ts';
import type { AuditAccess } from './access.ts';

export interface NodeContext {
  readonly access: AuditAccess;
  readonly names: RecordNames;
  readonly numbers: InodeNumbers;
  readonly time: bigint;
  /** Whose nodes they are for this caller. */
  instance(caller: Caller): AuditInstance;
}

export interface AuditNodeInit {
  /** Permission bits. */
  readonly mode: number;
  open(flags: number, caller: Caller, instance: AuditInstance): Result<Handle>;
  /** Absent = 0. */
  size?(instance: AuditInstance): number;
}

/** One inode for all callers, each of whom has another owner and finds another audit in it. */
export class AuditNode extends PseudoFile {
  readonly #context: NodeContext;
  readonly #size: AuditNodeInit['size'];

  constructor(context: NodeContext, { mode, open, size }: AuditNodeInit) {
    const { access, numbers, time } = context;
    super({ ino: numbers.next(), mode, time }, (flags, caller) => {
      const instance = context.instance(caller);
      if (!access.reaches(caller, instance)) return E.EPERM;
      // The transport's kernel may have checked the mode bits against the owner that another caller was told at the same time.
      return checkAccess(this, openMask(flags), caller) ?? open(flags, caller, instance);
    });
    this.#context = context;
    this.#size = size;
  }

  override attributes(caller: Caller): Attributes {
    const { access, instance } = this.#context;
    const own = super.attributes(caller);
    const size = this.#size?.(instance(caller)) ?? own.size;
    return { ...own, ...access.owner(caller), size };
  }

  /** Who owns it for himself does not decide for others: as in procfs owners and times change to no effect, and the mode never. */
  override setAttributes({ mode }: AttributeChange): Errno | undefined {
    return mode === undefined ? undefined : E.EPERM;
  }
}

const NEWLINE = 10;

/** The write function of a node that takes one line of each write(2); what is behind it is for the next one. */
export function lineWriter(take: (line: string, caller: Caller) => Errno | undefined): NonNullable<Handle['write']> {
  return (data, _at, caller) => {
    const { line, length } = firstLine(data);
    return take(line, caller) ?? length;
  };
}

/** @returns its first line without the end, and the bytes of it with that. */
export function firstLine(data: Uint8Array): { readonly line: string; readonly length: number } {
  const end = data.indexOf(NEWLINE);
  const line = textOf(end < 0 ? data : data.subarray(0, end));
  return { line, length: end < 0 ? data.length : end + 1 };
}
