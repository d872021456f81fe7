/**
 * Messages over a socket, one JSON value per line, without an event loop: for launchers and short commands.
 */
import { closeSync, readSync, writeSync } from 'node:fs';
import { WorldError } from '../errors.ts';
import type { ControlReply, ControlRequest } from './messages.ts';

const NEWLINE = 0x0a;
const CHUNK = 4096;
/** Longest reply accepted. */
const MAX_LINE = 1 << 20;

const lost = (): WorldError =>
  new WorldError(
    'daemon-lost',
    'The daemon of the world ended without an answer.',
    'Run it again with --log-file=FILE: the daemon writes there why it ends.',
  );

export class BlockingChannel {
  readonly fd: number;
  readonly #givesUp: () => boolean;
  #pending: Buffer = Buffer.alloc(0);

  /** @param givesUp asked whenever the time of the socket is over. */
  constructor(fd: number, givesUp = (): boolean => true) {
    this.fd = fd;
    this.#givesUp = givesUp;
  }

  send(request: ControlRequest): void {
    let rest = Buffer.from(`${JSON.stringify(request)}\n`);
    while (rest.length > 0) {
      const written = this.#transfer(() => writeSync(this.fd, rest));
      if (written === 0) throw lost();
      rest = rest.subarray(written);
    }
  }

  /** Waits for the next message. @throws WorldError when the other side is gone, silent for too long, or reports a failure. */
  receive<K extends ControlReply['kind']>(kind: K): Extract<ControlReply, { kind: K }> {
    const reply = JSON.parse(this.#line()) as ControlReply;
    if (reply.kind === 'failed') throw new WorldError(reply.code, reply.message, reply.fix, reply.data);
    if (reply.kind !== kind)
      throw new WorldError('daemon-failed', `The daemon answered ${reply.kind} instead of ${kind}.`);
    return reply as Extract<ControlReply, { kind: K }>;
  }

  /** Waits until the other side closes. */
  drain(): void {
    const chunk = Buffer.alloc(CHUNK);
    while (this.#transfer(() => readSync(this.fd, chunk)) > 0);
  }

  close(): void {
    closeSync(this.fd);
  }

  #line(): string {
    for (;;) {
      const end = this.#pending.indexOf(NEWLINE);
      if (end >= 0) {
        const line = this.#pending.toString('utf8', 0, end);
        this.#pending = this.#pending.subarray(end + 1);
        return line;
      }
      const chunk = Buffer.alloc(CHUNK);
      const length = this.#transfer(() => readSync(this.fd, chunk));
      if (length === 0 || this.#pending.length > MAX_LINE) {
        throw lost();
      }
      this.#pending = Buffer.concat([this.#pending, chunk.subarray(0, length)]);
    }
  }

  #transfer(step: () => number): number {
    for (;;) {
      try {
        return step();
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'EINTR' || (code === 'EAGAIN' && !this.#givesUp())) continue;
        if (code === 'EAGAIN')
          throw new WorldError('daemon-lost', 'The daemon of the world does not answer.', 'lsmfs stop ends it.');
        // ENOSYS: the daemon that supervised us has ended.
        if (code === 'EPIPE' || code === 'ECONNRESET' || code === 'ENOSYS') return 0;
        throw error;
      }
    }
  }
}
