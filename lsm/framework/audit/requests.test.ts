import { beforeEach, describe, expect, it } from 'vitest';
import { AUDIT, FIELD, LIST, OP } from '../../../linux/audit.ts';
import { bytesOf } from '../../../linux/bytes.ts';
import { taskId } from '../../../linux/ids.ts';
import { encodeMessage, splitMessages, words } from './netlink.ts';
import { ruleData } from './rule.ts';
import type { RecordSubject } from './subject.ts';
import { AuditMachine, SUBJECT } from './testing/machine.ts';

const rule = (...fields: { type: number; op: number; value: number | string }[]) => ({
  list: LIST.EXIT,
  prepend: false,
  action: 2,
  mask: new Uint32Array(64),
  fields,
  legacyLogin: false,
});

let machine: AuditMachine;

beforeEach(() => {
  machine = new AuditMachine();
});

describe('who may ask', () => {
  it('is decided before anything else', () => {
    expect(machine.ask(AUDIT.GET, undefined, { initialUserNamespace: false })).toEqual([-111]);
    expect(machine.ask(AUDIT.LIST, undefined, { control: false })).toEqual([-95]);
    expect(machine.ask(AUDIT.GET, undefined, { control: false })).toEqual([-1]);
    expect(machine.ask(AUDIT.GET, undefined, { initialPidNamespace: false })).toEqual([-1]);
    expect(machine.ask(1112, bytesOf('x\0'), { initialPidNamespace: false })).toEqual([0]);
    expect(machine.ask(1112, bytesOf('x\0'), { write: false })).toEqual([-1]);
    expect(machine.ask(1200)).toEqual([-22]);
  });
});

describe('settings', () => {
  it('are recorded when audit is on, and end with the first that is wrong', () => {
    expect(machine.set(1, 1)).toEqual([0]);
    expect(machine.set(3, 1, 9)).toEqual([-22]);
    expect(machine.log.map(({ body }) => body)).toEqual([
      'op=set audit_enabled=1 old=1 auid=4294967295 ses=4294967295 res=1',
    ]);
    expect(machine.set(8, 0, 0, 0, 50)).toEqual([0]);
    expect(machine.audit.status.rateLimit).toBe(50);
    expect(machine.set(0x20, 0, 0, 0, 0, 0, 0, 0, 0, 60_001)).toEqual([-22]);
  });

  it('have a waiting time only in messages that have as many bytes as the structure', () => {
    const wait = (size: number): number[] => {
      const data = words(0x20, 0, 0, 0, 0, 0, 0, 0, 0, 7).slice(0, size);
      return machine.ask(AUDIT.SET, data);
    };
    expect([27, 28, 40].map(wait)).toEqual([[-22], [0], [0]]);
    expect(machine.audit.status.waitTime).toBe(7);
  });

  it('are locked until the next boot', () => {
    machine.set(1, 2);
    expect(machine.set(1, 0)).toEqual([-1]);
    expect(machine.log.at(-1)?.body).toBe('op=set audit_enabled=0 old=2 auid=4294967295 ses=4294967295 res=0');
    expect(machine.ask(AUDIT.ADD_RULE, ruleData(rule()))).toEqual([-1]);
    expect(machine.log.at(-1)?.body).toBe(
      'pid=7 uid=0 auid=4294967295 ses=4294967295 op=add_rule audit_enabled=2 res=0',
    );
    expect(machine.ask(AUDIT.TRIM)).toEqual([-1]);
    expect(machine.ask(1112, bytesOf('x\0'))).toEqual([0]);
  });

  it('come from the command line', () => {
    machine = new AuditMachine({ audit: '1', backlogLimit: '300' });
    expect(machine.audit.status).toMatchObject({ enabled: 1, everEnabled: true, backlogLimit: 300 });
    machine = new AuditMachine({ audit: '0' });
    machine.audit.record({ type: 1400, body: 'avc' });
    expect(machine.log).toEqual([]);
  });

  it('count what was lost and tell it like an error', () => {
    machine.audit.status.lost = 3;
    expect(machine.set(0x40)).toEqual([3]);
    expect(machine.audit.status.lost).toBe(0);
    expect(machine.set(0xc0)).toEqual([0]);
  });
});

describe('rules', () => {
  const uid = { type: FIELD.UID, op: OP.EQUAL, value: 1 };

  it('are listed as they were given, and are the same once', () => {
    const key = { type: FIELD.FILTERKEY, op: OP.EQUAL, value: 'k' };
    const data = ruleData(rule(uid, key));
    expect(machine.ask(AUDIT.ADD_RULE, data)).toEqual([0]);
    expect(machine.ask(AUDIT.ADD_RULE, data)).toEqual([-17]);
    const reader = machine.readerAt(1);
    machine.requests.receive(
      encodeMessage({ type: AUDIT.LIST_RULES, flags: 1 }, new Uint8Array(0)),
      reader,
      machine.sender(),
    );
    const [listed] = splitMessages(reader.received[0] ?? new Uint8Array(0));
    expect(listed?.data).toEqual(data);
    expect(machine.ask(AUDIT.DEL_RULE, data)).toEqual([0]);
    expect(machine.ask(AUDIT.DEL_RULE, data)).toEqual([-2]);
  });

  it('name classes of calls by the last bits of their masks, which are not kept', () => {
    const mask = new Uint32Array(64);
    mask[63] = 0x80800001; // AUDIT_CLASS_DIR_WRITE, AUDIT_CLASS_SIGNAL, and a call
    expect(machine.ask(AUDIT.ADD_RULE, ruleData({ ...rule(uid), mask }))).toEqual([0]);
    const [added] = machine.audit.rules.list(LIST.EXIT);
    expect(added?.mask[1]).toBe((1 << 30) >>> 0); // kill
    expect(added?.mask[63]).toBe(1);
    expect([2, 4, 6, 7, 8, 9].map((word) => added?.mask[word] !== 0)).toEqual([true, true, true, true, true, true]);
  });

  it('exclude records and messages', () => {
    machine.set(1, 1);
    const excluded = { ...rule({ type: FIELD.MSGTYPE, op: OP.EQUAL, value: 1112 }), list: LIST.EXCLUDE };
    machine.ask(AUDIT.ADD_RULE, ruleData(excluded));
    machine.log.length = 0;
    expect(machine.ask(1112, bytesOf('x\0'))).toEqual([0]);
    expect(machine.ask(1100, bytesOf('y\0'))).toEqual([0]);
    expect(machine.log.map(({ body }) => body)).toEqual(["pid=7 uid=0 auid=4294967295 ses=4294967295 msg='y'"]);
  });
});

describe('a socket', () => {
  it('that wants it gets refusals without the request', () => {
    const refused = (capped: boolean): Uint8Array | undefined => {
      const reader = Object.assign(machine.readerAt(1), { capsAcknowledgements: capped });
      machine.requests.receive(encodeMessage({ type: 1200, flags: 1 }, bytesOf('12345')), reader, machine.sender());
      return reader.received[0];
    };
    const [whole, capped] = [refused(false), refused(true)];
    expect([whole?.length, capped?.length]).toEqual([16 + 4 + 24, 16 + 4 + 16]);
    expect([whole?.[7], capped?.[7]]).toEqual([0, 1]); // NLM_F_CAPPED
  });

  it('hears records while it is in the first group', () => {
    machine.set(1, 1);
    const reader = machine.readerAt(3);
    const task = machine.tasks.enter(taskId(7));
    const heard = (): number => {
      machine.ask(1112, bytesOf('x\0'));
      return reader.received.splice(0).length;
    };
    expect(machine.requests.join(1, SUBJECT, false)?.code).toBe('EPERM');
    machine.requests.setGroups(reader, 2, task);
    expect(heard()).toBe(0);
    machine.requests.setGroups(reader, 3, task);
    expect(heard()).toBe(1);
    machine.requests.setGroups(reader, 2, task);
    expect(heard()).toBe(0);
    machine.requests.leave(2, SUBJECT);
    expect(
      machine.log.filter(({ type }) => type === AUDIT.EVENT_LISTENER).map(({ body }) => body.replace(/.*nl-/, '')),
    ).toEqual(['mcgrp=1 op=connect res=0', 'mcgrp=2 op=disconnect res=1']);
  });
});

describe('a call', () => {
  const call = { subject: () => SUBJECT, arch: 0xc000003e, number: 44, args: [3n, 1n, 2n, 0n], address: '\x10\0\0\0' };

  it('is recorded with what was recorded in it, for tasks that are watched', () => {
    const early = machine.tasks.enter(taskId(7));
    machine.set(1, 1);
    const late = machine.tasks.fork(early, taskId(8));
    const record = (): void => machine.audit.record({ type: 1305, body: 'x' });
    machine.audit.during(early, call, record, () => 0);
    machine.audit.during(late, call, record, () => -1);
    expect(machine.log.map(({ type, stamp }) => `${type} ${stamp.split(':')[1]}`)).toEqual([
      '1305 1)',
      '1305 2)',
      '1300 2)',
      '1327 2)',
      '1320 2)',
    ]);
    expect(machine.log[2]?.body).toBe(
      'arch=c000003e syscall=44 success=no exit=-1 a0=3 a1=1 a2=2 a3=0 items=0 ppid=1 pid=7 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="auditctl" exe="/usr/sbin/auditctl" key=(null)',
    );
  });

  it('is recorded when a rule says so, and its address while there are rules', () => {
    machine.set(1, 1);
    const mask = new Uint32Array(64);
    mask[1] = 1 << 12;
    const key = { type: FIELD.FILTERKEY, op: OP.EQUAL, value: 'k' };
    machine.ask(AUDIT.ADD_RULE, ruleData({ ...rule(key), mask }));
    machine.log.length = 0;
    machine.audit.during(
      machine.tasks.fork(machine.tasks.enter(taskId(7)), taskId(8)),
      call,
      () => 5,
      (result) => result,
    );
    expect(machine.log.map(({ type }) => type)).toEqual([1300, 1306, 1327, 1320]);
    expect(machine.log[0]?.body).toMatch(/exit=5 .* key="k"$/);
    expect(machine.log[1]?.body).toBe('saddr=10000000');
  });
});

describe('a login', () => {
  it('gives a session, and is final when features say so', () => {
    const task = machine.tasks.enter(taskId(7));
    const subject = (): RecordSubject => {
      const { loginuid, sessionid } = machine.audit.stateOf(task);
      return { ...SUBJECT, loginuid, sessionid };
    };
    machine.set(1, 1);
    expect(machine.audit.setLogin(task, subject(), 1000, false)).toBeUndefined();
    expect(machine.audit.stateOf(task)).toMatchObject({ loginuid: 1000, sessionid: 1 });
    expect(machine.audit.setLogin(task, subject(), 1001, false)?.code).toBe('EPERM');
    expect(machine.log.at(-1)?.body).toBe(
      'pid=7 uid=0 old-auid=1000 auid=1001 tty=(none) old-ses=1 ses=4294967295 res=0',
    );
    expect(machine.audit.setLogin(task, subject(), 1001, true)).toBeUndefined();
    machine.ask(AUDIT.SET_FEATURE, words(1, 2, 2, 2));
    expect(machine.audit.setLogin(task, subject(), 1002, true)?.code).toBe('EPERM');
    expect(machine.ask(AUDIT.SET_FEATURE, words(1, 2, 0, 0))).toEqual([-1]);
  });
});
