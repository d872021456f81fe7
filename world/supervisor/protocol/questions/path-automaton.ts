import type { AutomatonTables } from '../../../../lsm/framework/access/path-automaton.ts';
import type { Answer, Answerer } from './question.ts';

interface AutomatonQuestion {
  readonly number: number;
}

/** What paths are matched with, by its number in an access scope. Without tables it is gone, and with it the scope. */
export function pathAutomaton(
  { backend }: Answerer,
  { number }: AutomatonQuestion,
): Answer<{ readonly tables?: AutomatonTables }> {
  const tables = backend.access.automaton(number);
  if (tables === undefined) return { errno: 0, value: {} };
  const { base, check, classes, defaults, next } = tables;
  return { errno: 0, value: { tables: { base, check, classes, defaults, next } } };
}
