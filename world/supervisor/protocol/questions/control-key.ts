import type { Tid } from '../../../../linux/ids.ts';
import { answerOf, ofCaller } from './question.ts';

interface ControlKey {
  readonly tid: Tid;
  readonly operation: number;
  readonly first: number;
  readonly second: number;
}

/** keyctl(2), as far as it changes something: what it returns. */
export const controlKey = ofCaller(({ backend }, { operation, first, second }: ControlKey, caller) =>
  answerOf(backend.controlKey({ call: 'control', operation, first, second }, caller)),
);
