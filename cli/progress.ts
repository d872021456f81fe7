/** Where work is that takes long: one line on standard error that is written over, on a terminal only, and not in the first half second. */

const PROGRESS_MS = 500;

export class Progress {
  readonly #shows = process.stderr.isTTY === true;
  #next = performance.now() + PROGRESS_MS;
  #shown = false;

  show(text: string): void {
    if (!this.#shows || performance.now() < this.#next) return;
    this.#shown = true;
    process.stderr.write(`\r${text}\x1b[K`);
  }

  end(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}
