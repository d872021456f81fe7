/** Work that no request starts: it runs when the alarm rings, or every tenth of a second where there is no alarm. */

/** How long events are let gather when nobody asks for anything. */
const GATHER_MS = 100;
/** The same where what happened is to be known before it is over. */
const HURRY_MS = 1;
/** Those of others are let gather so many times as long: nobody waits for them, and each time costs more than it takes to read them. */
const TIMES_OF_OTHERS = 10;

export interface Alarm {
  /** It rings when something has happened since. */
  set(): void;
  /** Have so many things happened that there may soon be no room for more? */
  isFilling(): boolean;
}

/** @param ours whether what happened may be about the world */
export type MakeAlarm = (ring: (ours: boolean) => void) => Alarm | undefined;

export class IdleWork {
  readonly #work: () => void;
  readonly #hurries: () => boolean;
  #gathering: NodeJS.Timeout | undefined;
  #isSoon = false;
  #alarm: Alarm | undefined;

  /** @param hurries is what members of the world do to be known soon? */
  constructor(work: () => void, hurries: () => boolean = () => false) {
    this.#work = work;
    this.#hurries = hurries;
  }

  /** @param alarm makes the alarm; absent, or `undefined` from it: there is none. */
  begin(alarm: MakeAlarm | undefined): void {
    this.#alarm = alarm?.((ours) => this.#gather(ours));
    if (this.#alarm === undefined) setInterval(() => this.#run(), GATHER_MS);
    else this.#run();
  }

  soon(): void {
    this.#gather(true);
  }

  #gather(isSoon: boolean): void {
    if (this.#gathering !== undefined) {
      if (this.#isSoon || !isSoon) return;
      clearTimeout(this.#gathering);
    }
    this.#isSoon = isSoon;
    this.#wait(isSoon ? 1 : TIMES_OF_OTHERS);
  }

  #wait(times: number): void {
    this.#gathering = setTimeout(
      () => {
        this.#gathering = undefined;
        if (times > 1 && this.#alarm?.isFilling() !== true) this.#wait(times - 1);
        else this.#run();
      },
      this.#isSoon && this.#hurries() ? HURRY_MS : GATHER_MS,
    );
  }

  /** The alarm first: of what happens meanwhile it rings. */
  #run(): void {
    this.#alarm?.set();
    this.#work();
  }
}
