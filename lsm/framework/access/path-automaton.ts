/**
 * Automata that paths are matched with: files whose paths end in equal states get equal answers (access-scope.ts).
 *
 * Model: the tables of match.c of the kernel. A state is an index; 0 is dead. From state s on input c, entry `base[s] + c` is s's own
 * if `check` says so and then leads to `next`; otherwise s goes to its default state, and with the difference flag tries the same input
 * there.
 */

/** A state nothing leads out of. */
export const NO_STATE = 0;

export const BASE = { INDEX: 0x00ffffff, DIFFERENCE: 0x80000000, OUT_OF_BAND: 0x20000000 } as const;

/** Verified: all links stay inside, difference chains end. */
export interface AutomatonTables {
  readonly base: Uint32Array;
  readonly defaults: Uint16Array;
  readonly next: Uint16Array;
  readonly check: Uint16Array;
  /** Byte to character class. */
  readonly classes: Uint8Array | undefined;
}

export class PathAutomaton<T extends AutomatonTables = AutomatonTables> {
  readonly tables: T;

  constructor(tables: T) {
    this.tables = tables;
  }

  /** State after one byte. */
  next(state: number, byte: number): number {
    const { classes } = this.tables;
    return this.step(state, classes === undefined ? byte : (classes[byte] ?? 0));
  }

  /** State after the bytes; NUL is a byte like others. Stays dead when it begins dead. */
  match(state: number, input: Uint8Array, start = 0, end: number = input.length): number {
    if (state === NO_STATE) return NO_STATE;
    let at = state;
    for (let index = start; index < end; index++) at = this.next(at, input[index] as number);
    return at;
  }

  /** As `match`, for a byte string. */
  matchText(state: number, input: string): number {
    if (state === NO_STATE) return NO_STATE;
    let at = state;
    for (let i = 0; i < input.length; i++) at = this.next(at, input.charCodeAt(i) & 0xff);
    return at;
  }

  /** @param input a character class, or -1 for the step that no byte makes. */
  protected step(from: number, input: number): number {
    const { base, check, next, defaults } = this.tables;
    let state = from;
    for (;;) {
      const word = base[state] ?? 0;
      const at = (word & BASE.INDEX) + input;
      if (check[at] === state) return next[at] ?? NO_STATE;
      state = defaults[state] ?? NO_STATE;
      if ((word & BASE.DIFFERENCE) === 0) return state;
    }
  }
}

/** Automata of one stack, as numbers: equal numbers, equal automata. */
export class PathAutomata {
  readonly #numbers = new WeakMap<PathAutomaton, number>();
  readonly #automata = new Map<number, WeakRef<PathAutomaton>>();
  readonly #gone = new FinalizationRegistry<number>((number) => this.#automata.delete(number));
  #next = 0;

  numberOf(automaton: PathAutomaton): number {
    const known = this.#numbers.get(automaton);
    if (known !== undefined) return known;
    const number = this.#next++;
    this.#numbers.set(automaton, number);
    this.#automata.set(number, new WeakRef(automaton));
    this.#gone.register(automaton, number);
    return number;
  }

  of(number: number): PathAutomaton | undefined {
    return this.#automata.get(number)?.deref();
  }
}
