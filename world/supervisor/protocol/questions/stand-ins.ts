import type { Answer, Answerer } from './question.ts';

/** Descriptor of the tree of stand-ins (daemon/served/stand-ins.ts), which stays the daemon's. */
export async function standIns({ backend }: Answerer, _question: object): Promise<Answer<number>> {
  return { errno: 0, value: await backend.standIns() };
}
