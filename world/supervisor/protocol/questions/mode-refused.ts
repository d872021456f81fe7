/** Owner and mode of a file have refused a call that modules decide about otherwise: for `lsmfs why --last`, as nothing records it. */
import type { RefusedByMode } from '../backend.ts';
import { DONE, ofCaller } from './question.ts';

export const modeRefused = ofCaller(({ backend }, { path, wanted }: RefusedByMode, caller) => {
  backend.modeRefused({ path, wanted }, caller);
  return DONE;
});
