import type { Tid } from '../../../../linux/ids.ts';
import { type Answer, ofCaller } from './question.ts';

interface VisibleXattrs {
  readonly tid: Tid;
  /** Of attributes, as they are stored. */
  readonly names: readonly string[];
}

/** The attributes that the caller sees, under its own names for them. */
export const visibleXattrs = ofCaller(({ backend }, { names }: VisibleXattrs, caller): Answer<readonly string[]> => {
  return { errno: 0, value: backend.files.visibleNames(names, caller) };
});
