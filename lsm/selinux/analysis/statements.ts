/** What a policy says, as statements: they can be compared by name with those of another policy, which numbers everything anew. */
import type { AnalysedPolicy } from './policy.ts';

export interface Statement {
  /** What it is about, in the policy's language: `genfscon proc /kmsg`. Statements of one name and condition are one that changed. */
  readonly name: string;
  /** What it says: names, by what they are. */
  readonly parts: Readonly<Record<string, readonly string[]>>;
  /** What puts it in force, where it stands in a condition: `while (httpd_unified) is true`. */
  readonly condition?: string;
}

/** Statements of one kind. */
export interface Section {
  /** What people and programs call it. */
  readonly name: string;
  /** The part that a line shows of a statement that only one policy has; absent: the name says enough. */
  readonly shown?: string;
  /** What ends a line of source text. */
  readonly end?: string;
  readonly of: (policy: AnalysedPolicy) => Iterable<Statement>;
  /** Names in fewer words, for people and programs. */
  readonly shortened?: (names: readonly string[]) => readonly string[];
}

/** Statements that say one thing. @param said by name. */
export function* saying(part: string, said: Iterable<readonly [string, string]>): IterableIterator<Statement> {
  for (const [name, what] of said) yield { name, parts: { [part]: [what] } };
}
