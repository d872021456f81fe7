/** The status lines of those processes of a world for which somebody wants them, by pid. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tgid } from '../../linux/ids.ts';
import type { ProcessTracker } from '../tracking/tracker.ts';
import { descriptorOf } from './facts/peers.ts';
import { JsonStatus } from './json-status.ts';

/** Longest wait for the exit status of a process that is known to be gone. */
const LAST_WORDS_MS = 500;

export class StatusLines {
  readonly #status = new Map<number, JsonStatus>();

  /** @param statusFd of the launcher; absent = it wants none. */
  introduce(launcher: Tgid, statusFd: number | undefined): void {
    if (statusFd === undefined) return;
    this.#status.set(launcher, new JsonStatus(descriptorOf(launcher, statusFd), launcher));
  }

  started(launcher: Tgid, world: string): void {
    this.#status.get(launcher)?.started(world);
  }

  /** In exit_group(2). */
  exiting(pid: Tgid, waitStatus: number): void {
    this.#status.get(pid)?.exited(waitStatus);
  }

  exited(pid: Tgid, waitStatus: number | undefined): void {
    this.#status.get(pid)?.exited(waitStatus);
    this.#status.delete(pid);
  }

  /** A task leaves its filter a little before its exit is announced. */
  async end(tracker: Pick<ProcessTracker, 'sweep'>): Promise<void> {
    const end = performance.now() + LAST_WORDS_MS;
    for (tracker.sweep(); this.#status.size > 0 && performance.now() < end; tracker.sweep()) await sleep(1);
    for (const status of this.#status.values()) status.exited(undefined);
  }
}
