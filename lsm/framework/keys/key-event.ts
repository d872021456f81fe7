/**
 * What is told of keys: calls that change those that the emulated kernel keeps, and keys that the host's has got.
 */
import type { Caller } from '../../../vfs/tree/caller.ts';

/** What changes keys, or tells that the host's were changed. */
export type KeyChange =
  /** add_key(2). Payload in base64. */
  | {
      readonly call: 'add';
      readonly type: string;
      readonly description: string;
      readonly payload: string;
      readonly ring: number;
    }
  /** The same into a keyring of the host, which is called so. */
  | { readonly call: 'added'; readonly type: string; readonly payload: string; readonly ring: string }
  /** keyctl(2): operation and its first two arguments. */
  | { readonly call: 'control'; readonly operation: number; readonly first: number; readonly second: number };

export interface KeyEvent {
  readonly kind: 'key';
  readonly change: KeyChange;
  readonly caller: Caller;
}

/** A key that add_key(2) has made. */
export interface AddedKey {
  /** Description of the keyring. */
  readonly ring: string;
  /** `asymmetric`, `user`, ... */
  readonly type: string;
  readonly payload: Uint8Array;
}
