/** What the nodes of an audit have in common. */

import { textOf } from '../../../../linux/bytes.ts';
import type { Errno, Result } from '../../../../linux/errno.ts';
import { type InodeNumbers, PseudoFile } from '../../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../../vfs/tree/caller.ts';
import type { Attributes, Handle } from '../../../../vfs/tree/node.ts';
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

export class AuditNode extends PseudoFile {
  readonly #context: NodeContext;
  readonly #size: AuditNodeInit['size'];

  constructor(context: NodeContext, { mode, open, size }: AuditNodeInit) {
    const { numbers, time } = context;
    super({ ino: numbers.next(), mode, time }, (flags, caller) => open(flags, caller, context.instance(caller)));
    this.#context = context;
    this.#size = size;
  }

  override attributes(caller: Caller): Attributes {
    const { access, instance } = this.#context;
    const own = super.attributes(caller);
    const size = this.#size?.(instance(caller)) ?? own.size;
    return { ...own, ...access.owner(caller), size };
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
