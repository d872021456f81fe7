import { type Answering, type ErrnoAnswer, upToDate } from './question.ts';

interface SettledAnswer extends ErrnoAnswer {
  readonly settled?: readonly bigint[];
}

/** Which of these calls, by the ids of their notifications, do not wait for a decision any more? */
export const settledCalls: Answering<{ readonly ids: readonly bigint[] }, SettledAnswer> = upToDate(
  ({ waiting }, { ids }) => ({ errno: 0, settled: waiting.settled(ids) }),
);
