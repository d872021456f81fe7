import type { Tid } from '../../../../linux/ids.ts';
import type { KeyQuestion } from '../../../../lsm/framework/keys/key-calls.ts';
import { answerOf, ofCaller } from './question.ts';

interface AskKey {
  readonly tid: Tid;
  readonly question: KeyQuestion;
}

/** keyctl(2), as far as it finds something out: what it returns, or what is for its buffer. */
export const askKey = ofCaller(({ backend }, { question }: AskKey, caller) =>
  answerOf(backend.keys.ask(question, caller)),
);
