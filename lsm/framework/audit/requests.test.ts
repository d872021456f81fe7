import { beforeEach, describe, expect, it } from 'vitest';
import { AUDIT, FIELD, LIST, OP } from '../../../linux/audit.ts';
import { bytesOf } from '../../../linux/bytes.ts';
import { taskId, tgidOf } from '../../../linux/ids.ts';
import { TaskTable } from '../task.ts';
import { Audit } from './audit.ts';
import { encodeMessage, splitMessages, words } from './netlink.ts';
import type { AuditSender } from './request.ts';
import { AuditRequests } from './requests.ts';
import { ruleData } from './rule.ts';
import type { RecordSubject } from './subject.ts';
import { Reader } from './testing/reader.ts';

const EXISTS = { parent: () => undefined, exists: () => undefined };
const SUBJECT: RecordSubject = {
  pid: tgidOf(7),
  ppid: tgidOf(1),
  uids: [0, 0, 0, 0],
  gids: [0, 0, 0, 0],
  tty: '(none)',
  comm: 'auditctl',
  exe: '/usr/sbin/auditctl',
  title: 'auditctl\0-s\0',
  loginuid: 0xffffffff,
  sessionid: 0xffffffff,
};

interface Log {
  readonly type: number;
  readonly body: string;
  readonly stamp: string;
  readonly unheard: boolean;
}

let time: number;
let log: Log[];
let printed: string[];
let tasks: TaskTable;
let audit: Audit;
let requests: AuditRequests;
let room: number;

const readerAt = (port: number): Reader => new Reader(audit, port, () => room);

function boot(parameters: { audit?: string; backlogLimit?: string } = {}): void {
  time = 1_700_000_000_000;
  log = [];
  printed = [];
  room = 1000;
  tasks = new TaskTable();
  const host = {
    now: () => time,
    print: (text: string) => void printed.push(text),
    log: (type: number, stamp: string, body: string, unheard: boolean) => void log.push({ type, stamp, body, unheard }),
  };
  audit = new Audit(host, { ticks: 100, ...parameters }, (blob) => tasks.registerBlob(blob));
  requests = new AuditRequests(audit);
}

function sender(change: Partial<AuditSender> = {}): AuditSender {
  return {
    task: tasks.enter(taskId(7)),
    subject: SUBJECT,
    initialUserNamespace: true,
    initialPidNamespace: true,
    ownPid: 7,
    control: true,
    write: true,
    paths: EXISTS,
    ...change,
  };
}

const FLAGS = 5;

function ask(
  type: number,
  data: Uint8Array = new Uint8Array(0),
  from: Partial<AuditSender> = {},
  socket = readerAt(1),
): number[] {
  requests.receive(encodeMessage({ type, flags: FLAGS, sequence: 9 }, data), socket, sender(from));
  return socket.errors();
}

const set = (mask: number, ...values: number[]): number[] => ask(AUDIT.SET, words(mask, ...values));
const rule = (...fields: { type: number; op: number; value: number | string }[]) => ({
  list: LIST.EXIT,
  prepend: false,
  action: 2,
  mask: new Uint32Array(64),
  fields,
  legacyLogin: false,
});

beforeEach(() => boot());

describe('who may ask', () => {
  it('is decided before anything else', () => {
    expect(ask(AUDIT.GET, undefined, { initialUserNamespace: false })).toEqual([-111]);
    expect(ask(AUDIT.LIST, undefined, { control: false })).toEqual([-95]);
    expect(ask(AUDIT.GET, undefined, { control: false })).toEqual([-1]);
    expect(ask(AUDIT.GET, undefined, { initialPidNamespace: false })).toEqual([-1]);
    expect(ask(1112, bytesOf('x\0'), { initialPidNamespace: false })).toEqual([0]);
    expect(ask(1112, bytesOf('x\0'), { write: false })).toEqual([-1]);
    expect(ask(1200)).toEqual([-22]);
  });
});

describe('settings', () => {
  it('are recorded when audit is on, and end with the first that is wrong', () => {
    expect(set(1, 1)).toEqual([0]);
    expect(set(3, 1, 9)).toEqual([-22]);
    expect(log.map(({ body }) => body)).toEqual(['op=set audit_enabled=1 old=1 auid=4294967295 ses=4294967295 res=1']);
    expect(set(8, 0, 0, 0, 50)).toEqual([0]);
    expect(audit.status.rateLimit).toBe(50);
    expect(set(0x20, 0, 0, 0, 0, 0, 0, 0, 0, 60_001)).toEqual([-22]);
  });

  it('have a waiting time only in messages that have as many bytes as the structure', () => {
    const wait = (size: number): number[] => {
      const data = words(0x20, 0, 0, 0, 0, 0, 0, 0, 0, 7).slice(0, size);
      return ask(AUDIT.SET, data);
    };
    expect([27, 28, 40].map(wait)).toEqual([[-22], [0], [0]]);
    expect(audit.status.waitTime).toBe(7);
  });

  it('are locked until the next boot', () => {
    set(1, 2);
    expect(set(1, 0)).toEqual([-1]);
    expect(log.at(-1)?.body).toBe('op=set audit_enabled=0 old=2 auid=4294967295 ses=4294967295 res=0');
    expect(ask(AUDIT.ADD_RULE, ruleData(rule()))).toEqual([-1]);
    expect(log.at(-1)?.body).toBe('pid=7 uid=0 auid=4294967295 ses=4294967295 op=add_rule audit_enabled=2 res=0');
    expect(ask(AUDIT.TRIM)).toEqual([-1]);
    expect(ask(1112, bytesOf('x\0'))).toEqual([0]);
  });

  it('come from the command line', () => {
    boot({ audit: '1', backlogLimit: '300' });
    expect(audit.status).toMatchObject({ enabled: 1, everEnabled: true, backlogLimit: 300 });
    boot({ audit: '0' });
    audit.record({ type: 1400, body: 'avc' });
    expect(log).toEqual([]);
  });

  it('count what was lost and tell it like an error', () => {
    audit.status.lost = 3;
    expect(set(0x40)).toEqual([3]);
    expect(audit.status.lost).toBe(0);
    expect(set(0xc0)).toEqual([0]);
  });
});

describe('rules', () => {
  const uid = { type: FIELD.UID, op: OP.EQUAL, value: 1 };

  it('are listed as they were given, and are the same once', () => {
    const key = { type: FIELD.FILTERKEY, op: OP.EQUAL, value: 'k' };
    const data = ruleData(rule(uid, key));
    expect(ask(AUDIT.ADD_RULE, data)).toEqual([0]);
    expect(ask(AUDIT.ADD_RULE, data)).toEqual([-17]);
    const reader = readerAt(1);
    requests.receive(encodeMessage({ type: AUDIT.LIST_RULES, flags: 1 }, new Uint8Array(0)), reader, sender());
    const [listed] = splitMessages(reader.received[0] ?? new Uint8Array(0));
    expect(listed?.data).toEqual(data);
    expect(ask(AUDIT.DEL_RULE, data)).toEqual([0]);
    expect(ask(AUDIT.DEL_RULE, data)).toEqual([-2]);
  });

  it('name classes of calls by the last bits of their masks, which are not kept', () => {
    const mask = new Uint32Array(64);
    mask[63] = 0x80800001; // AUDIT_CLASS_DIR_WRITE, AUDIT_CLASS_SIGNAL, and a call
    expect(ask(AUDIT.ADD_RULE, ruleData({ ...rule(uid), mask }))).toEqual([0]);
    const [added] = audit.rules.list(LIST.EXIT);
    expect(added?.mask[1]).toBe((1 << 30) >>> 0); // kill
    expect(added?.mask[63]).toBe(1);
    expect([2, 4, 6, 7, 8, 9].map((word) => added?.mask[word] !== 0)).toEqual([true, true, true, true, true, true]);
  });

  it('exclude records and messages', () => {
    set(1, 1);
    const excluded = { ...rule({ type: FIELD.MSGTYPE, op: OP.EQUAL, value: 1112 }), list: LIST.EXCLUDE };
    ask(AUDIT.ADD_RULE, ruleData(excluded));
    log.length = 0;
    expect(ask(1112, bytesOf('x\0'))).toEqual([0]);
    expect(ask(1100, bytesOf('y\0'))).toEqual([0]);
    expect(log.map(({ body }) => body)).toEqual(["pid=7 uid=0 auid=4294967295 ses=4294967295 msg='y'"]);
  });
});

describe('the daemon', () => {
  const register = (pid: number, socket: Reader) =>
    requests.receive(
      encodeMessage({ type: AUDIT.SET, flags: 1 }, words(4, 0, 0, pid)),
      socket,
      sender({ ownPid: pid }),
    );

  it('gets records with the length of their text, is asked whether it lives, and is forgotten when it does not', () => {
    set(1, 1);
    const daemon = readerAt(7);
    expect(ask(AUDIT.SET, words(4, 0, 0, 7), {}, daemon)).toEqual([0]);
    expect(ask(1112, bytesOf('hi\0'))).toEqual([0]);
    const [message = new Uint8Array(0)] = daemon.received;
    expect(new DataView(message.buffer).getUint32(0, true)).toBe(message.length - 16);
    expect(log.at(-1)).toMatchObject({ unheard: false });
    daemon.received.length = 0;
    expect(ask(AUDIT.SET, words(4, 0, 0, 8), { ownPid: 8 })).toEqual([-17]);
    expect(daemon.records().map((text) => text.slice(0, 5))).toEqual(['1329:', '1305:']);
    daemon.open = false;
    ask(1112, bytesOf('gone\0'));
    expect(audit.delivery.daemonPid).toBe(0);
    expect(log.at(-1)).toMatchObject({ unheard: true });
  });

  it('that does not read makes records wait, and be lost beyond the limit', () => {
    set(1 | 0x10, 1, 0, 0, 0, 4);
    const daemon = readerAt(7);
    ask(AUDIT.SET, words(4, 0, 0, 7), {}, daemon);
    room = 0;
    for (let i = 0; i < 10; i++) ask(1112, bytesOf(`${i}\0`), {}, readerAt(3));
    expect(audit.delivery.backlog).toBe(5);
    expect(audit.status.lost).toBe(5);
    expect(printed).toContain('audit: audit_backlog=5 > audit_backlog_limit=4');
    expect(printed).toContain('audit: backlog limit exceeded');
    room = 1000;
    audit.delivery.flush();
    expect(daemon.records()).toHaveLength(5);
    expect(log.filter(({ type }) => type === 1112)).toHaveLength(10);
  });

  it.each(['1', 'on'])(
    'that is to come gets what was recorded before, where audit was on at boot (audit=%s)',
    (value) => {
      boot({ audit: value, backlogLimit: '3' });
      for (let i = 0; i < 5; i++) ask(1112, bytesOf(`${i}\0`), {}, readerAt(3));
      expect(audit.delivery).toMatchObject({ backlog: 0, queues: { fresh: 0, waiting: 0, held: 3 } });
      expect(audit.status.lost).toBe(2);
      expect(printed).toContain('audit: kauditd hold queue overflow');
      expect(log.filter(({ unheard }) => unheard)).toHaveLength(5);
      const daemon = readerAt(7);
      register(7, daemon);
      const told = daemon.records().map((text) => text.replace(/^(\d+):.*?(?:msg=|op=)'?([^ ']+).*/s, '$1 $2'));
      expect(told).toEqual(['1112 0', '1112 1', '1112 2', '1305 set']);
      expect(audit.delivery.queues.held).toBe(0);
    },
  );

  it('that has gone leaves what it has not read to the next one', () => {
    boot({ audit: '1' });
    const daemon = readerAt(7);
    ask(AUDIT.SET, words(4, 0, 0, 7), {}, daemon);
    room = 0;
    ask(1112, bytesOf('late\0'), {}, readerAt(3));
    expect(audit.delivery.queues).toEqual({ fresh: 0, waiting: 1, held: 0 });
    daemon.open = false;
    audit.delivery.flush();
    expect(audit.delivery.queues).toEqual({ fresh: 0, waiting: 0, held: 1 });
    room = 1000;
    const next = readerAt(8);
    register(8, next);
    expect(next.records()[0]).toContain("msg='late'");
  });

  it('that is to come gets nothing where audit was turned on later', () => {
    set(1, 1);
    ask(1112, bytesOf('early\0'), {}, readerAt(3));
    expect(audit.delivery.queues.held).toBe(0);
    const daemon = readerAt(7);
    register(7, daemon);
    expect(daemon.records()).toHaveLength(1);
  });

  it('gets all records of one datagram, however small the limit is', () => {
    set(1 | 0x10, 1, 0, 0, 0, 1);
    const daemon = readerAt(7);
    ask(AUDIT.SET, words(4, 0, 0, 7), {}, daemon);
    daemon.received.length = 0;
    const message = encodeMessage({ type: 1112 }, bytesOf('abc\0'));
    const datagram = new Uint8Array(Array.from({ length: 20 }, () => [...message]).flat());
    requests.receive(datagram, readerAt(3), sender());
    expect(daemon.records()).toHaveLength(20);
    expect(audit.status.lost).toBe(0);
  });

  it('gets no more than the rate limit allows', () => {
    set(1 | 8, 1, 0, 0, 10);
    for (let i = 0; i < 100; i++) ask(1112, bytesOf(`${i}\0`));
    expect(audit.status.lost).toBe(81); // twice as many as the limit come through before the first second is known
    time += 2000;
    const lost = audit.status.lost;
    ask(1112, bytesOf('later\0'));
    expect(audit.status.lost).toBe(lost);
  });
});

describe('a signal to the daemon', () => {
  const asked = (): Uint8Array | undefined => {
    const reader = readerAt(1);
    requests.receive(encodeMessage({ type: AUDIT.SIGNAL_INFO, flags: 1 }, new Uint8Array(0)), reader, sender());
    return splitMessages(reader.received[0] ?? new Uint8Array(0))[0]?.data;
  };
  const NONE = words(0xffffffff, 0xffffffff);

  it('is remembered by its sender, who is known by the login first', () => {
    audit.signalled(() => true, SUBJECT, bytesOf('label'));
    expect(asked()).toEqual(NONE); // no daemon
    ask(AUDIT.SET, words(4, 0, 0, 7), {}, readerAt(7));
    audit.signalled((daemon) => daemon !== 7, SUBJECT, bytesOf('label'));
    expect(asked()).toEqual(NONE);
    audit.signalled((daemon) => daemon === 7, { ...SUBJECT, uids: [5, 0, 0, 0] }, bytesOf('label\0'));
    expect(asked()).toEqual(new Uint8Array([...words(5, 7), ...bytesOf('label\0')]));
    audit.signalled(() => true, { ...SUBJECT, loginuid: 1000 }, new Uint8Array(0));
    expect(asked()).toEqual(words(1000, 7));
    ask(AUDIT.SET, words(4), {}, readerAt(7));
    expect(asked()).toEqual(words(1000, 7));
  });
});

describe('a socket', () => {
  it('that wants it gets refusals without the request', () => {
    const refused = (capped: boolean): Uint8Array | undefined => {
      const reader = Object.assign(readerAt(1), { capsAcknowledgements: capped });
      requests.receive(encodeMessage({ type: 1200, flags: 1 }, bytesOf('12345')), reader, sender());
      return reader.received[0];
    };
    const [whole, capped] = [refused(false), refused(true)];
    expect([whole?.length, capped?.length]).toEqual([16 + 4 + 24, 16 + 4 + 16]);
    expect([whole?.[7], capped?.[7]]).toEqual([0, 1]); // NLM_F_CAPPED
  });

  it('hears records while it is in the first group', () => {
    set(1, 1);
    const reader = readerAt(3);
    const task = tasks.enter(taskId(7));
    const heard = (): number => {
      ask(1112, bytesOf('x\0'));
      return reader.received.splice(0).length;
    };
    expect(requests.join(1, SUBJECT, false)?.code).toBe('EPERM');
    requests.setGroups(reader, 2, task);
    expect(heard()).toBe(0);
    requests.setGroups(reader, 3, task);
    expect(heard()).toBe(1);
    requests.setGroups(reader, 2, task);
    expect(heard()).toBe(0);
    requests.leave(2, SUBJECT);
    expect(
      log.filter(({ type }) => type === AUDIT.EVENT_LISTENER).map(({ body }) => body.replace(/.*nl-/, '')),
    ).toEqual(['mcgrp=1 op=connect res=0', 'mcgrp=2 op=disconnect res=1']);
  });
});

describe('a call', () => {
  const call = { subject: () => SUBJECT, arch: 0xc000003e, number: 44, args: [3n, 1n, 2n, 0n], address: '\x10\0\0\0' };

  it('is recorded with what was recorded in it, for tasks that are watched', () => {
    const early = tasks.enter(taskId(7));
    set(1, 1);
    const late = tasks.fork(early, taskId(8));
    const record = (): void => audit.record({ type: 1305, body: 'x' });
    audit.during(early, call, record, () => 0);
    audit.during(late, call, record, () => -1);
    expect(log.map(({ type, stamp }) => `${type} ${stamp.split(':')[1]}`)).toEqual([
      '1305 1)',
      '1305 2)',
      '1300 2)',
      '1327 2)',
      '1320 2)',
    ]);
    expect(log[2]?.body).toBe(
      'arch=c000003e syscall=44 success=no exit=-1 a0=3 a1=1 a2=2 a3=0 items=0 ppid=1 pid=7 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="auditctl" exe="/usr/sbin/auditctl" key=(null)',
    );
  });

  it('is recorded when a rule says so, and its address while there are rules', () => {
    set(1, 1);
    const mask = new Uint32Array(64);
    mask[1] = 1 << 12;
    const key = { type: FIELD.FILTERKEY, op: OP.EQUAL, value: 'k' };
    ask(AUDIT.ADD_RULE, ruleData({ ...rule(key), mask }));
    log.length = 0;
    audit.during(
      tasks.fork(tasks.enter(taskId(7)), taskId(8)),
      call,
      () => 5,
      (result) => result,
    );
    expect(log.map(({ type }) => type)).toEqual([1300, 1306, 1327, 1320]);
    expect(log[0]?.body).toMatch(/exit=5 .* key="k"$/);
    expect(log[1]?.body).toBe('saddr=10000000');
  });
});

describe('a login', () => {
  it('gives a session, and is final when features say so', () => {
    const task = tasks.enter(taskId(7));
    const subject = (): RecordSubject => {
      const { loginuid, sessionid } = audit.stateOf(task);
      return { ...SUBJECT, loginuid, sessionid };
    };
    set(1, 1);
    expect(audit.setLogin(task, subject(), 1000, false)).toBeUndefined();
    expect(audit.stateOf(task)).toMatchObject({ loginuid: 1000, sessionid: 1 });
    expect(audit.setLogin(task, subject(), 1001, false)?.code).toBe('EPERM');
    expect(log.at(-1)?.body).toBe('pid=7 uid=0 old-auid=1000 auid=1001 tty=(none) old-ses=1 ses=4294967295 res=0');
    expect(audit.setLogin(task, subject(), 1001, true)).toBeUndefined();
    ask(AUDIT.SET_FEATURE, words(1, 2, 2, 2));
    expect(audit.setLogin(task, subject(), 1002, true)?.code).toBe('EPERM');
    expect(ask(AUDIT.SET_FEATURE, words(1, 2, 0, 0))).toEqual([-1]);
  });
});
