/**
 * What the questions have in common: each file here has one, with the type of its answer and the function that answers
 * it in the daemon's main thread.
 */
import { E, failed, type Result } from '../../../../linux/errno.ts';
import type { Tid } from '../../../../linux/ids.ts';
import type { Caller } from '../../../../vfs/tree/caller.ts';
import type { LateAnswers } from '../../pending/late-answers.ts';
import type { SupervisorBackend } from '../backend.ts';

/** Positive errno; 0 = none. It has no value. */
export interface ErrnoAnswer {
  readonly errno: number;
  readonly value?: undefined;
}

/** A value, or the errno instead. */
export type Answer<T> = ErrnoAnswer | { readonly errno: 0; readonly value: T };

/** Who answers. */
export interface Answerer {
  readonly backend: SupervisorBackend;
  /** Calls that are answered later, past the thread that asked. */
  readonly late: LateAnswers;
}

/** What a file here exports. */
export type Answering<Q, A> = (answerer: Answerer, question: Q) => A;

/** It may, or it is done. */
export const DONE: ErrnoAnswer = { errno: 0 };

export function answerOf<T>(result: Result<T>): Answer<T> {
  return failed(result) ? { errno: result.number } : { errno: 0, value: result };
}

/** @param refused `undefined` = it is not. */
export function errnoAnswer(refused: { readonly number: number } | undefined): ErrnoAnswer {
  return refused === undefined ? DONE : { errno: refused.number };
}

/** Answered once the stack knows of every process event that happened before. */
export function upToDate<Q, A>(answer: Answering<Q, A>): Answering<Q, A> {
  return (answerer, question) => {
    answerer.backend.drain();
    return answer(answerer, question);
  };
}

/** The same, as to who calls at this moment. ESRCH when the thread is gone. */
export function ofCaller<Q extends { readonly tid: Tid }, A>(
  answer: (answerer: Answerer, question: Q, caller: Caller) => A,
): Answering<Q, A | ErrnoAnswer> {
  return upToDate((answerer, question) => {
    const caller = answerer.backend.identify(question.tid);
    return caller === undefined ? errnoAnswer(E.ESRCH) : answer(answerer, question, caller);
  });
}
