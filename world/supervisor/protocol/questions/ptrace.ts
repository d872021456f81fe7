import type { Tid } from '../../../../linux/ids.ts';
import { errnoAnswer, ofCaller } from './question.ts';

interface Ptrace {
  readonly tid: Tid;
  /** Of ptrace(2), as `target` is. */
  readonly request: number;
  readonly target: Tid;
}

/** The modules' decision about a ptrace(2) request that makes a tracer. */
export const ptrace = ofCaller(({ backend }, { request, target }: Ptrace, caller) =>
  errnoAnswer(backend.ptrace(request, target, caller)),
);
