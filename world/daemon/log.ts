/**
 * The daemon's log: the emulated kernel's messages, audit records and our own troubles (log/line.ts).
 *
 * It is in the world's directory and is removed with it, unless another file was asked for. Written synchronously, so that the last lines
 * before a crash are in it. A log that is full is renamed to `log.1`, which drops the older half. Lines that cannot be written (a full
 * disk, a limit on the size of files) are lost and counted: a world continues without its log.
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import type { KernelLogWriter } from '../../lsm/framework/facts.ts';
import { PrintkLog } from '../kernel-files/kmsg/kernel-log.ts';
import { auditLine, kernelLine, ownLine } from '../log/line.ts';
import type { WorldDirectory } from '../registry/directory.ts';

/** A world that logs without end must not fill a tmpfs: two files of this size. */
const HALF = 1 << 20;

/** EOE, which auditd does not write either. */
const END_OF_EVENT = 1320;

export class DaemonLog implements KernelLogWriter {
  /** The same without our own messages, for programs in the world. */
  readonly kernel = new PrintkLog(() => Number(process.hrtime.bigint() / 1000n));
  /** Sees each audit record, by its number, and each that a module keeps itself, by the module's name. */
  onRecord: (type: number | string, body: string) => void = () => {};
  readonly #start = performance.now();
  readonly #file: string;
  /** Bytes after which the file is renamed; none for a file that the user named. */
  readonly #limit: number;
  #fd: number;
  #length = 0;
  /** Lines that could not be written since the last one that could. */
  #lost = 0;
  /** Gets each line too, without its end, whatever becomes of it here. */
  copy: ((line: string) => void) | undefined;
  /** The last line was written in part, without its newline. */
  #torn = false;

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

  printLimited(text: string, level: number, by: string): void {
    this.#write(Buffer.from(kernelLine(this.#uptime(), text), 'latin1'));
    this.kernel.printLimited(text, level, by);
  }

  audit(type: number, body: string, stamp: string): void {
    this.onRecord(type, body);
    if (type !== END_OF_EVENT) this.#write(Buffer.from(auditLine(type, stamp, body), 'latin1'));
  }

  own(module: string, text: string): void {
    this.onRecord(module, text);
    this.#write(Buffer.from(ownLine(module, text), 'latin1'));
  }

  unheard(type: number, body: string, stamp: string): void {
    this.kernel.audit(type, stamp, body);
  }

  /** Writes a message about the daemon itself. */
  trouble(text: string): void {
    this.#write(Buffer.from(kernelLine(this.#uptime(), `lsmfs: ${text}`)));
  }

  /**
   * Notes what is in it. @returns a function that brings it back to that, in a new file, which readers that follow begin anew; a file that
   * the user named keeps all.
   */
  remember(): () => void {
    if (this.#limit === Number.POSITIVE_INFINITY) return () => undefined;
    const noted = readFileSync(this.#file);
    return () => {
      try {
        this.#rotate();
        rmSync(`${this.#file}.1`, { force: true });
        this.#append(noted);
      } catch {
        this.#lost++;
      }
    };
  }

  close(): void {
    closeSync(this.#fd);
  }

  #uptime(): number {
    return performance.now() - this.#start;
  }

  #write(line: Buffer): void {
    this.copy?.(line.toString('latin1', 0, line.length - 1));
    try {
      if (this.#length + line.length > this.#limit) this.#rotate();
      if (this.#lost > 0) this.#append(Buffer.from(kernelLine(this.#uptime(), `lsmfs: ${this.#lost} lines were lost`)));
      this.#lost = 0;
      this.#append(line);
    } catch {
      this.#lost++;
    }
  }

  /** A full disk may store the beginning of a line only. */
  #append(line: Buffer): void {
    const whole = this.#torn ? Buffer.concat([Buffer.from('\n'), line]) : line;
    const written = writeSync(this.#fd, whole);
    this.#length += written;
    if (written > 0) this.#torn = written < whole.length;
    if (written < whole.length) throw new Error('cut');
  }

  #rotate(): void {
    const next = `${this.#file}.2`;
    const fd = openSync(next, 'a', 0o600);
    try {
      renameSync(this.#file, `${this.#file}.1`);
      renameSync(next, this.#file);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(this.#fd);
    this.#fd = fd;
    this.#length = 0;
    this.#torn = false;
  }
}
