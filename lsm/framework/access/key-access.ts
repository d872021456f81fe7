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
  /** It makes a key, unless one with this name is in the ring already. `ring`: absent = another ring than these. */
  | { readonly made: 'key'; readonly name: string; readonly ring?: KeyRing }
  /** A key has this number. */
  | { readonly made: 'seen'; readonly name: string; readonly serial: number };
