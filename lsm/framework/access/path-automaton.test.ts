import { expect, it } from 'vitest';
import { NO_STATE, PathAutomata } from './path-automaton.ts';
import { automatonOf, UNTIL_X } from './testing/automaton.ts';

it('leads bytes and texts to the same state', () => {
  for (const [text, state] of [
    ['/a', 1],
    ['/ax', 2],
    ['/x/b', 2],
  ] as const) {
    expect(UNTIL_X.matchText(1, text)).toBe(state);
    expect(UNTIL_X.match(1, Buffer.from(`--${text}x`), 2, 2 + text.length)).toBe(state);
  }
  expect(UNTIL_X.matchText(NO_STATE, '/a')).toBe(NO_STATE);
});

it('has one number as long as it is there', () => {
  const automata = new PathAutomata();
  const other = automatonOf(1, () => 1);
  expect(automata.numberOf(UNTIL_X)).toBe(automata.numberOf(UNTIL_X));
  expect(automata.numberOf(other)).not.toBe(automata.numberOf(UNTIL_X));
  expect(automata.of(automata.numberOf(other))).toBe(other);
  expect(automata.of(99)).toBeUndefined();
});
