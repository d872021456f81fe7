import type { Tid } from '../../../../linux/ids.ts';
import { answerOf, ofCaller } from './question.ts';

interface Mount {
  readonly tid: Tid;
  readonly type: string;
}

/** A descriptor of a detached mount, which the asker takes over (`close-descriptor`). */
export const mount = ofCaller(async ({ backend }, { type }: Mount, caller) =>
  answerOf(await backend.detachedMount(type, caller)),
);
