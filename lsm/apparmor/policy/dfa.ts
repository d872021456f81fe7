/**
 * Deterministic automaton in compressed tables, and the ways in which the kernel walks it (match.c).
 *
 * Model: that of framework/access/path-automaton.ts, with permissions of the states. An out-of-band step uses the entry before the base, so
 * it cannot be confused with any byte.
 */
import { type AutomatonTables, BASE, NO_STATE, PathAutomaton } from '../../framework/access/path-automaton.ts';

export { BASE, NO_STATE };

/** The state matching begins in unless the policy says otherwise. */
export const START_STATE = 1;

/** States remembered by a left match to notice loops (WB_HISTORY_SIZE). */
const HISTORY = 32;

export interface DfaTables extends AutomatonTables {
  readonly accept: Uint32Array;
  readonly accept2: Uint32Array | undefined;
}

export class Dfa extends PathAutomaton<DfaTables> {
  get states(): number {
    return this.tables.base.length;
  }

  /** The step that no byte makes; dead where the state has none. */
  outOfBand(state: number): number {
    return ((this.tables.base[state] ?? 0) & BASE.OUT_OF_BAND) === 0 ? NO_STATE : this.step(state, -1);
  }

  /**
   * Matches, and counts the bytes up to where the automaton begins to repeat itself: what precedes the first wildcard
   * that takes any number of bytes. A longer count is a more specific match.
   */
  leftMatch(start: number, input: string): { readonly state: number; readonly count: number } {
    if (start === NO_STATE) return { state: NO_STATE, count: 0 };
    const history: number[] = [];
    let state = start;
    for (let i = 0; i < input.length; i++) {
      history.push(state);
      if (history.length > HISTORY) history.shift();
      state = this.#plainStep(state, input.charCodeAt(i) & 0xff);
      const back = loop(history, i, state);
      if (back === undefined) continue;
      const end = this.matchText(state, input.slice(i + 1));
      return { state: end, count: end === NO_STATE ? 0 : i - back };
    }
    return { state, count: state === NO_STATE ? 0 : input.length };
  }

  /** A step that does not follow difference chains, as the kernel's left match makes it. */
  #plainStep(state: number, byte: number): number {
    const { base, check, next, defaults, classes } = this.tables;
    const at = ((base[state] ?? 0) & BASE.INDEX) + (classes === undefined ? byte : (classes[byte] ?? 0));
    return (check[at] === state ? next[at] : defaults[state]) ?? NO_STATE;
  }
}

/**
 * How many steps before the last one the automaton was in `state`, if this is a return to it.
 *
 * @param steps made before the last one.
 */
function loop(history: readonly number[], steps: number, state: number): number | undefined {
  // States are numbered in the order of discovery, so only a step to a lower number can be a return: the kernel's short cut.
  if ((history.at(-1) ?? 0) < state) return undefined;
  // The very first state is looked at only once the history is full.
  const reach = Math.min(steps, HISTORY);
  for (let back = 0; back < reach; back++) if (history.at(-1 - back) === state) return back;
  return undefined;
}
