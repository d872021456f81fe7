/**
 * The daemon's log: the emulated kernel's messages, audit records and our own troubles, one line each, with the seconds since the world began.
 *
 * It lives in the world's directory and goes with it, unless a file was asked for. Written synchronously: the last line before a crash is
 * the interesting one.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { KernelLog } from '../../lsm/core/facts.ts';

/** A world that logs without end must not fill a tmpfs. */
const DEFAULT_LIMIT = 1 << 20;

export class DaemonLog implements KernelLog {
  readonly #fd: number;
  readonly #start = performance.now();
  #left: number;

  constructor(file: string, limit = DEFAULT_LIMIT) {
    this.#fd = openSync(file, 'a', 0o600);
    this.#left = limit;
  }

  print(text: string): void {
    this.#line(text);
  }

  audit(type: number, body: string): void {
    this.#line(`audit: type=${type} ${body}`);
  }

  /** Something about the daemon itself. */
  trouble(text: string): void {
    this.#line(`lsmfs: ${text}`);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #line(text: string): void {
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(6);
    const line = Buffer.from(`[${seconds.padStart(12)}] ${text}\n`);
    if (line.length > this.#left) return;
    this.#left -= line.length;
    writeSync(this.#fd, line);
  }
}
