import type { Tid } from '../../../../linux/ids.ts';
import { errnoAnswer, ofCaller } from './question.ts';

interface Ptrace {
  readonly tid: Tid;
  /** Of ptrace(2), as `target` is. */
  readonly request: number;
  readonly target: number;
}

/** May it make a tracer? */
export const ptrace = ofCaller(({ backend }, { request, target }: Ptrace, caller) =>
  errnoAnswer(backend.ptrace(request, target, caller)),
);
