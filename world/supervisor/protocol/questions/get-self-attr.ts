import type { GetSelfAttrInput } from '../../../../lsm/framework/syscalls.ts';
import { ofCaller } from './question.ts';
import { storedOf } from './stored.ts';

interface GetSelfAttr {
  readonly tid: number;
  readonly input: GetSelfAttrInput;
}

/** lsm_get_self_attr(2) */
export const getSelfAttr = ofCaller(({ backend }, { input }: GetSelfAttr, caller) =>
  storedOf(backend.syscalls.getSelfAttr(input, caller)),
);
