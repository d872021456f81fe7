import type { Tgid } from '../../../../linux/ids.ts';
import type { Refused } from '../../../../lsm/framework/files/open-descriptor.ts';
import { type Answering, type ErrnoAnswer, upToDate } from './question.ts';

interface RefusedAnswer extends ErrnoAnswer {
  readonly refused?: Refused | undefined;
}

/** The first call of a process after execve(2): what must be taken from its program. */
export const refusedDescriptors: Answering<{ readonly tgid: Tgid }, RefusedAnswer> = upToDate(
  ({ backend }, { tgid }) => ({ errno: 0, refused: backend.takeRefused(tgid) }),
);
