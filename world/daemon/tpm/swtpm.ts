/**
 * A running swtpm(8), and what the world has of it. It talks to nobody but us, over a socket pair: when we are gone, however that
 * happened, it ends.
 *
 * Commands are answered one after the other, in the order in which they were given. Nobody waits for those of the
 * emulated kernel; those of programs come after them, so that a program finds in the registers what was measured before
 * it asked.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorldError } from '../../errors.ts';
import { HEADER_SIZE, LARGEST, sizeOf } from './commands.ts';

const PROGRAM = 'swtpm';
/** Its end of the socket pair. */
const CHANNEL = 3;
/** How long a kernel waits for the slowest command (TPM2_DURATION_LONG_LONG). */
const PATIENCE_MS = 300_000;
/** More commands that are not answered are taken for a TPM that is dead. */
const MOST_PENDING = 100_000;
/** How long we wait until it has ended. */
const END_MS = 2000;
/** Characters of its standard error that are kept, the last ones. */
const SAID = 500;

interface Pending {
  readonly command: Buffer;
  /** `undefined`: there will be no answer. */
  readonly answered: (answer: Buffer | undefined) => void;
}

export class Swtpm {
  readonly #child: ChildProcess;
  readonly #channel: Duplex;
  readonly #ended: Promise<void>;
  readonly #pending: Pending[] = [];
  #answer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;
  #said = '';
  #isDead = false;
  /** Called once, when it stops to answer, before the pending commands are answered with `undefined`. */
  onLost: (why: string) => void = () => undefined;

  /** @param state a new directory for what it stores. */
  constructor(state: string) {
    mkdirSync(state, { mode: 0o700 });
    const options = ['--tpmstate', `dir=${state},mode=0600`, '--flags', 'not-need-init,startup-clear'];
    this.#child = spawn(PROGRAM, ['socket', '--tpm2', '--fd', String(CHANNEL), ...options], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#channel = this.#child.stdio[CHANNEL] as Duplex;
    (this.#child.stdio[2] as Readable).setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-SAID);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('exit', (status, signal) => {
        this.#lose(
          `it ended (${signal ?? `exit status ${status}`})${this.#said === '' ? '' : `: ${this.#said.trim()}`}`,
        );
        resolve();
      });
      this.#child.on('error', (error: NodeJS.ErrnoException) => {
        this.#lose(error.code === 'ENOENT' ? 'it is not installed' : error.message);
        resolve();
      });
    });
    this.#channel.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#channel.on('error', (error) => this.#lose(error.message));
    this.#channel.on('close', () => this.#lose('it closed its socket'));
  }

  /** `undefined`: it does not answer any more. */
  request(command: Buffer): Promise<Buffer | undefined> {
    return new Promise((resolve) => this.send(command, resolve));
  }

  /** The same without a promise for each of many commands. */
  send(command: Buffer, answered: (answer: Buffer | undefined) => void): void {
    if (this.#isDead) {
      answered(undefined);
      return;
    }
    this.#pending.push({ command, answered });
    if (this.#pending.length === 1) this.#next();
    else if (this.#pending.length > MOST_PENDING) this.#lose(`${MOST_PENDING} commands wait for answers`);
  }

  async close(): Promise<void> {
    this.#isDead = true;
    clearTimeout(this.#timer);
    this.#channel.destroy();
    await Promise.race([this.#ended, sleep(END_MS, undefined, { ref: false })]);
    this.#child.kill('SIGKILL');
  }

  #next(): void {
    const [first] = this.#pending;
    clearTimeout(this.#timer);
    if (first === undefined) return;
    this.#timer = setTimeout(() => this.#lose('it does not answer'), PATIENCE_MS).unref();
    this.#channel.write(first.command);
  }

  #receive(bytes: Buffer): void {
    this.#answer = Buffer.concat([this.#answer, bytes]);
    const size = sizeOf(this.#answer);
    if (size === undefined) return;
    if (size < HEADER_SIZE || size > LARGEST || this.#answer.length > size) this.#lose('what it says is no answer');
    if (this.#answer.length !== size) return;
    const answer = this.#answer;
    this.#answer = Buffer.alloc(0);
    const first = this.#pending.shift();
    this.#next();
    first?.answered(answer);
  }

  #lose(why: string): void {
    if (this.#isDead) return;
    this.#isDead = true;
    clearTimeout(this.#timer);
    this.#channel.destroy();
    this.#child.kill('SIGKILL');
    const unanswered = this.#pending.splice(0);
    this.onLost(why);
    for (const { answered } of unanswered) answered(undefined);
  }
}

/** @throws WorldError */
export function startFailed(why: string): WorldError {
  return new WorldError(
    'unsupported-host',
    `${PROGRAM} cannot be used: ${why}.`,
    'Install it (Debian: apt-get install swtpm tpm2-tools), or choose --tpm=emulated.',
  );
}
