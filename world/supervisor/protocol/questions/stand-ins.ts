import type { Answer, Answerer } from './question.ts';

/** Descriptor of the tree of stand-ins (daemon/served/stand-ins.ts), which the daemon keeps. */
export async function standIns({ backend }: Answerer, _question: object): Promise<Answer<number>> {
  return { errno: 0, value: await backend.standIns() };
}
