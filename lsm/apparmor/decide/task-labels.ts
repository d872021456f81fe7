/** What a task carries (struct cred label and struct aa_task_ctx). Immutable: a transition makes a new one. */
import type { Label } from '../policy/label.ts';

export interface TaskLabels {
  readonly label: Label;
  /** Label for the next exec. With a `token` other than 0 it is added to the one in force instead of replacing it. */
  readonly onexec?: Label;
  /** Where the hat was entered from. */
  readonly previous?: Label;
  /** Secret that leads back from a hat. The kernel keeps the stacking of `onexec` in the same place. */
  readonly token?: bigint;
  /** Label at the first transition that was tried under no_new_privs. */
  readonly nnp?: Label;
}

/** Is there nothing besides the label? */
export function isAtRest({ onexec, previous, token, nnp }: TaskLabels): boolean {
  return onexec === undefined && previous === undefined && token === undefined && nnp === undefined;
}

/** Without what is forgotten at an exec and when the label leaves its namespace. */
export function withoutTransition({ label, nnp }: TaskLabels): TaskLabels {
  return nnp === undefined ? { label } : { label, nnp };
}
