/** What the mediated hooks of tasks are asked about. Tasks are given by their thread ids. */
import type { Tid } from '../../../linux/ids.ts';

/** `comm`: of the target, for records. */
export interface AboutTask {
  readonly target: Tid;
  readonly comm?: string;
}
