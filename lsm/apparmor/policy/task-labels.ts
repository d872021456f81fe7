/** What a task carries (struct cred label and struct aa_task_ctx). Immutable: a transition makes a new one. */
import type { Label } from './label.ts';

export interface TaskLabels {
  readonly label: Label;
  /** Label for the next exec; with `onexecStack` it is added to the one in force instead of replacing it. */
  readonly onexec?: Label;
  readonly onexecStack?: boolean;
  /** Where the hat was entered from, and the secret that leads back. */
  readonly previous?: Label;
  readonly token?: bigint;
  /** Label at the first transition that was tried under no_new_privs. */
  readonly nnp?: Label;
}
