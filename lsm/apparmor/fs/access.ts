/**
 * .access: questions about labels, one per write, any number per open.
 *
 * Model: the multi_transaction of security/apparmor/apparmorfs.c. Anybody may ask. An answer stays until the next question that is answered.
 */
import { PseudoFile } from '../../../vfs/builders/index.ts';
import { slice } from '../../../vfs/bytes.ts';
import type { Caller } from '../../../vfs/caller.ts';
import { E, failed, type Result } from '../../../vfs/errno.ts';
import type { Handle, Position } from '../../../vfs/node.ts';
import { accessQuery } from '../policy/index.ts';
import type { ApparmorSecurity } from '../security.ts';
import type { FsContext } from './context.ts';

/** A page less the header of the transaction and a final NUL. */
const QUERY_LIMIT = 4079;

export function accessFile({ security, init }: FsContext): PseudoFile {
  return new PseudoFile(init(0o666), () => new AccessHandle(security));
}

class AccessHandle implements Handle {
  readonly writeMovesPosition = false;
  readonly #security: ApparmorSecurity;
  #answer: Uint8Array = new Uint8Array(0);

  constructor(security: ApparmorSecurity) {
    this.#security = security;
  }

  read(length: number, at: Position): Uint8Array {
    return slice(this.#answer, length, at.offset);
  }

  write(query: Uint8Array, at: Position, caller: Caller): Result<number> {
    if (at.offset !== 0) return E.ESPIPE;
    if (query.length > QUERY_LIMIT) return E.EFBIG;
    const label = this.#security.labelOf(caller);
    const answer = accessQuery(Uint8Array.from(query), { label, fsuid: caller.uid });
    if (failed(answer)) return answer;
    this.#answer = answer;
    return query.length;
  }
}
