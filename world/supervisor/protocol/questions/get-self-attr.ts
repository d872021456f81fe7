import type { Tid } from '../../../../linux/ids.ts';
import type { GetSelfAttrInput } from '../../../../lsm/framework/syscalls.ts';
import { ofCaller } from './question.ts';
import { storedOf } from './stored.ts';

interface GetSelfAttr {
  readonly tid: Tid;
  readonly input: GetSelfAttrInput;
}

/** lsm_get_self_attr(2) */
export const getSelfAttr = ofCaller(({ backend }, { input }: GetSelfAttr, caller) =>
  storedOf(backend.syscalls.getSelfAttr(input, caller)),
);
