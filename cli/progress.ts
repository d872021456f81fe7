/**
 * Where work is that takes long: one line on standard error that is written over, on a terminal only. A count (`3 of 9 files`) is not
 * shown in the first half second, as more come; what has none, as of a program that is waited for, is.
 */

const PROGRESS_MS = 500;
/** Then, how often at most. */
const EVERY_MS = 100;

export class Progress {
  readonly #shows = process.stderr.isTTY === true;
  #next = performance.now() + PROGRESS_MS;
  #shown = false;

  show(text: string): void {
    if (!this.#shows || (/^\d/.test(text) && performance.now() < this.#next)) return;
    this.#next = performance.now() + EVERY_MS;
    this.#shown = true;
    process.stderr.write(`\r${text}\x1b[K`);
  }

  end(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}

/** Says what is waited for. */
export async function watched<T>(text: string, work: Promise<T>): Promise<T> {
  const progress = new Progress();
  const timer = setInterval(() => progress.show(text), PROGRESS_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    progress.end();
  }
}
