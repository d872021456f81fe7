/** Calls that the host's kernel goes on with: which rules want them, and what is recorded. */
import { beforeEach, expect, it } from 'vitest';
import { AUDIT, FIELD, LIST, OP } from '../../../linux/audit.ts';
import { taskId, tgidOf } from '../../../linux/ids.ts';
import { auditArch, syscallNumbers } from '../../../linux/syscall-numbers.ts';
import { type Task, TaskTable } from '../task.ts';
import { Audit, type AuditCall, type EndedCall } from './audit.ts';
import type { AuditName, NamedFile } from './names.ts';
import type { AuditRule, RuleField } from './rule.ts';
import type { RecordSubject } from './subject.ts';

const NR = syscallNumbers('x64');
const SUBJECT: RecordSubject = {
  ...{ pid: tgidOf(7), ppid: tgidOf(1), uids: [5, 0, 0, 0], gids: [0, 0, 0, 0], tty: '(none)' },
  ...{ comm: 'c', exe: '/bin/c', title: 'c\0', loginuid: 0xffffffff, sessionid: 0xffffffff },
};
const DIRECTORY: NamedFile = { ino: 2, major: 8, minor: 1, mode: 0o40755, uid: 0, gid: 0, rdev: [0, 0] };
const FILE: NamedFile = { ...DIRECTORY, ino: 7, mode: 0o100644, uid: 5, above: ['8:1:7', '8:1:2'] };
const ENTRY = { directory: '8:1:2', name: 'x' };
const FACTS = {
  ...{ path: '/d/x', device: '8:1', mode: 0o100644 },
  inode: { class: 'file', filesystem: { type: 'ext4', id: 'd' }, path: '/d/x', ino: 7, uid: 5, gid: 0, xattrs: {} },
} as const;
const PARENT: AuditName = { name: '/d/x', length: 3, type: 'PARENT', file: DIRECTORY };
const OPENED: AuditName = { name: '/d/x', type: 'NORMAL', file: { ...FILE, facts: FACTS }, entry: ENTRY };

let log: string[];
let audit: Audit;
let task: Task;

beforeEach(() => {
  log = [];
  const tasks = new TaskTable();
  const host = {
    now: () => 1000,
    log: () => ({
      print: () => undefined,
      audit: (type: number, body: string, stamp: string) => void log.push(`${type}${stamp.slice(-3, -1)} ${body}`),
    }),
    labels: {
      matches: ({ field, value }: { field: string; value: string }) => (value === '?' ? undefined : field === value),
      refusal: () => undefined,
      ofFile: () => ({ label: 'l' }),
    },
  };
  audit = new Audit(host, { ticks: 100, audit: '1' }, (blob) => tasks.registerBlob(blob));
  task = tasks.enter(taskId(7));
});

function rule(numbers: readonly number[], fields: readonly RuleField[], more: Partial<AuditRule> = {}): void {
  const mask = new Uint32Array(64);
  for (const number of numbers) mask[number >>> 5] = (mask[number >>> 5] ?? 0) | (1 << (number & 31));
  const paths = {
    parent: () => undefined,
    exists: () => undefined,
    place: () => ({ parent: '8:1:2', file: '8:1:2' }),
  };
  const base = { list: LIST.EXIT, prepend: false, action: 2, mask, fields, legacyLogin: false };
  audit.rules.add({ ...base, ...more }, paths);
}

const call = (number: number, ...args: number[]): AuditCall => ({
  subject: () => SUBJECT,
  arch: auditArch('x64'),
  number,
  args: [0, 1, 2, 3].map((index) => BigInt(args[index] ?? 0)),
});

/** @returns numbers of the records' types; `undefined` = nobody wants the call. */
function made(what: AuditCall, ended: EndedCall, before = ended.names): number[] | undefined {
  log.length = 0;
  const end = audit.beginCall(task, what, before);
  if (end === undefined) return undefined;
  end(ended);
  return log.map((line) => Number(line.slice(0, 4)));
}
const WHOLE = [AUDIT.SYSCALL, AUDIT.CWD, AUDIT.PATH, AUDIT.PROCTITLE, AUDIT.EOE];
const watch = (perm: number): [RuleField[], Partial<AuditRule>] => [
  [
    { type: FIELD.WATCH, op: OP.EQUAL, value: '/d/x' },
    { type: FIELD.PERM, op: OP.EQUAL, value: perm },
  ],
  { watch: '/d/x', key: 'k' },
];
const openIt: EndedCall = { exit: 3, names: [OPENED], pwd: '/' };

it('a watched file that is opened is recorded with what the call named', () => {
  rule([NR.openat], ...watch(4));
  expect(made(call(NR.openat, 0, 0, 0), openIt)).toEqual(WHOLE);
  expect(log[0]).toMatch(/^1300:1 arch=c000003e syscall=257 success=yes exit=3 a0=0 .* items=1 .* key="k"$/);
  expect(log[1]).toBe('1307:1 cwd="/"');
  expect(log[2]).toContain('name="/d/x" inode=7 dev=08:01 mode=0100644 ouid=5 ogid=0 rdev=00:00 obj=l nametype=NORMAL');
  expect(made(call(NR.openat, 0, 0, 1), openIt)).toBeUndefined(); // for writing
  expect(made(call(NR.unlinkat), openIt)).toBeUndefined();
  const other = { ...openIt, names: [{ ...OPENED, file: { ...FILE, ino: 8 }, entry: { ...ENTRY, name: 'y' } }] };
  expect(made(call(NR.openat, 0, 0, 0), other)).toBeUndefined();
});

it('what is to be made at a watched path is wanted before it is there, and known by another name afterwards', () => {
  rule([NR.openat], ...watch(2));
  const before: AuditName[] = [PARENT, { name: '/d/x', type: 'CREATE', entry: ENTRY }];
  const after: AuditName[] = [PARENT, { name: '/d/x', type: 'CREATE', entry: ENTRY, file: FILE }];
  const names = made(call(NR.openat, 0, 0, 1), { exit: 3, names: after, pwd: '/' }, before);
  expect(names).toEqual([AUDIT.SYSCALL, AUDIT.CWD, AUDIT.PATH, AUDIT.PATH, AUDIT.PROCTITLE, AUDIT.EOE]);
  expect(made(call(NR.openat, 0, 0, 1), { exit: -13, names: [PARENT], pwd: '/' }, before)).toEqual([]);
  const link: AuditName = { name: '/e', type: 'NORMAL', file: FILE };
  expect(made(call(NR.openat, 0, 0, 1), { exit: 3, names: [link], pwd: '/' })).toEqual(WHOLE);
});

it('a directory is that of everything below it', () => {
  rule([NR.openat], [{ type: FIELD.DIR, op: OP.EQUAL, value: '/d' }], { directory: '/d' });
  expect(made(call(NR.openat), openIt)).toEqual(WHOLE);
  const elsewhere = { ...OPENED, file: { ...FILE, above: ['8:1:7', '8:1:3'] } };
  expect(made(call(NR.openat), { ...openIt, names: [elsewhere] })).toBeUndefined();
});

it.each<[string, RuleField, boolean]>([
  ['success', { type: FIELD.SUCCESS, op: OP.EQUAL, value: 1 }, true],
  ['failure', { type: FIELD.SUCCESS, op: OP.EQUAL, value: 0 }, false],
  ['result', { type: FIELD.EXIT, op: OP.EQUAL, value: -2 }, false],
  ['owner', { type: FIELD.OBJ_UID, op: OP.EQUAL, value: 5 }, true],
  ['user and owner', { type: FIELD.COMPARE, op: OP.EQUAL, value: 1 }, true],
  ['effective user and owner', { type: FIELD.COMPARE, op: OP.EQUAL, value: 3 }, false],
  ['kind of file', { type: FIELD.FILETYPE, op: OP.EQUAL, value: 0o100000 }, true],
  ['no directory', { type: FIELD.FILETYPE, op: OP.EQUAL, value: 0o40000 }, false],
  ['device', { type: FIELD.DEVMAJOR, op: OP.EQUAL, value: 8 }, true],
  ['argument', { type: FIELD.ARG0 + 1, op: OP.BIT_MASK, value: 4 }, false],
  ['label of the task', { type: FIELD.SUBJ_TYPE, op: OP.EQUAL, value: 'subj_type' }, true],
  ['another label', { type: FIELD.SUBJ_TYPE, op: OP.NOT_EQUAL, value: 'x' }, true],
  ['a label that no module knows', { type: FIELD.SUBJ_TYPE, op: OP.NOT_EQUAL, value: '?' }, false],
])('a rule about %s', (_what, field, matches) => {
  rule([NR.openat], [field]);
  expect(made(call(NR.openat, 0, 1), openIt) ?? []).toEqual(matches ? WHOLE : []);
});

it('a rule about the inode may be about any of the names', () => {
  const inode = { type: FIELD.INODE, op: OP.EQUAL, value: 2 };
  rule([NR.mkdir], [inode], { inode });
  expect(made(call(NR.mkdir), { exit: 0, names: [PARENT], pwd: '/' })).toEqual(WHOLE);
  expect(made(call(NR.mkdir), openIt)).toBeUndefined();
});

it('a rule is about the caller as it is after the call', () => {
  rule([NR.execve, NR.mkdir], [{ type: FIELD.EXE, op: OP.EQUAL, value: '/bin/other' }], { exe: '/bin/other' });
  expect(made(call(NR.mkdir), { exit: 0, names: [] })).toBeUndefined();
  const before = call(NR.execve);
  let subject = SUBJECT;
  const end = audit.beginCall(task, { ...before, subject: () => subject }, []);
  subject = { ...SUBJECT, exe: '/bin/other' };
  end?.({ exit: 0, names: [] });
  expect(log).toHaveLength(3);
});

it('a rule that says never wins where it is first, and a call that no rule names is not looked at', () => {
  rule([NR.mkdir], [{ type: FIELD.UID, op: OP.EQUAL, value: 5 }], { action: 0 });
  rule([NR.mkdir, NR.rmdir], []);
  expect(made(call(NR.mkdir), { exit: 0, names: [] })).toEqual([]);
  expect(made(call(NR.rmdir), { exit: 0, names: [] })).toEqual([AUDIT.SYSCALL, AUDIT.PROCTITLE, AUDIT.EOE]);
  expect(made(call(NR.unlink), { exit: 0, names: [] })).toBeUndefined();
});

it('records of modules during the call have its stamp; a result that is not known is no match', () => {
  rule([NR.mkdir], []);
  const end = audit.beginCall(task, call(NR.mkdir), []);
  audit.during(
    task,
    call(NR.mkdir),
    () => audit.record({ type: AUDIT.AVC, body: 'avc' }),
    () => -13,
  );
  end?.({ exit: -13, names: [] });
  expect(log.map((line) => line.slice(0, 6))).toEqual(['1400:1', '1300:1', '1327:1', '1320:1']);
  expect(made(call(NR.mkdir), { names: [] })).toEqual([]);
});

it('calls of a thread of which the ends are told in another order are each recorded with their own', () => {
  rule([NR.mkdir, NR.rmdir], []);
  const first = audit.beginCall(task, call(NR.mkdir), []);
  const second = audit.beginCall(task, call(NR.rmdir), []);
  first?.({ exit: -17, names: [] });
  audit.during(
    task,
    call(NR.rmdir),
    () => audit.record({ type: AUDIT.AVC, body: 'avc' }),
    () => 0,
  );
  second?.({ exit: 0, names: [] });
  expect(log.map((line) => line.replace(/ arch=\S+| a0=.*/g, ''))).toEqual([
    `1300:1 syscall=${NR.mkdir} success=no exit=-17`,
    expect.stringMatching(/^1327:1 /),
    expect.stringMatching(/^1320:1 /),
    '1400:2 avc',
    `1300:2 syscall=${NR.rmdir} success=yes exit=0`,
    expect.stringMatching(/^1327:2 /),
    expect.stringMatching(/^1320:2 /),
  ]);
});

it('the call of a thread that has ended meanwhile is recorded, once', () => {
  rule([NR.mkdir], []);
  const end = audit.beginCall(task, call(NR.mkdir), []);
  audit.exited(task);
  end?.({ exit: 0, names: [] });
  end?.({ exit: 0, names: [] });
  expect(log).toHaveLength(3);
});

it('a call that could not be followed counts as lost, and one of a container in its audit', () => {
  rule([NR.mkdir], []);
  const lost = (): number => audit.host.status.lost;
  expect(made(call(NR.mkdir), { lost: true, names: [] })).toEqual([]);
  expect(lost()).toBe(1);
  const container = { instance: { status: { lost: 0 } } } as unknown as NonNullable<RecordSubject['container']>;
  const inside = audit.beginCall(task, { ...call(NR.mkdir), subject: () => ({ ...SUBJECT, container }) }, []);
  inside?.({ lost: true, names: [] });
  expect([lost(), container.instance.status.lost]).toEqual([1, 1]);
});

it('exit_group(2) does not return: rules are asked when it begins, and none about results is met', () => {
  rule([NR.exit_group], [{ type: FIELD.SUCCESS, op: OP.EQUAL, value: 1 }]);
  rule([NR.exit_group], [{ type: FIELD.EXIT, op: OP.NOT_EQUAL, value: 1 }]);
  expect(made(call(NR.exit_group, 3), { leaves: true, names: [] })).toEqual([]);
  rule([NR.exit_group], []);
  expect(made(call(NR.exit_group, 3), { leaves: true, names: [] })).toEqual([
    AUDIT.SYSCALL,
    AUDIT.PROCTITLE,
    AUDIT.EOE,
  ]);
  expect(log[0]).toMatch(/ syscall=231 a0=3 a1=0 a2=0 a3=0 items=0 ppid=1 pid=7 /);
});

it('what a call has left before it returned comes first, and the call is recorded for it, unless a rule forbids that', () => {
  const before = [{ type: AUDIT.ANOM_LINK, body: 'op=linkat' }];
  const ended: EndedCall = { exit: -1, names: [], before };
  rule([NR.linkat], [{ type: FIELD.SUCCESS, op: OP.EQUAL, value: 1 }]);
  expect(made(call(NR.linkat), ended)).toEqual([AUDIT.ANOM_LINK, AUDIT.SYSCALL, AUDIT.PROCTITLE, AUDIT.EOE]);
  expect(log.map((line) => line.slice(0, 6))).toEqual(['1702:1', '1300:1', '1327:1', '1320:1']);
  rule([NR.linkat], [], { action: 0, prepend: true });
  rule([NR.unlinkat], []);
  expect(made(call(NR.linkat), ended)).toEqual([AUDIT.ANOM_LINK]);
});
