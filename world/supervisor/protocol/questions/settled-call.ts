import { type Answering, type ErrnoAnswer, upToDate } from './question.ts';

interface SettledAnswer extends ErrnoAnswer {
  /** Of the notification. */
  readonly request?: Uint8Array;
}

/** A call that does not wait for a decision any more, for the thread that asks to handle. */
export const settledCall: Answering<object, SettledAnswer> = upToDate(({ waiting }) => {
  const request = waiting.nextSettled();
  return request === undefined ? { errno: 0 } : { errno: 0, request };
});
