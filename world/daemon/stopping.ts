/**
 * The end of a world on demand: TERM to every process, KILL to those that are left after the grace time. One that waits
 * uninterruptibly, for the server of somebody's filesystem say, ends when that is over and is not waited for.
 */
import type { Tgid } from '../../linux/ids.ts';
import { kill } from './facts/peers.ts';

/** New processes may appear while the old ones are being killed. */
const KILL_PAUSE_MS = 20;
/** Time after KILL until those that are left are not waited for. */
const KILLED_MS = 1000;

export class Stopping {
  #timer: NodeJS.Timeout | undefined;

  /**
   * A second request replaces the grace time of the first. `life` is told when those who are left cannot end.
   */
  begin(members: { processes(): readonly Tgid[] }, graceMs: number, life: { abandon(): void }): void {
    const signal = (name: NodeJS.Signals): void => {
      for (const pid of members.processes()) kill(pid, name);
    };
    signal('SIGTERM');
    clearTimeout(this.#timer);
    const end = performance.now() + graceMs + KILLED_MS;
    const killAll = (): void => {
      signal('SIGKILL');
      if (performance.now() >= end) life.abandon();
      else this.#timer = setTimeout(killAll, KILL_PAUSE_MS);
    };
    this.#timer = setTimeout(killAll, graceMs);
  }
}
