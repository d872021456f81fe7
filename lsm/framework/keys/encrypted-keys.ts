/**
 * Payloads of keys of type `encrypted` (security/keys/encrypted-keys) that the stack knows, decrypted.
 */
import type { Tid } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { StackEvent } from '../events.ts';

export interface EncryptedKeysHost {
  /** The payload of a key outside, as this thread finds it; `undefined` = there is none, or a log is replayed. */
  find(description: string, tid: Tid): Uint8Array | undefined;
  apply(event: StackEvent): unknown;
}

export class EncryptedKeys {
  readonly #host: EncryptedKeysHost;
  /** By description, and root of the user namespace whose keys they are: payload in base64. */
  readonly #payloads: Map<string, string>;

  /** @param known payloads in base64, by description; `NAME@ROOT` = that of user namespaces whose root is that user outside. */
  constructor(host: EncryptedKeysHost, known: Readonly<Record<string, string>>) {
    this.#host = host;
    this.#payloads = new Map(Object.entries(known));
  }

  /** What a key decrypts to, as the thread finds it; one that is only outside becomes known. */
  get(description: string, { tid, userNamespace }: Pick<Caller, 'tid' | 'userNamespace'>): Uint8Array | undefined {
    const own = userNamespace === undefined ? description : `${description}@${userNamespace.rootUid}`;
    const known = this.#payloads.get(own);
    if (known !== undefined) return Buffer.from(known, 'base64');
    const found = this.#host.find(description, tid);
    if (found !== undefined)
      this.#host.apply({ kind: 'encrypted-key', description: own, payload: Buffer.from(found).toString('base64') });
    return found;
  }

  /** What the stack does with the event of `get`. @param payload in base64. */
  set(description: string, payload: string): void {
    this.#payloads.set(description, payload);
  }
}
