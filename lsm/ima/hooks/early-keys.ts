/**
 * Keys that are added before there is a policy of somebody's own: they are measured by its rules, in order
 * (security/integrity/ima/ima_queue_keys.c).
 *
 * Model: a kernel waits for five minutes; here nobody looks at a clock, and a policy may come at any time.
 */
import type { AddedKey } from '../../framework/keys/key-event.ts';

/** Bytes of all of them: a kernel has no limit, and a user could add keys again and again. */
const MOST_BYTES = 1 << 20;

export class EarlyKeys {
  #keys: AddedKey[] | undefined = [];
  #bytes = 0;

  /** @returns whether it waits: from the first policy on none does. */
  add(key: AddedKey): boolean {
    if (this.#keys === undefined) return false;
    this.#bytes += key.payload.length;
    if (this.#bytes <= MOST_BYTES) this.#keys.push(key);
    return true;
  }

  /** There is a policy. */
  take(): readonly AddedKey[] {
    const keys = this.#keys ?? [];
    this.#keys = undefined;
    return keys;
  }
}
