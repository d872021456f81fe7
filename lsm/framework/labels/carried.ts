/**
 * Labels of a task that another stack knows, for one that decides about the same task: as texts, which the policy of either may read in its
 * own way.
 */

/** What a task is in the initial namespace of a module; bytes as characters. */
export interface CarriedLabels {
  readonly current: string;
  /** Of the files that it makes; absent = as the policy says. */
  readonly fscreate?: string;
}

/** By module name. */
export type LabelsByModule = Readonly<Record<string, CarriedLabels>>;
