/**
 * What audit keeps of each task (task_struct's loginuid, sessionid and audit context), as a blob of the task.
 */
import type { AuditContainer } from './container.ts';

/** What a task carries. */
export interface AuditState {
  readonly loginuid: number;
  readonly sessionid: number;
  /** Its calls can be recorded. */
  readonly watched: boolean;
  /** What its terminals are recorded of: bits of AUDIT_TTY_*. */
  readonly tty: number;
  readonly container: AuditContainer | undefined;
  /** It may give container ids without a capability (capcontid). */
  readonly mayContain: boolean;
}
