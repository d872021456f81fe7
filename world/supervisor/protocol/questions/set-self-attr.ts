import type { Tid } from '../../../../linux/ids.ts';
import type { SetSelfAttrInput } from '../../../../lsm/framework/syscalls.ts';
import { ofCaller } from './question.ts';
import { storedOf } from './stored.ts';

interface SetSelfAttr {
  readonly tid: Tid;
  readonly input: SetSelfAttrInput;
}

/** lsm_set_self_attr(2) */
export const setSelfAttr = ofCaller(({ backend }, { input }: SetSelfAttr, caller) =>
  storedOf({ result: backend.setSelfAttr(input, caller) }),
);
