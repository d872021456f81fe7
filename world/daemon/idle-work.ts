/** Work that no request starts: it runs when the alarm rings, or every tenth of a second where there is no alarm. */

/** How long events are let gather when nobody asks for anything. */
const GATHER_MS = 100;

export interface Alarm {
  /** It rings once, when something has happened since. */
  set(): void;
}

export class IdleWork {
  readonly #work: () => void;
  #gathering: NodeJS.Timeout | undefined;
  #alarm: Alarm | undefined;

  constructor(work: () => void) {
    this.#work = work;
  }

  /** @param alarm makes the alarm; absent, or `undefined` from it: there is none. */
  begin(alarm: ((ring: () => void) => Alarm | undefined) | undefined): void {
    this.#alarm = alarm?.(() => this.soon());
    if (this.#alarm === undefined) setInterval(() => this.#run(), GATHER_MS);
    else this.#run();
  }

  soon(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#run();
    }, GATHER_MS);
  }

  #run(): void {
    this.#work();
    this.#alarm?.set();
  }
}
