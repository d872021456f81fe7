/**
 * Files that take a whole binary object in one write(2): policies, profiles.
 *
 * A transport may have to split that write into parts without saying how long the whole is. A part marked `mayContinue` is therefore
 * kept until a part without that mark follows it, or `whole` recognises a complete object, or something else happens on this open; then
 * the object is handed over once. The errno of the object is the errno of the part that completed it.
 */

import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import type { Caller } from '../tree/caller.ts';
import type { Handle, Position } from '../tree/node.ts';
import { PseudoFile } from './file.ts';
import type { InodeInit } from './inode.ts';

export interface BlobOptions {
  /** Longest object; more is ENOMEM. */
  readonly limit: number;
  /** Asked at the first part (of `length` bytes), before any data are kept: position rule, permission. */
  readonly begin?: (offset: number, caller: Caller, length: number) => Errno | undefined;
  /** Is this beginning already a whole object? Asked only while more may follow. Default: cannot tell. */
  readonly whole?: (data: Uint8Array) => boolean;
  /** Takes the object. `data` is the receiver's to keep. */
  readonly commit: (data: Uint8Array, caller: Caller) => Errno | undefined;
  readonly read?: NonNullable<Handle['read']>;
}

export class BlobFile extends PseudoFile {
  constructor(init: InodeInit, options: BlobOptions) {
    super(init, () => new BlobHandle(options));
  }
}

interface Assembly {
  readonly parts: Uint8Array[];
  length: number;
  /** Offset at which the next part must arrive. */
  next: number;
  readonly caller: Caller;
}

class BlobHandle implements Handle {
  readonly writeMovesPosition = false;
  readonly read?: NonNullable<Handle['read']>;
  readonly #options: BlobOptions;
  #assembly: Assembly | undefined;

  constructor(options: BlobOptions) {
    this.#options = options;
    const { read } = options;
    if (read !== undefined) {
      this.read = (length, at, caller) => {
        this.#finish();
        return read(length, at, caller);
      };
    }
  }

  write(data: Uint8Array, at: Position, caller: Caller): Result<number> {
    const assembly = this.#continue(at) ?? this.#begin(at, caller, data.length);
    if (failed(assembly)) return assembly;
    if (assembly.length + data.length > this.#options.limit) {
      this.#assembly = undefined;
      return E.ENOMEM;
    }
    assembly.parts.push(Uint8Array.from(data));
    assembly.length += data.length;
    assembly.next += data.length;
    if (at.mayContinue === true && this.#options.whole?.(joined(assembly)) !== true) return data.length;
    return this.#finish() ?? data.length;
  }

  release(): void {
    this.#finish();
  }

  #continue(at: Position): Assembly | undefined {
    return this.#assembly?.next === at.offset ? this.#assembly : undefined;
  }

  #begin(at: Position, caller: Caller, length: number): Result<Assembly> {
    this.#finish();
    const refused = this.#options.begin?.(at.offset, caller, length);
    if (refused !== undefined) return refused;
    this.#assembly = { parts: [], length: 0, next: at.offset, caller };
    return this.#assembly;
  }

  /** Hands over what has been assembled, if anything. */
  #finish(): Errno | undefined {
    const assembly = this.#assembly;
    this.#assembly = undefined;
    return assembly === undefined ? undefined : this.#options.commit(joined(assembly), assembly.caller);
  }
}

/** The parts as one array; kept as the only part so that asking again costs nothing. */
function joined(assembly: Assembly): Uint8Array {
  const [first] = assembly.parts;
  if (assembly.parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(assembly.length);
  let at = 0;
  for (const part of assembly.parts) {
    whole.set(part, at);
    at += part.length;
  }
  assembly.parts.splice(0, assembly.parts.length, whole);
  return whole;
}
