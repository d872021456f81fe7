/**
 * The daemon's log: the emulated kernel's messages, audit records and our own troubles (log/line.ts).
 *
 * It lives in the world's directory and goes with it, unless a file was asked for. Written synchronously: the last line before a crash is
 * the interesting one. For the same reason a log that is full makes room by forgetting its older half, which is in `log.1` until then.
 */
import { closeSync, openSync, renameSync, symlinkSync, writeSync } from 'node:fs';
import type { KernelLog } from '../../lsm/core/facts.ts';
import { PrintkLog } from '../kmsg/kernel-log.ts';
import { auditLine, auditStamp, kernelLine } from '../log/line.ts';
import type { WorldDirectory } from '../state/directory.ts';

/** A world that logs without end must not fill a tmpfs: two files of this size. */
const HALF = 1 << 20;

export class DaemonLog implements KernelLog {
  /** The same without our troubles, for programs in the world. */
  readonly kernel = new PrintkLog(() => Number(process.hrtime.bigint() / 1000n));
  readonly #start = performance.now();
  readonly #file: string;
  /** Bytes of a file; a file that was asked for is not ours to cut. */
  readonly #limit: number;
  #fd: number;
  #length = 0;
  #serial = 0;

  constructor(file: string, limit = Number.POSITIVE_INFINITY) {
    this.#file = file;
    this.#limit = limit;
    this.#fd = openSync(file, 'a', 0o600);
  }

  /** `asked`: the file to use instead of one in the directory, where it can be found through a link. */
  static ofWorld(directory: WorldDirectory, asked: string | undefined): DaemonLog {
    if (asked === undefined) return new DaemonLog(directory.log, HALF);
    const log = new DaemonLog(asked);
    symlinkSync(asked, directory.log);
    return log;
  }

  print(text: string, level?: number): void {
    this.#write(Buffer.from(kernelLine(this.#uptime(), text), 'latin1'));
    this.kernel.print(text, level);
  }

  audit(type: number, body: string): void {
    this.#serial = (this.#serial + 1) >>> 0;
    const stamp = auditStamp(Date.now(), this.#serial);
    this.#write(Buffer.from(auditLine(type, stamp, body), 'latin1'));
    this.kernel.audit(type, stamp, body);
  }

  /** Something about the daemon itself. */
  trouble(text: string): void {
    this.#write(Buffer.from(kernelLine(this.#uptime(), `lsmfs: ${text}`)));
  }

  close(): void {
    closeSync(this.#fd);
  }

  #uptime(): number {
    return performance.now() - this.#start;
  }

  #write(line: Buffer): void {
    if (this.#length + line.length > this.#limit) this.#rotate();
    this.#length += line.length;
    writeSync(this.#fd, line);
  }

  #rotate(): void {
    closeSync(this.#fd);
    renameSync(this.#file, `${this.#file}.1`);
    this.#fd = openSync(this.#file, 'a', 0o600);
    this.#length = 0;
  }
}
