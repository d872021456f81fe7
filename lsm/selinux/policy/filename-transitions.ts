/**
 * Filename transitions: the type of a new object by (directory type, class, last path component) and the creating domain.
 */
export interface FilenameTransition {
  /** Values of the source types minus one; no attributes. */
  readonly sources: { has(bit: number): boolean };
  readonly newType: number;
}

/** Key: {@link filenameKey}. */
export type FilenameTransitions = ReadonlyMap<string, readonly FilenameTransition[]>;

export function filenameKey(targetType: number, targetClass: number, name: string): string {
  return `${targetType}:${targetClass}:${name}`;
}
