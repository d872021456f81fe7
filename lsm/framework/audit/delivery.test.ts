import { beforeEach, describe, expect, it } from 'vitest';
import { AUDIT } from '../../../linux/audit.ts';
import { bytesOf } from '../../../linux/bytes.ts';
import { encodeMessage, splitMessages, words } from './netlink.ts';
import { AuditMachine, SUBJECT } from './testing/machine.ts';
import type { Reader } from './testing/reader.ts';

let machine: AuditMachine;

beforeEach(() => {
  machine = new AuditMachine();
});

describe('the daemon', () => {
  const register = (pid: number, socket: Reader) =>
    machine.requests.receive(
      encodeMessage({ type: AUDIT.SET, flags: 1 }, words(4, 0, 0, pid)),
      socket,
      machine.sender({ ownPid: pid }),
    );

  it('gets records with the length of their text, is asked whether it lives, and is forgotten when it does not', () => {
    machine.set(1, 1);
    const daemon = machine.readerAt(7);
    expect(machine.ask(AUDIT.SET, words(4, 0, 0, 7), {}, daemon)).toEqual([0]);
    expect(machine.ask(1112, bytesOf('hi\0'))).toEqual([0]);
    const [message = new Uint8Array(0)] = daemon.received;
    expect(new DataView(message.buffer).getUint32(0, true)).toBe(message.length - 16);
    expect(machine.printed).toEqual([]);
    daemon.received.length = 0;
    expect(machine.ask(AUDIT.SET, words(4, 0, 0, 8), { ownPid: 8 })).toEqual([-17]);
    expect(daemon.records().map((text) => text.slice(0, 5))).toEqual(['1329:', '1305:']);
    daemon.open = false;
    machine.ask(1112, bytesOf('gone\0'));
    expect(machine.audit.delivery.daemonPid).toBe(0);
    expect(machine.printed).toEqual([expect.stringMatching(/^1112 .*msg='gone'$/)]);
  });

  it('that does not read makes records wait, and be lost beyond the limit', () => {
    machine.set(1 | 0x10, 1, 0, 0, 0, 4);
    const daemon = machine.readerAt(7);
    machine.ask(AUDIT.SET, words(4, 0, 0, 7), {}, daemon);
    machine.room = 0;
    for (let i = 0; i < 10; i++) machine.ask(1112, bytesOf(`${i}\0`), {}, machine.readerAt(3));
    expect(machine.audit.delivery.backlog).toBe(5);
    expect(machine.audit.status.lost).toBe(5);
    expect(machine.printed).toContain('audit: audit_backlog=5 > audit_backlog_limit=4');
    expect(machine.printed).toContain('audit: backlog limit exceeded');
    machine.room = 1000;
    machine.audit.delivery.flush();
    expect(daemon.records()).toHaveLength(5);
    expect(machine.log.filter(({ type }) => type === 1112)).toHaveLength(10);
  });

  it.each(['1', 'on'])(
    'that is to come gets what was recorded before, where audit was on at boot (audit=%s)',
    (value) => {
      machine = new AuditMachine({ audit: value, backlogLimit: '3' });
      for (let i = 0; i < 5; i++) machine.ask(1112, bytesOf(`${i}\0`), {}, machine.readerAt(3));
      expect(machine.audit.delivery).toMatchObject({ backlog: 0, queues: { fresh: 0, waiting: 0, held: 3 } });
      expect(machine.audit.status.lost).toBe(2);
      expect(machine.printed.map((text) => text.replace(/^1112 .*msg='(.)'$/, '$1'))).toEqual([
        ...['0', '1', '2'],
        ...['3', 'audit: audit_lost=1 audit_rate_limit=0 audit_backlog_limit=3', 'audit: kauditd hold queue overflow'],
        ...['4', 'audit: audit_lost=2 audit_rate_limit=0 audit_backlog_limit=3', 'audit: kauditd hold queue overflow'],
      ]);
      const daemon = machine.readerAt(7);
      register(7, daemon);
      const told = daemon.records().map((text) => text.replace(/^(\d+):.*?(?:msg=|op=)'?([^ ']+).*/s, '$1 $2'));
      expect(told).toEqual(['1112 0', '1112 1', '1112 2', '1305 set']);
      expect(machine.audit.delivery.queues.held).toBe(0);
    },
  );

  it('that has gone leaves what it has not read to the next one', () => {
    machine = new AuditMachine({ audit: '1' });
    const daemon = machine.readerAt(7);
    machine.ask(AUDIT.SET, words(4, 0, 0, 7), {}, daemon);
    machine.room = 0;
    machine.ask(1112, bytesOf('late\0'), {}, machine.readerAt(3));
    expect(machine.audit.delivery.queues).toEqual({ fresh: 0, waiting: 1, held: 0 });
    daemon.open = false;
    machine.audit.delivery.flush();
    expect(machine.audit.delivery.queues).toEqual({ fresh: 0, waiting: 0, held: 1 });
    machine.room = 1000;
    const next = machine.readerAt(8);
    register(8, next);
    expect(next.records()[0]).toContain("msg='late'");
  });

  it('that is to come gets nothing where audit was turned on later', () => {
    machine.set(1, 1);
    machine.ask(1112, bytesOf('early\0'), {}, machine.readerAt(3));
    expect(machine.audit.delivery.queues.held).toBe(0);
    const daemon = machine.readerAt(7);
    register(7, daemon);
    expect(daemon.records()).toHaveLength(1);
  });

  it('gets all records of one datagram, however small the limit is', () => {
    machine.set(1 | 0x10, 1, 0, 0, 0, 1);
    const daemon = machine.readerAt(7);
    machine.ask(AUDIT.SET, words(4, 0, 0, 7), {}, daemon);
    daemon.received.length = 0;
    const message = encodeMessage({ type: 1112 }, bytesOf('abc\0'));
    const datagram = new Uint8Array(Array.from({ length: 20 }, () => [...message]).flat());
    machine.requests.receive(datagram, machine.readerAt(3), machine.sender());
    expect(daemon.records()).toHaveLength(20);
    expect(machine.audit.status.lost).toBe(0);
  });

  it('gets no more than the rate limit allows', () => {
    machine.set(1 | 8, 1, 0, 0, 10);
    for (let i = 0; i < 100; i++) machine.ask(1112, bytesOf(`${i}\0`));
    expect(machine.audit.status.lost).toBe(81); // twice as many as the limit come through before the first second is known
    machine.time += 2000;
    const lost = machine.audit.status.lost;
    machine.ask(1112, bytesOf('later\0'));
    expect(machine.audit.status.lost).toBe(lost);
  });
});

describe('a signal to the daemon', () => {
  const asked = (): Uint8Array | undefined => {
    const reader = machine.readerAt(1);
    machine.requests.receive(
      encodeMessage({ type: AUDIT.SIGNAL_INFO, flags: 1 }, new Uint8Array(0)),
      reader,
      machine.sender(),
    );
    return splitMessages(reader.received[0] ?? new Uint8Array(0))[0]?.data;
  };
  const NONE = words(0xffffffff, 0xffffffff);

  it('is remembered by its sender, who is known by the login first', () => {
    machine.audit.signalled(() => true, SUBJECT, bytesOf('label'));
    expect(asked()).toEqual(NONE); // no daemon
    machine.ask(AUDIT.SET, words(4, 0, 0, 7), {}, machine.readerAt(7));
    machine.audit.signalled((daemon) => daemon !== 7, SUBJECT, bytesOf('label'));
    expect(asked()).toEqual(NONE);
    machine.audit.signalled((daemon) => daemon === 7, { ...SUBJECT, uids: [5, 0, 0, 0] }, bytesOf('label\0'));
    expect(asked()).toEqual(new Uint8Array([...words(5, 7), ...bytesOf('label\0')]));
    machine.audit.signalled(() => true, { ...SUBJECT, loginuid: 1000 }, new Uint8Array(0));
    expect(asked()).toEqual(words(1000, 7));
    machine.ask(AUDIT.SET, words(4), {}, machine.readerAt(7));
    expect(asked()).toEqual(words(1000, 7));
  });
});
