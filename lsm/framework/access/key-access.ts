/** What the mediated hooks of keys are asked about, and what is noted of keys that are made. */

/** A key by its number, or one that a search in the caller's rings finds by its name; a ring of the caller. */
export type AccessedKey =
  | { readonly ring: KeyRing }
  | { readonly name: string; readonly serial: number }
  | { readonly name: string; readonly serial?: undefined };

export type KeyRing = 'thread' | 'process' | 'session';

/** KEY_NEED_* of include/linux/key.h, as far as modules are asked. */
export type KeyNeed = 'view' | 'read' | 'write' | 'search' | 'link' | 'setattr';

/** Names are `type;uid;description`, as keyctl_describe(3) shows them without group and permissions. */
export type KeyNote =
  /** The task gets a ring of this kind, if it has none. */
  | { readonly made: 'ring'; readonly ring: 'thread' | 'process' }
  /** It gets another session ring: a new one, or the one that has this name. */
  | { readonly made: 'session'; readonly name?: string }
  /** Its parent gets its session ring. */
  | { readonly made: 'parent-session'; readonly parent: number }
  /** It makes a key, unless one with this name is in the ring already. `into`: absent = a ring of which nothing is known. */
  | { readonly made: 'key'; readonly name: string; readonly into?: AccessedKey }
  /** A key has this number. `hidden`: its permissions let nobody search for it. */
  | { readonly made: 'seen'; readonly name: string; readonly serial: number; readonly hidden?: boolean }
  /** It links a key to a ring, or removes it there. */
  | { readonly made: 'link' | 'unlink'; readonly key: AccessedKey; readonly ring?: AccessedKey }
  /** It removes all that is in a ring. */
  | { readonly made: 'clear'; readonly ring: AccessedKey };

/** Which key is searched for, and where. */
export interface SoughtKey {
  /** Absent = there is none. */
  readonly key?: AccessedKey;
  /** Absent = in all rings of the task. */
  readonly ring?: AccessedKey;
  /** The permissions of the key let the task not search for it. Absent = what is known of the key. */
  readonly hidden?: boolean;
  /** The kernel goes on where no key is found, and makes one or says why not. */
  readonly mayMiss?: true;
}
