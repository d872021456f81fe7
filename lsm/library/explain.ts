/** Why something was refused: the module that recorded it makes the question, and answers by its present policy. */
import type { RefusalAsked, WhyProblem, WhyRequest, WhyTold } from '../framework/inspection/why.ts';
import { LsmfsError } from '../framework/lsmfs-error.ts';
import type { Stack } from '../framework/stack.ts';
import { MODULES } from '../modules.ts';
import type { AuditRecord } from './records.ts';

/** @public */
export interface Why extends WhyTold {
  readonly module: string;
}

/** @public */
export type WhyErrorCode = 'NO_REFUSAL' | 'NO_ANSWER';

/**
 * A question that has no answer. The message says why, and what to do about it.
 * @public
 */
export class WhyError extends LsmfsError<WhyErrorCode, { readonly fix: string }> {
  override readonly name = 'WhyError';
  readonly code: WhyErrorCode;
  readonly data: { readonly fix: string };

  constructor(code: WhyErrorCode, problem: string, fix: string) {
    super(`${problem} ${fix}`);
    this.code = code;
    this.data = { fix };
  }
}

/** @throws WhyError */
export function explainRecords(stack: Stack, records: readonly AuditRecord[]): Why {
  for (const { name: type, body } of records.toReversed()) {
    for (const { name, refusal } of MODULES) {
      const asked: RefusalAsked | undefined = refusal?.(type, body);
      if (asked !== undefined) return explain(stack, name, asked);
    }
  }
  throw new WhyError('NO_REFUSAL', 'Nothing was refused: there is no record of that.', 'Owner and mode leave none.');
}

/** @throws WhyError */
export function explain(stack: Stack, module: string, asked: WhyRequest | WhyProblem): Why {
  const answer = stack.explanations.get(module);
  if (answer === undefined)
    throw new WhyError(
      'NO_ANSWER',
      `${module} explains nothing here.`,
      `These do: ${[...stack.explanations.keys()].join(', ')}.`,
    );
  const told = 'problem' in asked ? asked : answer(asked);
  if ('problem' in told) throw new WhyError('NO_ANSWER', told.problem, told.fix);
  return { module, ...told };
}
