/**
 * syslog(2): reading the log as text, and its settings.
 *
 * Model: do_syslog() of kernel/printk/printk.c. Reading (action 2, and /proc/kmsg) has one place in the log for the
 * whole system and may leave a line half read; reading all (3, 4) gives the newest lines that fit, from the last clear
 * on. Each line of a record is `<PRIORITY>[SECONDS.MICROSECONDS] TEXT`.
 */

import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { SYSLOG_ACTION } from '../../../lsm/framework/syslog.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { LOG_BUFFER_SIZE, type LogRing, type Record } from './ring.ts';

const ACTION = SYSLOG_ACTION;
const WITH_BUFFER: readonly number[] = [ACTION.READ, ACTION.READ_ALL, ACTION.READ_CLEAR];

export interface SyslogFacts {
  /** CLOCK_MONOTONIC in microseconds. */
  now(): number;
  /** kernel.dmesg_restrict */
  restricted(): boolean;
  /** CAP_SYSLOG, in the modules' opinion, too. */
  privileged(caller: Caller): boolean;
  /** The modules' syslog hook. */
  allowed(action: number, caller: Caller): Errno | undefined;
}

export interface SyslogRequest {
  readonly action: number;
  /** The buffer pointer is not NULL. */
  readonly buffer: boolean;
  /** As a C int. */
  readonly length: number;
}

export interface SyslogAnswer {
  readonly value: number;
  readonly data?: string;
}

export class Syslog {
  readonly ring: LogRing;
  readonly #facts: SyslogFacts;
  /** First record after the last clear. */
  cleared = 0;
  #sequence = 0;
  /** Bytes of the record there that have been read. */
  #partial = 0;

  constructor(ring: LogRing, facts: SyslogFacts) {
    this.ring = ring;
    this.#facts = facts;
  }

  /** CLOCK_MONOTONIC in microseconds. */
  get now(): number {
    return this.#facts.now();
  }

  /** check_syslog_permissions() */
  permission(action: number, caller: Caller): Errno | undefined {
    const open = action === ACTION.READ_ALL || action === ACTION.SIZE_BUFFER;
    if ((!open || this.#facts.restricted()) && !this.#facts.privileged(caller)) return E.EPERM;
    return this.allowed(action, caller);
  }

  /** The modules' hook alone, for reads of a file that was opened before. */
  allowed(action: number, caller: Caller): Errno | undefined {
    return this.#facts.allowed(action, caller);
  }

  /** EAGAIN = the read has to block. */
  call({ action, buffer, length }: SyslogRequest, caller: Caller): Result<SyslogAnswer> {
    const refused = this.permission(action, caller);
    if (refused !== undefined) return refused;
    if (WITH_BUFFER.includes(action)) {
      if (!buffer || length < 0) return E.EINVAL;
      if (length === 0) return { value: 0 };
    }
    switch (action) {
      case ACTION.CLOSE:
      case ACTION.OPEN:
      case ACTION.CONSOLE_OFF:
      case ACTION.CONSOLE_ON:
        return { value: 0 };
      case ACTION.READ:
        return this.unread === 0 ? E.EAGAIN : withData(this.read(length));
      case ACTION.READ_ALL:
        return withData(this.#newest(length));
      case ACTION.READ_CLEAR: {
        const text = this.#newest(length);
        this.cleared = this.ring.end;
        return withData(text);
      }
      case ACTION.CLEAR:
        this.cleared = this.ring.end;
        return { value: 0 };
      case ACTION.CONSOLE_LEVEL:
        return length < 1 || length > 8 ? E.EINVAL : { value: 0 };
      case ACTION.SIZE_UNREAD:
        return { value: this.unread };
      case ACTION.SIZE_BUFFER:
        return { value: LOG_BUFFER_SIZE };
      default:
        return E.EINVAL;
    }
  }

  /** Bytes that {@link read} would give. */
  get unread(): number {
    this.#skipLost();
    let bytes = -this.#partial;
    for (const record of this.ring.since(this.#sequence)) bytes += lines(record).length;
    return bytes;
  }

  /** Whole records as far as they fit; a part of one only if it is the first. */
  read(length: number): string {
    this.#skipLost();
    let text = '';
    for (const record of this.ring.since(this.#sequence)) {
      const rest = lines(record).slice(this.#partial);
      const left = length - text.length;
      if (rest.length <= left) {
        text += rest;
        this.#sequence = record.sequence + 1;
        this.#partial = 0;
      } else {
        if (text !== '') break;
        text = rest.slice(0, left);
        this.#partial += left;
        break;
      }
    }
    return text;
  }

  #skipLost(): void {
    if (this.#sequence >= this.ring.first) return;
    this.#sequence = this.ring.first;
    this.#partial = 0;
  }

  /** From the last clear on, the newest that fit. */
  #newest(length: number): string {
    const texts = [...this.ring.since(this.cleared)].map(lines);
    let bytes = 0;
    let first = texts.length;
    while (first > 0 && bytes + (texts[first - 1] as string).length <= length)
      bytes += (texts[--first] as string).length;
    return texts.slice(first).join('');
  }
}

function withData(data: string): SyslogAnswer {
  return { value: data.length, data };
}

function lines({ facility, level, microseconds, text }: Record): string {
  const seconds = String(Math.floor(microseconds / 1e6)).padStart(5);
  const fraction = String(Math.floor(microseconds % 1e6)).padStart(6, '0');
  const prefix = `<${facility * 8 + level}>[${seconds}.${fraction}] `;
  return text
    .split('\n')
    .map((line) => `${prefix}${line}\n`)
    .join('');
}
