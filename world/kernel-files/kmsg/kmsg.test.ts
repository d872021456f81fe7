/** The log's readers. What a kernel answers to the same calls is recorded in the scenario c-selinux-kmsg. */

import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ALL_CAPABILITIES, CAP } from '../../../linux/capability.ts';
import { E, failed } from '../../../linux/errno.ts';
import { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from '../../../linux/fcntl.ts';
import { SEEK_DATA, SEEK_END } from '../../../linux/fs.ts';
import { tidOf } from '../../../linux/ids.ts';
import { POLLERR, POLLIN, POLLPRI } from '../../../linux/poll.ts';
import { SYSLOG_ACTION } from '../../../lsm/framework/syslog.ts';
import { capable, KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import { type Handle, Pending } from '../../../vfs/tree/node.ts';
import { code, TestOpenFile } from '../../../vfs/user/testing.ts';
import { logFiles } from './files.ts';
import { PrintkLog } from './kernel-log.ts';
import { LOG_BUFFER_SIZE, type LogRing } from './ring.ts';
import { Syslog } from './syslog.ts';

const SECOND = 1_000_000;
const UNPRIVILEGED = { ...KERNEL_CALLER, tid: tidOf(7), capabilities: ALL_CAPABILITIES & ~(1n << BigInt(CAP.SYSLOG)) };

let time: number;
let log: PrintkLog;
let ring: LogRing;
let syslog: Syslog;
let restricted: boolean;
let forbidden: number | undefined;

beforeEach(() => {
  time = 1_500_000;
  restricted = false;
  forbidden = undefined;
  log = new PrintkLog(() => time);
  ({ ring } = log);
  syslog = new Syslog(ring, {
    now: () => time,
    restricted: () => restricted,
    privileged: (caller) => capable(caller, CAP.SYSLOG),
    allowed: (action) => (action === forbidden ? E.EACCES : undefined),
  });
});

/** The device, read as a program does: at the position where the last read ended. */
class Reader {
  readonly #file: TestOpenFile;
  position = 0;

  constructor(kind = 'kmsg', flags = O_RDWR | O_NONBLOCK) {
    const node = logFiles(syslog).get(kind);
    if (node === undefined) throw new Error(kind);
    this.#file = new TestOpenFile(node, flags);
  }

  get handle(): Handle {
    return this.#file.handle;
  }

  read(length = 8192): string {
    const text = this.#file.read(this.position, length);
    if (/^[0-9<]/.test(text)) this.position += text.length;
    return text;
  }

  write(text: string): void {
    expect(this.#file.write(text, this.position)).toBe(text.length);
    this.position += text.length;
  }

  seek(whence: number): void {
    this.position = code(this.handle.seek?.(0, whence) ?? E.EINVAL) as number;
  }
}

describe('/dev/kmsg', () => {
  it('gives a record for each read, from the oldest on', () => {
    log.print('one');
    log.print('two\\ \x7f', 3);
    const reader = new Reader();
    expect([reader.read(), reader.read(), reader.read()]).toEqual([
      '6,0,1500000,-;one\n',
      '3,1,1500000,-;two\\x5c \\x7f\n',
      'EAGAIN',
    ]);
  });

  it('goes back to the oldest, to the last clear, to the end', () => {
    for (const text of ['one', 'two', 'three']) log.print(text);
    const reader = new Reader();
    reader.read();
    reader.read();
    reader.position = 0;
    expect(reader.read()).toContain(';one');
    syslog.cleared = 1;
    reader.seek(SEEK_DATA);
    expect(reader.read()).toContain(';two');
    reader.seek(SEEK_END);
    expect(reader.read()).toBe('EAGAIN');
    expect(code(reader.handle.seek?.(1, SEEK_END) ?? 0)).toBe('ESPIPE');
    expect(code(reader.handle.seek?.(0, 4) ?? 0)).toBe('EINVAL');
  });

  it('says once that records are gone', () => {
    const reader = new Reader();
    for (let i = 0; i < 5000; i++) log.print(`line ${i}`);
    expect(reader.handle.poll?.(() => {}, KERNEL_CALLER)).toBe(POLLIN | POLLERR | POLLPRI);
    expect(reader.read()).toBe('EPIPE');
    expect(reader.read()).toContain(`;line ${ring.first}\n`);
    expect(reader.handle.poll?.(() => {}, KERNEL_CALLER)).toBe(POLLIN);
  });

  it('waits, also for a record that is not finished yet', () => {
    const reader = new Reader('kmsg', O_RDWR);
    const waiting = reader.handle.read?.(100, { offset: 0 }, KERNEL_CALLER) as Pending<Uint8Array>;
    expect(waiting).toBeInstanceOf(Pending);
    const answers: string[] = [];
    waiting.start((data) => answers.push(failed(data) ? data.code : Buffer.from(data).toString()));
    const woken: number[] = [];
    expect(reader.handle.poll?.(() => woken.push(1), KERNEL_CALLER)).toBe(0);
    ring.append({ facility: 1, level: 4, text: 'unfinished' });
    expect(answers).toEqual([]);
    log.print('next');
    expect(answers).toEqual(['12,0,1500000,-;unfinished\n']);
    expect(woken).toEqual([1]);
    reader.position = answers.join('').length;
    expect(reader.read()).toContain(';next');
  });

  it('can stop waiting', () => {
    const waiting = new Reader('kmsg', O_RDWR).handle.read?.(100, { offset: 0 }, KERNEL_CALLER) as Pending<Uint8Array>;
    const answers: unknown[] = [];
    waiting.start((data) => answers.push(data)).cancel();
    log.print('next');
    expect(answers).toEqual([]);
  });

  it('lets a descriptor write ten records in five seconds, and says at its end what it dropped', () => {
    const reader = new Reader();
    const writer = new Reader();
    for (let i = 0; i < 12; i++) writer.write(`<13>line ${i}\n`);
    time += 5 * SECOND + 1;
    writer.write('later\n');
    writer.handle.release?.();
    const texts = Array.from({ length: 13 }, () => reader.read()).map((line) => line.split(';')[1] ?? line);
    expect(texts.slice(8)).toEqual([
      'line 8\n',
      'line 9\n',
      'later\n',
      'printk: swapper: 2 output lines suppressed due to ratelimiting\n',
      'EAGAIN',
    ]);
  });

  it('is for those who may read the log, where that is restricted', () => {
    restricted = true;
    const node = logFiles(syslog).get('kmsg');
    const open = (flags: number) => {
      const handle = node?.open(flags, UNPRIVILEGED);
      return handle === undefined || failed(handle) ? handle : 'open';
    };
    expect(open(O_RDONLY)).toBe(E.EPERM);
    expect(open(O_WRONLY)).toBe('open');
    restricted = false;
    expect(open(O_RDONLY)).toBe('open');
  });

  it('takes anything that is written', () => {
    const reader = new Reader();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        ring.append({ facility: 1, level: 1, text: 'end\n' });
        reader.seek(SEEK_END);
        const writer = new Reader();
        expect(code(writer.handle.write?.(bytes, { offset: 0 }, KERNEL_CALLER) ?? 0)).toBe(bytes.length);
        ring.append({ facility: 0, level: 6, text: 'end\n' });
        expect(reader.read()).toMatch(/^\d+,\d+,\d+,-;[ -~]*\n$/);
        expect(reader.read()).toMatch(/;end\n$/);
      }),
    );
  });
});

it('modules have a say in reading', () => {
  forbidden = SYSLOG_ACTION.READ_ALL;
  const open = (kind: string, flags: number) => {
    const handle = logFiles(syslog).get(kind)?.open(flags, KERNEL_CALLER);
    return handle === undefined || failed(handle) ? handle : 'open';
  };
  expect([open('kmsg', O_RDONLY), open('kmsg', O_WRONLY), open('proc-kmsg', O_RDONLY)]).toEqual([
    E.EACCES,
    'open',
    'open',
  ]);
  expect(code(syslog.call({ action: 3, buffer: true, length: 9 }, KERNEL_CALLER))).toBe('EACCES');
  forbidden = SYSLOG_ACTION.OPEN;
  expect(open('proc-kmsg', O_RDONLY)).toBe(E.EACCES);
  const reader = new Reader('kmsg');
  forbidden = SYSLOG_ACTION.READ;
  log.print('text');
  expect(reader.read()).toContain('text');
  expect(new Reader('proc-kmsg', O_RDONLY).read()).toBe('EACCES');
});

describe('the ring', () => {
  it('is bounded in bytes and in records', () => {
    for (let i = 0; i < 10_000; i++) log.print('x'.repeat(i % 2000));
    const texts = [...ring.since(0)].map(({ text }) => text.length);
    expect(texts.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(LOG_BUFFER_SIZE);
    expect(Math.max(...texts)).toBe(1023);
    expect(ring.first).toBeGreaterThan(9000);
  });
});

describe('audit records', () => {
  it('are printed ten in five seconds', () => {
    for (let i = 0; i < 12; i++) log.audit(1404, `audit(1.000:${i})`, 'enforcing=1');
    time += 5 * SECOND + 1;
    log.audit(1404, 'audit(7.000:12)', 'enforcing=0');
    const records = [...ring.since(0)];
    expect(records.map(({ text }) => text).slice(8)).toEqual([
      'audit: type=1404 audit(1.000:8): enforcing=1',
      'audit: type=1404 audit(1.000:9): enforcing=1',
      'kauditd_printk_skb: 2 callbacks suppressed',
      'audit: type=1404 audit(7.000:12): enforcing=0',
    ]);
    expect(records.map(({ level }) => level).slice(9)).toEqual([5, 4, 5]);
  });

  it('share their limit with what audit says of itself', () => {
    for (let i = 0; i < 12; i++) log.printLimited('audit: audit_lost=1', 4, 'audit_log_lost');
    log.audit(1404, 'audit(1.000:12)', 'enforcing=1');
    time += 5 * SECOND + 1;
    log.printLimited('audit: backlog limit exceeded', 3, 'audit_panic');
    const texts = [...ring.since(0)].map(({ text }) => text);
    expect(texts.slice(9)).toEqual([
      'audit: audit_lost=1',
      'audit_panic: 3 callbacks suppressed',
      'audit: backlog limit exceeded',
    ]);
  });

  it('are all printed when there is no limit', () => {
    log.limitAudit(0);
    for (let i = 0; i < 12; i++) log.audit(1404, `audit(1.000:${i})`, 'enforcing=1');
    expect([...ring.since(0)]).toHaveLength(12);
  });
});

describe('syslog(2)', () => {
  const call = (action: number, length = 0, caller = KERNEL_CALLER) =>
    code(syslog.call({ action, buffer: true, length }, caller));

  it('reads on where anybody stopped, and by whole records', () => {
    log.print('one');
    ring.append({ facility: 1, level: 4, text: 'two\nlines\n' });
    const one = '<6>[    1.500000] one\n';
    const two = '<12>[    1.500000] two\n<12>[    1.500000] lines\n';
    expect(call(9)).toEqual({ value: one.length + two.length });
    expect(call(2, 4)).toEqual({ value: 4, data: one.slice(0, 4) });
    expect(call(2, one.length)).toEqual({ value: one.length - 4, data: one.slice(4) });
    expect(new Reader('proc-kmsg', O_RDONLY | O_NONBLOCK).read()).toBe(two);
    expect(call(2, 100)).toBe('EAGAIN');
  });

  it('gives the newest that fit, since the last clear', () => {
    for (const text of ['one', 'two', 'three']) log.print(text);
    const last = '<6>[    1.500000] two\n<6>[    1.500000] three\n';
    expect(call(3, last.length)).toEqual({ value: last.length, data: last });
    expect(call(3, 5)).toEqual({ value: 0, data: '' });
    expect(call(4, 1000)).toMatchObject({ value: 22 + last.length });
    expect(call(3, 1000)).toEqual({ value: 0, data: '' });
    log.print('four');
    call(5);
    expect(call(3, 1000)).toEqual({ value: 0, data: '' });
  });

  it('refuses', () => {
    expect([call(11), call(2, -1), call(8, 0), call(8, 9), call(8, 8), call(10)]).toEqual([
      'EINVAL',
      'EINVAL',
      'EINVAL',
      'EINVAL',
      { value: 0 },
      { value: LOG_BUFFER_SIZE },
    ]);
    expect(code(syslog.call({ action: 3, buffer: false, length: 9 }, KERNEL_CALLER))).toBe('EINVAL');
    expect([call(3, 0, UNPRIVILEGED), call(5, 0, UNPRIVILEGED)]).toEqual([{ value: 0 }, 'EPERM']);
    restricted = true;
    expect(call(3, 0, UNPRIVILEGED)).toBe('EPERM');
  });
});
