/**
 * /dev/kmsg: one record for each read, and records of programs that write.
 *
 * Model: devkmsg_* of kernel/printk/printk.c. Each open has its own place in the log. A record is
 * `PRIORITY,SEQUENCE,MICROSECONDS,-;TEXT` where bytes that do not print, and backslashes, are `\xHH`. lseek(2) knows
 * three places: the oldest record, the first one after the last clear, the end. Its return value is always 0; a
 * transport that keeps the position of a descriptor itself shows SEEK_SET as a read at position 0.
 */

import { bytesOf } from '../../../linux/bytes.ts';
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { O_ACCMODE, O_WRONLY } from '../../../linux/fcntl.ts';
import { SEEK_DATA, SEEK_END } from '../../../linux/fs.ts';
import { POLLERR, POLLIN, POLLPRI } from '../../../linux/poll.ts';
import { KERN_WARNING } from '../../../lsm/framework/facts.ts';
import { SYSLOG_ACTION } from '../../../lsm/framework/syslog.ts';
import { type InodeInit, PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { type Handle, Pending, type Position } from '../../../vfs/tree/node.ts';
import { RateLimit } from './rate-limit.ts';
import { RECORD_MAX, type Record } from './ring.ts';
import type { Syslog } from './syslog.ts';

/** LOG_USER */
const USER = 1;

export class KmsgFile extends PseudoFile {
  constructor(init: InodeInit, syslog: Syslog) {
    super(init, (flags, caller) => {
      // dmesg_restrict does not apply to opens for writing only.
      const reads = (flags & O_ACCMODE) !== O_WRONLY;
      const refused = reads ? syslog.permission(SYSLOG_ACTION.READ_ALL, caller) : undefined;
      return refused ?? new KmsgHandle(syslog);
    });
  }
}

class KmsgHandle implements Handle {
  readonly writeMovesPosition = true;
  readonly #syslog: Syslog;
  readonly #limit = new RateLimit();
  #sequence: number;
  /** The transport's position after the last operation. */
  #position = 0;
  #writer = '';
  #pollWait: (() => void) | undefined;

  constructor(syslog: Syslog) {
    this.#syslog = syslog;
    this.#sequence = syslog.ring.first;
  }

  read(length: number, at: Position): Result<Uint8Array> | Pending<Uint8Array> {
    this.#notice(at);
    const { ring } = this.#syslog;
    if (ring.from(this.#sequence) !== undefined) return this.#next(length, at);
    return new Pending((settle) => {
      let cancel = (): void => undefined;
      const look = (): void => {
        // The new record may not be complete yet.
        if (ring.from(this.#sequence) === undefined) cancel = ring.whenMore(look);
        else settle(this.#next(length, at));
      };
      cancel = ring.whenMore(look);
      return { cancel: () => cancel() };
    });
  }

  write(data: Uint8Array, at: Position, caller: Caller): Result<number> {
    this.#notice(at);
    if (data.length > RECORD_MAX) return E.EINVAL;
    this.#writer = caller.comm;
    this.#position = at.offset + data.length;
    if (this.#limit.allows(this.#syslog.now))
      this.#syslog.ring.append(userRecord(Buffer.from(data).toString('latin1')));
    return data.length;
  }

  seek(offset: number, whence: number): Result<number> {
    if (whence !== SEEK_END && whence !== SEEK_DATA) return E.EINVAL;
    if (offset !== 0) return E.ESPIPE;
    this.#sequence = whence === SEEK_END ? this.#syslog.ring.end : this.#syslog.cleared;
    this.#position = 0;
    return 0;
  }

  poll(wake: () => void): number {
    const { ring } = this.#syslog;
    this.#pollWait?.();
    this.#pollWait = ring.whenMore(wake);
    const next = ring.from(this.#sequence);
    if (next === undefined) return 0;
    return next.sequence === this.#sequence ? POLLIN : POLLIN | POLLERR | POLLPRI;
  }

  release(): void {
    this.#pollWait?.();
    const { missed } = this.#limit;
    if (missed === 0) return;
    const text = `printk: ${this.#writer}: ${missed} output lines suppressed due to ratelimiting\n`;
    this.#syslog.ring.append({ facility: 0, level: KERN_WARNING, text });
  }

  /** SEEK_SET: the position is 0, but was not after the last operation. */
  #notice({ offset }: Position): void {
    if (offset === 0 && this.#position !== 0) this.#sequence = this.#syslog.ring.first;
    this.#position = offset;
  }

  #next(length: number, at: Position): Uint8Array | Errno {
    const record = this.#syslog.ring.from(this.#sequence);
    if (record === undefined) return E.EAGAIN;
    const lost = record.sequence !== this.#sequence;
    this.#sequence = record.sequence;
    if (lost) return E.EPIPE;
    this.#sequence++;
    const line = bytesOf(extendedLine(record));
    if (line.length > length) return E.EINVAL;
    this.#position = at.offset + line.length;
    return line;
  }
}

function extendedLine({ facility, level, sequence, microseconds, text }: Record): string {
  return `${facility * 8 + level},${sequence},${Math.floor(microseconds)},-;${escaped(text)}\n`;
}

function escaped(text: string): string {
  return text.replace(/[^ -[\]-~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Removes `<PRIORITY>` in front; facility 0 (kernel) becomes LOG_USER. */
function userRecord(written: string): { facility: number; level: number; text: string } {
  const [line = ''] = written.split('\0');
  const [prefix, digits] = /^<(\d*)>/.exec(line) ?? [];
  if (prefix === undefined) return { facility: USER, level: KERN_WARNING, text: line };
  const priority = Number(BigInt.asUintN(32, BigInt(digits || 0)));
  return { facility: priority >>> 3 || USER, level: priority & 7, text: line.slice(prefix.length) };
}
