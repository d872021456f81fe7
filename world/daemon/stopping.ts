/** The end of a world on demand: TERM to every process, KILL to those that are left after the grace time. */
import type { Tgid } from '../../linux/ids.ts';
import { kill } from './facts/peers.ts';

/** New processes may appear while the old ones are being killed. */
const KILL_PAUSE_MS = 20;

export class Stopping {
  #timer: NodeJS.Timeout | undefined;

  /** A second request replaces the grace time of the first. @param processes returns the present members. */
  begin(processes: () => readonly Tgid[], graceMs: number): void {
    const signal = (name: NodeJS.Signals): void => {
      for (const pid of processes()) kill(pid, name);
    };
    signal('SIGTERM');
    clearTimeout(this.#timer);
    const killAll = (): void => {
      signal('SIGKILL');
      this.#timer = setTimeout(killAll, KILL_PAUSE_MS);
    };
    this.#timer = setTimeout(killAll, graceMs);
  }
}
