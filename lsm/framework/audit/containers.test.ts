import { beforeEach, describe, expect, it } from 'vitest';
import { AUDIT, FIELD, LIST, OP } from '../../../linux/audit.ts';
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { type Tgid, taskId, tgidOf, tidOf } from '../../../linux/ids.ts';
import { type Task, TaskTable } from '../task.ts';
import { Audit } from './audit.ts';
import { type AuditContainer, containerLists } from './container.ts';
import type { AuditSocket } from './delivery.ts';
import { encodeMessage, splitMessages, words } from './netlink.ts';
import { AuditRequests } from './requests.ts';
import { contidText, ruleData } from './rule.ts';
import type { RecordSubject } from './subject.ts';

let tasks: TaskTable;
let audit: Audit;
let requests: AuditRequests;
/** `host 1: USER contid=...` and so on. */
let log: string[];
let now: number;
const parents = new Map<Tgid, Tgid>();

beforeEach(() => {
  tasks = new TaskTable({ exited: (task) => audit.exited(task) });
  log = [];
  now = 0;
  parents.clear();
  const host = {
    now: () => now,
    log: (container?: AuditContainer) => ({
      print: (text: string) => void log.push(`${container?.id ?? 'host'} ${text}`),
      audit: (type: number, body: string, stamp: string) => {
        if (type !== AUDIT.EOE) log.push(`${container?.id ?? 'host'} ${/\d+(?=\))/.exec(stamp)} ${type} ${body}`);
      },
    }),
    translate: (body: string) => body.replace('pid=2', 'pid=1'),
  };
  const family = {
    hasChildren: ({ tid }: Task) => [...parents].some(([child, parent]) => parent === tid && tasks.find(child)),
    parent: (tgid: Tgid) => parents.get(tgid),
  };
  audit = new Audit(host, { ticks: 100, containers: true }, (blob) => tasks.registerBlob(blob), family);
  requests = new AuditRequests(audit);
});

function child(parent: Task, tid: number): Task {
  parents.set(tgidOf(tid), parent.process.tgid);
  return tasks.fork(parent, taskId(tid));
}

function subjectOf(task: Task): RecordSubject {
  const { container } = audit.stateOf(task);
  return {
    pid: tgidOf(task.tid),
    ppid: parents.get(task.process.tgid) ?? tgidOf(0),
    uids: [0, 0, 0, 0],
    gids: [0, 0, 0, 0],
    tty: '(none)',
    comm: 'sh',
    title: '',
    loginuid: 0xffffffff,
    sessionid: 0xffffffff,
    ...(container && { container }),
  };
}

function set(writer: Task, target: Task, id: bigint, control = true): string {
  const refused = audit.containers.set(target, id, {
    task: writer,
    subject: subjectOf(writer),
    control,
    initialUserNamespace: true,
  });
  return refused?.code ?? 'ok';
}

function allow(writer: Task, target: Task, allowed: boolean, control = true): string {
  const refused = audit.containers.setCapability(target, allowed, {
    task: writer,
    subject: subjectOf(writer),
    control,
    initialUserNamespace: true,
  });
  return refused?.code ?? 'ok';
}

/** @returns the error that the request is answered with. */
function ask(task: Task, type: number, data: Uint8Array, socket: AuditSocket = deaf(task.tid)): number {
  let error = 1;
  const reading: AuditSocket = {
    port: socket.port,
    send: (message) => {
      for (const { type: kind, data: body } of splitMessages(message)) {
        if (kind === 2) error = new DataView(body.buffer, body.byteOffset).getInt32(0, true);
      }
      return socket.send(message);
    },
  };
  const paths = { parent: () => undefined, exists: () => undefined };
  requests.receive(encodeMessage({ type, flags: 5 }, data), reading, {
    task,
    subject: subjectOf(task),
    initialUserNamespace: true,
    initialPidNamespace: true,
    ownPid: task.tid,
    control: true,
    write: true,
    paths,
  });
  return error;
}

const deaf = (port: number): AuditSocket => ({ port, send: () => 'sent' });
const enable = (task: Task): number => ask(task, AUDIT.SET, words(1, 1));
const say = (task: Task, text: string): number => ask(task, 1112, bytesOf(`${text}\0`));

describe('a container id', () => {
  it('is given to a descendant without children and threads, once, and is nobody else’s', () => {
    const boss = tasks.enter(taskId(1));
    const box = child(boss, 2);
    const other = child(boss, 3);
    expect(set(boss, boss, 5n)).toBe('EBUSY');
    expect(set(box, box, 5n)).toBe('EXDEV');
    expect(set(box, other, 5n)).toBe('EXDEV');
    expect(set(boss, box, 2n ** 64n - 1n)).toBe('EINVAL');
    expect(set(boss, box, 5n, false)).toBe('EPERM');
    expect(set(boss, box, 5n)).toBe('ok');
    expect(set(boss, box, 5n)).toBe('EEXIST');
    expect(set(boss, other, 5n)).toBe('ok');
    const inner = child(box, 4);
    expect(audit.stateOf(inner).container?.id).toBe(5n);
    expect(set(box, inner, 5n)).toBe('ENOTUNIQ');
    const threaded = child(boss, 6);
    tasks.fork(threaded, taskId(7, 6));
    expect(set(boss, threaded, 8n)).toBe('EBUSY');
    expect(allow(other, box, true)).toBe('EXDEV');
  });

  it('nests for those who were allowed to, and ends with its last task', () => {
    const boss = tasks.enter(taskId(1));
    enable(boss);
    log = [];
    const box = child(boss, 2);
    expect(set(boss, box, 1n)).toBe('ok');
    expect(set(box, child(box, 3), 2n, false)).toBe('EPERM');
    expect(allow(boss, box, true)).toBe('ok');
    const inner = child(box, 4);
    expect(audit.stateOf(inner).mayContain).toBe(false);
    expect(set(box, inner, 2n, false)).toBe('ok');
    expect(containerLists([...audit.containers.all()].filter(({ id }) => id === 2n))).toBe('2,^1');
    tasks.exit(tidOf(4));
    expect(audit.containers.find(2n)).toBeUndefined();
    tasks.exit(tidOf(3));
    tasks.exit(tidOf(2));
    expect(audit.containers.find(1n)).toBeUndefined();
    expect(log).toEqual([
      'host 1 1020 op=set opid=2 contid=1 old-contid=-1',
      'host 2 1022 opid=2 capcontid=1 old-capcontid=0',
      'host 3 1340 record=1 contid=1',
      'host 3 1020 op=set opid=4 contid=2 old-contid=1',
      'host 4 1340 record=1 contid=1',
      'host 4 1020 op=drop opid=4 contid=-1 old-contid=2',
      'host 5 1020 op=drop opid=2 contid=-1 old-contid=1',
    ]);
    expect(set(boss, child(boss, 9), 1n)).toBe('ok');
  });
});

describe('the audit of a container', () => {
  let boss: Task;
  let box: Task;

  beforeEach(() => {
    boss = tasks.enter(taskId(1));
    enable(boss);
    box = child(boss, 2);
    set(boss, box, 5n);
    log = [];
  });

  it('is its own, and those around it hear of what is in it', () => {
    say(box, 'not yet');
    expect(enable(box)).toBe(0);
    say(box, 'hello');
    say(boss, 'outside');
    expect(log.filter((line) => line.includes(' 1112 '))).toEqual([
      "host 2 1112 pid=2 uid=0 auid=4294967295 ses=4294967295 msg='not yet' record=1",
      "host 4 1112 pid=2 uid=0 auid=4294967295 ses=4294967295 msg='hello' record=1",
      "5 1 1112 pid=1 uid=0 auid=4294967295 ses=4294967295 msg='hello' record=1",
      "host 5 1112 pid=1 uid=0 auid=4294967295 ses=4294967295 msg='outside'",
    ]);
    expect(log).toContain('host 4 1340 record=1 contid=5');
    expect(log).toContain('5 1 1340 record=1 contid=5');
  });

  it('has rules that hide nothing from those around', () => {
    enable(box);
    const excluded = {
      list: LIST.EXCLUDE,
      prepend: false,
      action: 2,
      mask: new Uint32Array(64),
      fields: [{ type: FIELD.MSGTYPE, op: OP.EQUAL, value: 1112 }],
      legacyLogin: false,
    };
    expect(ask(box, AUDIT.ADD_RULE, ruleData(excluded))).toBe(0);
    log = [];
    say(box, 'x');
    expect(log.filter((line) => line.includes(' 1112 ')).map((line) => line.split(' ')[0])).toEqual(['host']);
    expect(audit.rules.all()).toEqual([]);
  });

  it('is told from others by rules of the host', () => {
    const excluded = {
      list: LIST.EXCLUDE,
      prepend: false,
      action: 2,
      mask: new Uint32Array(64),
      fields: [{ type: FIELD.CONTID, op: OP.EQUAL, value: contidText(5n) }],
      legacyLogin: false,
    };
    expect(ask(boss, AUDIT.ADD_RULE, ruleData(excluded))).toBe(0);
    log = [];
    allow(boss, box, true);
    const inner = child(box, 3);
    set(box, inner, 6n);
    log = [];
    say(box, 'x');
    say(inner, 'y');
    say(boss, 'z');
    expect(log.map((line) => line.split('msg=')[1])).toEqual(["'z'"]);
    const wrong = { ...excluded, list: LIST.TASK };
    expect(ask(boss, AUDIT.ADD_RULE, ruleData(wrong))).toBe(-22);
  });

  it('loses nothing of those around, whatever comes from it', () => {
    enable(box);
    // Neither the daemon of the container nor that of the host reads.
    const stuck = (port: number): AuditSocket => {
      const socket: AuditSocket = { port, send: () => 'full' };
      audit.opened(socket);
      return socket;
    };
    expect(ask(boss, AUDIT.SET, words(4, 0, 0, 1), stuck(1))).toBe(0);
    expect(ask(box, AUDIT.SET, words(4, 0, 0, 2), stuck(2))).toBe(0);
    for (let count = 0; count < 200; count++) say(box, 'flood');
    const { instance } = audit.stateOf(box).container ?? expect.unreachable();
    expect(instance.status.lost).toBeGreaterThan(0);
    expect(audit.status.lost).toBe(0);
    for (let count = 0; count < 5; count++) say(boss, 'calm');
    expect(audit.status.lost).toBe(0);
    expect(log.some((line) => line.startsWith('host audit:'))).toBe(false);
  });

  it('is given its own copy of messages for daemons', () => {
    enable(box);
    const received: string[] = [];
    const socket: AuditSocket = {
      port: 2,
      send: (message) => {
        received.push(textOf(message.subarray(16)));
        return 'sent';
      },
    };
    audit.opened(socket);
    ask(box, AUDIT.SET, words(4, 0, 0, 2), socket);
    received.length = 0;
    say(boss, 'outside');
    say(box, 'inside');
    expect(received.some((text) => text.includes('outside'))).toBe(false);
    expect(received.some((text) => text.includes('inside'))).toBe(true);
  });
});
