/**
 * The file `standby` in the directory of a world that waits for its command: three lines, by which a launcher sees whether to ask it.
 *
 *   what was typed   empty: only a launcher that knows the options can take it; launcher/launch.pl reads this line
 *   left | started   by a `run`, unasked, or by `lsmfs standby`
 *   the options
 */
/** What a taker must send one of, to the letter; its process must be like the one that sent this, too (daemon/circumstances.ts). */
export interface StandbyKeys {
  /** The options as they are sent to a daemon, and the program (launcher/standby.ts). */
  readonly options?: string;
  /** The options as they were typed, and the program (launcher/launch.pl). */
  readonly asked?: string;
}

/** Of a world on standby. */
export interface StandbyTerms extends StandbyKeys {
  /** Nobody asked for it: a `run` has left it for the next one. */
  readonly left: boolean;
  /** Time after which it ends. */
  readonly seconds: number;
}

export function standbyText({ options = '', asked = '', left }: StandbyTerms): string {
  return `${asked}\n${left ? 'left' : 'started'}\n${options}\n`;
}

export function parseStandby(text: string): StandbyKeys & Pick<StandbyTerms, 'left'> {
  const [asked, origin, options] = text.split('\n');
  return { ...(asked ? { asked } : {}), left: origin === 'left', ...(options ? { options } : {}) };
}
