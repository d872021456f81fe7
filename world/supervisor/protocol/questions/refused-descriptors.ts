import type { Tgid } from '../../../../linux/ids.ts';
import type { Refused } from '../../../../lsm/framework/files/open-descriptor.ts';
import { type Answering, type ErrnoAnswer, upToDate } from './question.ts';

interface RefusedAnswer extends ErrnoAnswer {
  readonly refused?: Refused | undefined;
  /** It does not run yet, as far as is known. */
  readonly pending?: true;
}

/** The first call of a process after execve(2): what must be taken from its program. */
export const refusedDescriptors: Answering<{ readonly tgid: Tgid }, RefusedAnswer> = upToDate(
  ({ backend }, { tgid }) => {
    const refused = backend.takeRefused(tgid);
    return refused === 'pending' ? { errno: 0, pending: true } : { errno: 0, refused };
  },
);
