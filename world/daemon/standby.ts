/**
 * The time that a booted world waits for its first process: it says in the file `standby` of its directory to whom it would go, and
 * ends when that time is over. Takers are served one after another by the daemon's only main thread, so one gets it.
 */
import { rmSync, writeFileSync } from 'node:fs';
import type { BootedReply, BootRequest, TakeRequest } from '../protocol/messages.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { type StandbyKeys, type StandbyTerms, standbyText } from '../registry/standby-file.ts';

export interface StandbyInit {
  readonly directory: WorldDirectory;
  readonly terms: StandbyTerms;
  /** What only the boot knows of the answer to the taker. */
  readonly reply: Pick<BootedReply, 'mounts' | 'remarks'>;
  /** Of the process that started it. */
  readonly circumstances: string;
}

export class Standby {
  /** Of the answer to the taker. */
  reply: Pick<BootedReply, 'mounts' | 'remarks' | 'namespace'>;
  readonly #init: StandbyInit;
  #timer: NodeJS.Timeout | undefined;

  constructor(init: StandbyInit) {
    this.#init = init;
    this.reply = init.reply;
  }

  /** From now on it can be taken. @param expire is called when nobody has come in time. */
  begin(expire: () => void): void {
    const { directory, terms } = this.#init;
    writeFileSync(directory.standby, standbyText(terms), { mode: 0o600 });
    this.#timer = setTimeout(expire, terms.seconds * 1000);
  }

  get hasBegun(): boolean {
    return this.#timer !== undefined;
  }

  /** @param circumstances of the taker, asked for when the options fit. */
  fits(keys: StandbyKeys, circumstances: () => string | undefined): boolean {
    const { options, asked } = this.#init.terms;
    const equal =
      keys.options === undefined ? keys.asked !== undefined && keys.asked === asked : keys.options === options;
    return this.hasBegun && equal && circumstances() === this.#init.circumstances;
  }

  /** It was taken. */
  end(): void {
    clearTimeout(this.#timer);
    rmSync(this.#init.directory.standby, { force: true });
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
