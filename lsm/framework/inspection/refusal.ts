/** What an audit record of a refusal is about, in few words: records with the same words are the same refusal, which a report counts. */

export interface RefusalAbout {
  /** Who was refused: a type, a profile, a label, a program. */
  readonly subject: string;
  /** What was to be used: a type, a label, a path. */
  readonly object: string;
  /** A class, an operation; empty where a module has no such thing. */
  readonly kind: string;
  /** Permissions, or why a module refuses. */
  readonly access: string;
  /** The access was let through and only recorded. */
  readonly permissive: boolean;
  /** What to do, for modules that explain no record. */
  readonly hint?: string;
}
