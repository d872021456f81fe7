/**
 * Makes a failing history small: first fewer steps, then simpler ones.
 *
 * `fails` runs a history and answers the index of the first step that goes wrong; what follows that step is cut off at
 * once. Each call boots a kernel, so the number of calls is bounded, and the smallest failing history so far is always
 * at hand.
 */
import type { Shrinkable } from './shrinkable.ts';

type History<T> = readonly Shrinkable<T>[];

/** Index of the first failing step, or undefined when the history passes. */
export type Fails<T> = (steps: readonly T[]) => Promise<number | undefined>;

export interface ShrinkOptions {
  /** Most calls of `fails`. */
  readonly attempts: number;
  /** Steps at the beginning without which hardly any other fails: kept while short endings are tried. */
  readonly preamble: number;
}

class Shrinker<T> {
  smallest: History<T>;
  readonly #fails: Fails<T>;
  #left: number;

  constructor(history: History<T>, fails: Fails<T>, attempts: number) {
    this.smallest = history;
    this.#fails = fails;
    this.#left = attempts;
  }

  get exhausted(): boolean {
    return this.#left <= 0;
  }

  /** Keeps a history if it still fails. */
  async try(history: History<T>): Promise<boolean> {
    if (this.exhausted) return false;
    this.#left -= 1;
    const index = await this.#fails(history.map((step) => step.value));
    if (index === undefined) return false;
    this.smallest = history.slice(0, index + 1);
    return true;
  }

  /** The failing step alone, then with more and more of what came just before it. */
  async shortEndings(preamble: number): Promise<void> {
    const { smallest: history } = this;
    for (let length = 1; preamble + length < history.length && !this.exhausted; length *= 4) {
      if (await this.try([...history.slice(0, preamble), ...history.slice(-length)])) return;
    }
  }

  /** Leaves out ever smaller parts of what comes before the failing step. */
  async fewerSteps(): Promise<void> {
    let size = Math.ceil((this.smallest.length - 1) / 2);
    while (size >= 1 && !this.exhausted) {
      let removed = false;
      for (let start = 0; start < this.smallest.length - 1 && !this.exhausted; ) {
        const end = Math.min(start + size, this.smallest.length - 1);
        const without = [...this.smallest.slice(0, start), ...this.smallest.slice(end)];
        if (await this.try(without)) removed = true;
        else start += size;
      }
      size = size === 1 && !removed ? 0 : Math.max(1, Math.floor(size / 2));
    }
  }

  /** Replaces single steps by smaller ones, the last (failing) one first. */
  async simplerSteps(): Promise<void> {
    for (let index = this.smallest.length - 1; index >= 0 && !this.exhausted; index--) {
      while (!this.exhausted && (await this.#simplify(index)));
    }
  }

  async #simplify(index: number): Promise<boolean> {
    const history = this.smallest;
    const step = history[index];
    if (step === undefined) return false;
    for (const smaller of step.smaller()) {
      if (this.exhausted) return false;
      if (await this.try(history.map((other, at) => (at === index ? smaller : other)))) return true;
    }
    return false;
  }
}

/** The smallest failing history found. `history` must fail in its last step. */
export async function shrink<T>(history: History<T>, fails: Fails<T>, options: ShrinkOptions): Promise<readonly T[]> {
  const shrinker = new Shrinker(history, fails, options.attempts);
  await shrinker.shortEndings(options.preamble);
  await shrinker.fewerSteps();
  await shrinker.simplerSteps();
  return shrinker.smallest.map((step) => step.value);
}
