/**
 * .access: questions about labels, one per write, any number per open.
 *
 * Model: the multi_transaction of security/apparmor/apparmorfs.c. Anybody may ask. An answer stays until the next
 * question that is answered.
 */

import { slice } from '../../../linux/bytes.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Handle, Position } from '../../../vfs/tree/node.ts';
import { accessQuery } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import type { ApparmorfsContext } from './context.ts';

/** A page less the header of the transaction and a final NUL. */
const QUERY_LIMIT = 4079;

export function accessFile({ security, init }: ApparmorfsContext): PseudoFile {
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
