/**
 * Types and helpers of all questions: each file here has one question, with the type of its answer and the function that
 * answers it in the daemon's main thread.
 */
import { E, failed, type Result } from '../../../../linux/errno.ts';
import type { Tid } from '../../../../linux/ids.ts';
import type { Caller } from '../../../../vfs/tree/caller.ts';
import type { LateAnswers } from '../../pending/late-answers.ts';
import type { WaitingCalls } from '../../pending/waiting-calls.ts';
import type { KnownStatus, SupervisorBackend } from '../backend.ts';

/** An answer without a value: a positive errno, or 0 for success. */
export interface ErrnoAnswer {
  readonly errno: number;
  readonly value?: undefined;
}

/** A value, or an errno. */
export type Answer<T> = ErrnoAnswer | { readonly errno: 0; readonly value: T };

/** The main thread's side, as answering functions see it. */
export interface Answerer {
  readonly backend: SupervisorBackend;
  /** Calls that the main thread answers itself, later. */
  readonly late: LateAnswers;
  /** Calls that are asked about once more, later. */
  readonly waiting: WaitingCalls;
}

/** The type of an answering function. */
export type Answering<Q, A> = (answerer: Answerer, question: Q) => A;

/** Allowed, or done. */
export const DONE: ErrnoAnswer = { errno: 0 };

export function answerOf<T>(result: Result<T>): Answer<T> {
  return failed(result) ? { errno: result.number } : { errno: 0, value: result };
}

/** @param refused `undefined` = allowed. */
export function errnoAnswer(refused: { readonly number: number } | undefined): ErrnoAnswer {
  return refused === undefined ? DONE : { errno: refused.number };
}

/** Delivers the pending process events to the stack, then answers. */
export function upToDate<Q, A>(answer: Answering<Q, A>): Answering<Q, A> {
  return (answerer, question) => {
    answerer.backend.drain();
    return answer(answerer, question);
  };
}

/** The same with the thread's present credentials. ESRCH when it has ended. */
export function ofCaller<Q extends { readonly tid: Tid }, A>(
  answer: (answerer: Answerer, question: Q, caller: Caller) => A,
): Answering<Q & KnownStatus, A | ErrnoAnswer> {
  return upToDate((answerer, question) => {
    const caller = answerer.backend.identify(question.tid, question);
    return caller === undefined ? errnoAnswer(E.ESRCH) : answer(answerer, question, caller);
  });
}
