import type { Tid } from '../../../../linux/ids.ts';
import type { UnshareInput } from '../../../../lsm/framework/syscalls.ts';
import { ofCaller } from './question.ts';
import { storedOf } from './stored.ts';

interface Unshare {
  readonly tid: Tid;
  readonly input: UnshareInput;
}

/** lsm_unshare(2) */
export const unshare = ofCaller(({ backend }, { input }: Unshare, caller) =>
  storedOf({ result: backend.unshare(input, caller) }),
);
