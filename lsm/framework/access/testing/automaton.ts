import { PathAutomaton } from '../path-automaton.ts';

const BYTES = 256;

/** An automaton with these states beside the dead one, which `next` leads through byte by byte. */
export function automatonOf(states: number, next: (state: number, byte: number) => number): PathAutomaton {
  const entries = (states + 1) * BYTES;
  return new PathAutomaton({
    base: Uint32Array.from({ length: states + 1 }, (_, state) => state * BYTES),
    defaults: new Uint16Array(states + 1),
    check: Uint16Array.from({ length: entries }, (_, at) => Math.floor(at / BYTES)),
    next: Uint16Array.from({ length: entries }, (_, at) => (at < BYTES ? 0 : next(Math.floor(at / BYTES), at % BYTES))),
    classes: undefined,
  });
}

/** State 1 until there is an `x`, then 2. */
export const UNTIL_X = automatonOf(2, (state, byte) => (byte === 0x78 ? 2 : state));
