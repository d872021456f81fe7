import type { Tid } from '../../../../linux/ids.ts';
import { answerOf, ofCaller } from './question.ts';

interface Prctl {
  readonly tid: Tid;
  readonly option: number;
  readonly argument: number;
}

/** prctl(2) with an option of a module; ENOSYS = no module has it. */
export const prctl = ofCaller(({ backend }, { option, argument }: Prctl, caller) =>
  answerOf(backend.prctl(option, argument, caller)),
);
