/**
 * The end of a world's first process, where somebody wants to know how it ended, or the world ends with it.
 *
 * Who asks gets the answer when the world ends. A world that runs detached has nobody who could have asked in time, so its answer is left
 * in the state directory, too (registry/ended.ts).
 */
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitStatus } from '../../host/process/exit-status.ts';
import { openProcess } from '../../host/process/process.ts';
import type { Tgid } from '../../linux/ids.ts';
import type { CommandEndTerms } from '../options.ts';
import type { WaitReply } from '../protocol/messages.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { noteEnded } from '../registry/ended.ts';
import type { ProcessTracker } from '../tracking/tracker.ts';
import { shellStatus } from './json-status.ts';

/** Time that the others of a world have after its first process, before they are killed. */
const GRACE_MS = 1000;
/** Longest wait for the exit status of a command that is known to be gone. */
const LAST_WORDS_MS = 500;

export class CommandEnd {
  readonly #stop: (graceMs: number) => void;
  #terms: CommandEndTerms | undefined;
  #command: Tgid | undefined;
  /** Of the command; negative = not known. */
  #pidfd = -1;
  #waitStatus: number | undefined;
  #ended = false;
  /** Somebody waits. */
  #asked = false;
  #answer: (reply: WaitReply) => void = () => {};
  readonly #answered: Promise<WaitReply>;

  /** @param stop ends the processes of the world. */
  constructor(stop: (graceMs: number) => void) {
    this.#stop = stop;
    this.#answered = new Promise((resolve) => (this.#answer = resolve));
  }

  /** @param launcher will be the command. */
  introduce(launcher: Tgid, terms: CommandEndTerms | undefined): void {
    this.#terms = terms;
    this.#command = launcher;
    this.#pidfd = openProcess(launcher);
  }

  /** In exit_group(2). */
  exiting(pid: Tgid, waitStatus: number): void {
    if (pid === this.#command) this.#waitStatus ??= waitStatus;
  }

  /** @param waitStatus absent = the tracker was not told; the kernel may know better. */
  exited(pid: Tgid, waitStatus: number | undefined): void {
    if (pid !== this.#command || this.#ended) return;
    this.#note(waitStatus);
    if (this.#terms !== undefined) this.#stop(GRACE_MS);
  }

  wait(): Promise<WaitReply> {
    this.#asked = true;
    return this.#answered;
  }

  /** The world has ended. A task leaves its filter a little before its exit is announced. */
  async end(directory: WorldDirectory, tracker: Pick<ProcessTracker, 'sweep'>): Promise<void> {
    const limit = performance.now() + LAST_WORDS_MS;
    const isWanted = this.#asked || this.#terms?.kept === true;
    while (isWanted && this.#command !== undefined && !this.#ended && performance.now() < limit) {
      tracker.sweep();
      await sleep(1);
    }
    this.#note(undefined);
    const exitCode = this.#waitStatus === undefined ? {} : { exitCode: shellStatus(this.#waitStatus) };
    if (this.#terms?.kept === true) noteEnded(directory, exitCode);
    this.#answer({ kind: 'wait', ...exitCode });
    // Those who wait are written to before the process ends.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #note(waitStatus: number | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waitStatus = waitStatus ?? this.#waitStatus ?? (this.#pidfd < 0 ? undefined : exitStatus(this.#pidfd));
    if (this.#pidfd >= 0) closeSync(this.#pidfd);
  }
}
