import { beforeEach, describe, expect, it } from 'vitest';
import { E, failed } from '../../../linux/errno.ts';
import { O_RDONLY, O_RDWR, O_WRONLY } from '../../../linux/fcntl.ts';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import type { Stack } from '../../../lsm/framework/stack.ts';
import { bootToys, callerOf, type FactTable, toy } from '../../../lsm/framework/testing/toy.ts';
import { type Caller, KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import { MountTable } from '../../../vfs/user/mounts.ts';
import { Session } from '../../../vfs/user/session.ts';
import { AttrFiles, statableAttrNames } from './attr-files.ts';

/** The daemon's own process. */
const supervisor = callerOf(process.pid);
const leader = callerOf(100);
const user = callerOf(300, 300, { uid: 1000, gid: 1000 });

let facts: FactTable;
let stack: Stack;
let files: AttrFiles;
let session: Session;

beforeEach(() => {
  ({ facts, stack } = bootToys([toy('one', 901), toy('two', 902)]));
  files = new AttrFiles(stack, facts);
  const mounts = new MountTable();
  mounts.mount('/proc', files);
  session = new Session(mounts);
  for (const { tid, tgid, uid, gid } of [leader, callerOf(101, 100), callerOf(200), user]) {
    facts.add(tid, tgid, { uid, gid });
    stack.apply({ kind: 'enter', task: { tid, tgid } });
  }
});

const find = (name: string) => failed(session.paths.resolve(`/proc/by/${name}`, false, KERNEL_CALLER));
const open = (path: string, flags: number, caller: Caller) => session.open(`/proc/${path}`, flags, 0, caller);

function list(path: string): string[] | string {
  const entries = session.paths.readEntries(`/proc/${path}`, KERNEL_CALLER);
  return failed(entries) ? entries.code : entries.map(({ name }) => name);
}

describe('names on behalf of a caller', () => {
  it("are opened with that caller's rights, not the supervisor's", () => {
    expect(open('by/300,proc,300,attr,prev', O_WRONLY, supervisor)).toBe(E.EACCES);
    expect(failed(open('by/300,proc,300,attr,prev', O_RDONLY, supervisor))).toBe(false);
    const fd = open('by/100,proc,100,attr,current', O_RDWR, supervisor);
    expect(failed(fd) ? fd : session.write(fd, Buffer.from('x'), undefined, leader)).toBe(1);
    expect(stack.tasks.find(tgidOf(process.pid))).toBeUndefined();
    const foreign = open('by/300,proc,100,attr,current', O_RDWR, supervisor);
    expect(failed(foreign) ? foreign : session.write(foreign, Buffer.from('x'), undefined, leader)).toBe(E.EPERM);
  });

  it('act for others when the supervisor became known as a task, and for nobody else', () => {
    stack.taskOf(supervisor);
    expect(open('by/300,proc,300,attr,prev', O_WRONLY, supervisor)).toBe(E.EACCES);
    const own = open('by/300,proc,100,attr,current', O_RDWR, leader);
    expect(failed(own) ? own : session.write(own, Buffer.from('x'), undefined, leader)).toBe(1);
  });

  it.each([
    ['100,proc,100,attr,nothing', E.ENOENT],
    ['100,proc,100,attr,one%2Ccurrent', E.ENOENT],
    ['100,proc,100,attr,current,x', E.ENOTDIR],
    ['999,proc,100,attr,current', E.ENOENT],
    ['100,sys,kernel', E.ENOENT],
    ['100', E.ENOENT],
  ])('%s is %o', (name, errno) => {
    expect(session.paths.resolve(`/proc/by/${name}`, true, supervisor)).toBe(errno);
  });

  it('are of whoever has the number now: another thread, with other rights', () => {
    const path = 'by/300,proc,100,attr,current';
    const first = open(path, O_WRONLY, supervisor);
    expect(failed(first) ? first : session.write(first, Buffer.from('x'), undefined, user)).toBe(E.EPERM);
    expect(open('by/300,proc,300,attr,prev', O_WRONLY, supervisor)).toBe(E.EACCES);
    stack.apply({ kind: 'exit', tid: user.tid });
    facts.add(user.tid, user.tgid, { uid: 0, gid: 0 });
    stack.apply({ kind: 'enter', task: { tid: user.tid, tgid: user.tgid } });
    const own = open('by/300,proc,300,attr,current', O_WRONLY, supervisor);
    expect(failed(own) ? own : session.write(own, Buffer.from('x'), undefined, callerOf(300))).toBe(1);
    facts.table.delete(user.tid);
    expect(open(path, O_WRONLY, supervisor)).toBe(E.ENOENT);
  });

  it('list what stat(2) finds, and find all', () => {
    files.listed = new Set(['current', 'exec', 'two']);
    expect(list('by/100,proc,100,attr')).toEqual(['current', 'exec', 'two']);
    expect(list('by/100,proc,100,attr,two')).toEqual(['current', 'exec', 'prev']);
    expect(find('100,proc,100,attr,one')).toBe(false);
    expect(list('100/attr')).toContain('one');
  });
});

describe('a kernel that remembers such names', () => {
  const told: string[] = [];

  beforeEach(() => {
    told.length = 0;
    files.changes.subscribe({
      entry: (directory, name) => {
        directory.lookup(name, KERNEL_CALLER); // as a transport does
        told.push(name);
      },
      content: () => {},
    });
  });

  it('is told when a thread that they speak of has ended', () => {
    const names = ['100,proc,100,attr,current', '100,proc,200,attr,current', '200,proc,100,task,101,attr,exec'];
    expect([...names, '300', '100,proc,nothing'].map(find)).toEqual([false, false, false, true, true]);
    stack.apply({ kind: 'exit', tid: tidOf(101) });
    expect(told.splice(0)).toEqual(['200,proc,100,task,101,attr,exec']);
    stack.apply({ kind: 'exit', tid: tidOf(200) });
    expect(told.splice(0)).toEqual(['100,proc,200,attr,current']);
    stack.apply({ kind: 'exit', tid: tidOf(100) });
    expect(told.splice(0)).toEqual(['100,proc,100,attr,current']);
    for (const tid of [100, 101, 200]) stack.apply({ kind: 'exit', tid: tidOf(tid) });
    expect(told).toEqual([]);
  });

  it('is told of those of a thread that becomes another by execve', () => {
    expect([find('101,proc,100,attr,current'), find('100,proc,100,attr,current')]).toEqual([false, false]);
    stack.apply({ kind: 'exec', tid: tgidOf(100), formerTid: tidOf(101) });
    expect(told).toEqual(['101,proc,100,attr,current']);
  });
});

it('everybody sees the processes, and no names on behalf of others among them', () => {
  expect(list('')).toEqual(['100', '200', '300']);
  expect(list('by')).toEqual([]);
});

it.each([
  ['mainline', ['one'], ['current', 'one', 'two']],
  ['talk', [], ['current']],
  ['talk', ['two'], ['current', 'two', 'display', 'display_lsm', 'interface_lsm', 'context']],
] as const)('what stat(2) finds is the same on every host: %s, %j', (profile, active, names) => {
  const config = { ...stack.config, profile };
  expect(statableAttrNames({ compiledIn: stack.compiledIn, active, config, modules: stack.modules })).toEqual(names);
});
