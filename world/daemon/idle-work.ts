/** What is to be looked after without a request: when an alarm rings, or every tenth of a second where there is none. */

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

  /** @param alarm `undefined` from it, or none: nobody tells when there is something to do. */
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
