import type { UnshareInput } from '../../../../lsm/framework/syscalls.ts';
import { ofCaller } from './question.ts';
import { storedOf } from './stored.ts';

interface Unshare {
  readonly tid: number;
  readonly input: UnshareInput;
}

/** lsm_unshare(2) */
export const unshare = ofCaller(({ backend }, { input }: Unshare, caller) =>
  storedOf({ result: backend.unshare(input, caller) }),
);
