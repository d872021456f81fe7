/**
 * The time that a booted world waits for its first process: it says in the file `standby` of its directory to whom it would go, and
 * ends when that time is over. Takers are served one after another by the daemon's only main thread, so one gets it.
 */
import { rmSync, writeFileSync } from 'node:fs';
import type { BootedReply, BootRequest, StandbyTerms, TakeRequest } from '../protocol/messages.ts';
import type { WorldDirectory } from '../registry/directory.ts';

export class Standby {
  readonly key: string;
  /** What only the boot knows of the answer to the taker. */
  readonly reply: Pick<BootedReply, 'mounts' | 'remarks'>;
  readonly #file: string;
  readonly #timer: NodeJS.Timeout;

  /** @param expire is called when nobody has come in time. */
  constructor(directory: WorldDirectory, terms: StandbyTerms, reply: Standby['reply'], expire: () => void) {
    this.key = terms.key;
    this.reply = reply;
    this.#file = directory.standby;
    writeFileSync(this.#file, terms.key, { mode: 0o600 });
    this.#timer = setTimeout(expire, terms.seconds * 1000);
  }

  /** It was taken. */
  end(): void {
    clearTimeout(this.#timer);
    rmSync(this.#file, { force: true });
  }
}

/** What the taker would have sent, had it started the daemon. */
export function requestOfTaker({ standby: _, ...boot }: BootRequest, taker: TakeRequest): BootRequest {
  const { command, statusFd, terminalFd, commandEnd } = taker;
  return {
    ...boot,
    command,
    ...(statusFd === undefined ? {} : { statusFd }),
    ...(terminalFd === undefined ? {} : { terminalFd }),
    ...(commandEnd === undefined ? {} : { commandEnd }),
  };
}
