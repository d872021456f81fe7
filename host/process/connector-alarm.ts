/**
 * Wakes the owner of a proc connector when there are events, and tells those of its own processes from those of others.
 *
 * The events of the whole host are in one queue, in order, and only reading them tells whose they are. So a second socket hears what the
 * owner's processes do and nothing else: its filter drops the rest in the kernel. What is on it is never looked at. The first
 * one rings, too, because its room is limited. A new thread is an event of the parent of its process, which may be another's: nobody waits
 * for that.
 */

import type { Tgid } from '../../linux/ids.ts';
import { InputAlarm } from '../files/input-alarm.ts';
import { ConnectorSocket } from './connector-socket.ts';

/** @param ours whether a process did something that is watched; else there are events, of others or of whoever was added since */
export type Ring = (ours: boolean) => void;

export class ConnectorAlarm {
  readonly #all: InputAlarm;
  /** Absent where a second socket cannot be had: then every event may be ours. */
  readonly #bell: ConnectorSocket | undefined;
  readonly #ours: InputAlarm | undefined;
  /** The kernel took no filter: what is watched is not known to be all. */
  #deaf = false;

  /** @param fd of the owner's socket */
  constructor(fd: number, ring: Ring) {
    const bell = ConnectorSocket.open(undefined);
    if (typeof bell !== 'string' && bell.hear([]) === 0) {
      this.#bell = bell;
      this.#ours = new InputAlarm(bell.fd, () => ring(true), true);
    }
    this.#all = new InputAlarm(fd, () => ring(this.#bell === undefined || this.#deaf));
  }

  /** Watches these processes and no others; what they did before is forgotten. */
  watch(processes: readonly Tgid[]): void {
    const bell = this.#bell;
    if (bell === undefined) return;
    this.#deaf = bell.hear(processes) < 0;
    while (bell.receive() >= 0);
  }

  /** It rings at the next event, once; soon if there is one already. */
  set(): void {
    this.#all.set();
    this.#ours?.set();
  }
}
