/** Questions that go to a module of the world: why does it allow or deny something? */
import type { Stack } from '../../lsm/index.ts';
import type { ExplainReply, ExplainRequest } from '../control/messages.ts';
import { WorldError } from '../errors.ts';

/** @throws WorldError when the world does not have the module. */
export function explain({ explanations }: Pick<Stack, 'explanations'>, request: ExplainRequest): ExplainReply {
  const ask = explanations.get(request.module);
  if (ask === undefined) {
    throw new WorldError('no-policy', `That world does not have ${request.module}.`, `Add ${request.module} to --lsm.`);
  }
  return { kind: 'explain', explanation: ask(request.question) };
}
