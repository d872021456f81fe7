import { beforeEach, describe, expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { O_RDONLY, O_RDWR, O_WRONLY } from '../../../linux/fcntl.ts';
import { taskId, tgidOf, tidOf } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { Pending } from '../../../vfs/tree/node.ts';
import { MountTable } from '../../../vfs/user/mounts.ts';
import { Session } from '../../../vfs/user/session.ts';
import type { ModuleDefinition } from '../module.ts';
import { bootToys, callerOf, type FactTable, toy } from '../testing/toy.ts';

let facts: FactTable;
let mounts: MountTable;
let session: Session;
let stack: ReturnType<typeof bootToys>['stack'];

const leader = callerOf(100);
const thread = callerOf(101, 100);
const other = callerOf(200);
const user = callerOf(300, 300, { uid: 1000, gid: 1000 });

const bpf: ModuleDefinition = {
  ...toy('bpf', 109),
  create: () => ({ hooks: { getprocattr: () => E.EINVAL, setprocattr: () => E.EINVAL } }),
};

/** As attr files: absent hooks, so a directory that nobody serves. */
const idle: ModuleDefinition = { ...toy('idle', 903), create: () => ({ hooks: {} }) };

function start(definitions: readonly ModuleDefinition[], config: Parameters<typeof bootToys>[1] = {}): void {
  ({ stack, facts } = bootToys(definitions, config));
  mounts = new MountTable();
  mounts.mount('/proc', stack.attrTree);
  session = new Session(mounts);
  for (const caller of [leader, other, user]) {
    facts.add(caller.tid, caller.tid, { uid: caller.uid, gid: caller.gid });
    stack.apply({ kind: 'enter', task: caller });
  }
  facts.add(101, 100);
  stack.apply({ kind: 'fork', parent: tidOf(100), child: taskId(101, 100) });
}

beforeEach(() => start([toy('one', 901), toy('two', 902)]));

function open(path: string, flags: number, caller: Caller): number {
  const fd = session.open(`/proc/${path}`, flags, 0, caller);
  if (failed(fd)) throw new Error(`open ${path}: ${fd.code}`);
  return fd;
}

function readFd(fd: number, caller: Caller, length = 100): Result<string> {
  const data = session.read(fd, length, undefined, caller);
  if (data instanceof Pending) throw new Error('attr files never wait');
  return failed(data) ? data : Buffer.from(data).toString('latin1');
}

const read = (path: string, caller: Caller) => readFd(open(path, O_RDONLY, caller), caller);

function write(path: string, text: string, caller: Caller): Result<number> {
  return session.write(open(path, O_WRONLY, caller), Buffer.from(text), undefined, caller);
}

function writeFd(fd: number, text: string, caller: Caller, position?: number): Result<number> {
  return session.write(fd, Buffer.from(text), position, caller);
}

describe('dispatch', () => {
  it('plain files go to the first module, subdirectories to theirs', () => {
    expect(read('100/attr/current', leader)).toBe('one\n');
    expect(read('100/attr/one/current', leader)).toBe('one\n');
    expect(read('100/attr/two/current', leader)).toBe('two\n');
    expect(write('100/attr/exec', 'x', leader)).toBe(1);
    expect(write('100/attr/two/exec', 'y', leader)).toBe(1);
    expect(read('100/attr/one/exec', leader)).toBe('x\n');
    expect(read('100/attr/two/exec', leader)).toBe('y\n');
  });

  it('a module that registers every hook takes the plain files for itself', () => {
    start([bpf, toy('one', 901)]);
    expect(read('100/attr/current', leader)).toBe(E.EINVAL);
    expect(write('100/attr/current', 'x', leader)).toBe(E.EINVAL);
    expect(read('100/attr/one/current', leader)).toBe('one\n');
  });

  it('nobody there: every read and write is EINVAL, also an empty write', () => {
    start([idle]);
    expect(read('100/attr/current', leader)).toBe(E.EINVAL);
    expect(read('100/attr/idle/current', leader)).toBe(E.EINVAL);
    expect(write('100/attr/current', 'x', leader)).toBe(E.EINVAL);
    expect(write('100/attr/current', '', leader)).toBe(E.EINVAL);
  });
});

describe('reading', () => {
  it('fetches the value anew each time and moves the position', () => {
    const fd = open('100/attr/current', O_RDWR, leader);
    expect(readFd(fd, leader, 2)).toBe('on');
    expect(writeFd(open('100/attr/current', O_WRONLY, leader), 'longer', leader)).toBe(6);
    expect(readFd(fd, leader)).toBe('nger\n');
    expect(readFd(fd, leader)).toBe('');
  });

  it('works on anybody, in threads and through a thread id in the root', () => {
    expect(read('200/attr/current', user)).toBe('one\n');
    expect(write('100/task/101/attr/current', 'thread', thread)).toBe(6);
    expect(read('100/task/101/attr/current', other)).toBe('thread\n');
    expect(read('101/attr/current', other)).toBe('thread\n');
    expect(read('100/attr/current', other)).toBe('one\n');
  });

  it('is ESRCH when the task is gone, whoever has its id now', () => {
    const fd = open('200/attr/current', O_RDONLY, leader);
    stack.apply({ kind: 'exit', tid: tidOf(200) });
    expect(readFd(fd, leader)).toBe('one\n'); // a zombie
    facts.table.delete(tidOf(200));
    expect(readFd(fd, leader)).toBe(E.ESRCH);
    facts.add(200);
    stack.apply({ kind: 'fork', parent: tidOf(100), child: taskId(200) });
    expect(readFd(fd, leader)).toBe(E.ESRCH);
    expect(read('200/attr/current', leader)).toBe('one\n');
  });
});

describe('writing', () => {
  it('does not move the position, but a read before it does', () => {
    const fd = open('100/attr/current', O_RDWR, leader);
    expect([writeFd(fd, 'label', leader), writeFd(fd, 'label', leader)]).toEqual([5, 5]);
    expect(readFd(fd, leader)).toBe('label\n');
    expect(writeFd(fd, 'label', leader)).toBe(E.EINVAL);
    expect(writeFd(fd, 'label', leader, 1)).toBe(E.EINVAL);
    expect(writeFd(fd, 'label', leader, 0)).toBe(5);
  });

  it('takes a page at most', () => {
    expect(write('100/attr/current', 'q'.repeat(5000), leader)).toBe(4096);
    expect(read('100/attr/current', leader)).toHaveLength(100);
  });

  it("gives the module's verdict", () => {
    expect(write('100/attr/current', 'refuse', leader)).toBe(E.EACCES);
  });

  it('concerns the exact thread: EACCES for another of the same process', () => {
    expect(write('100/attr/current', 'x', thread)).toBe(E.EACCES);
    expect(write('100/task/101/attr/current', 'x', leader)).toBe(E.EACCES);
    expect(write('100/task/101/attr/current', 'x', thread)).toBe(1);
  });

  it('is EPERM for other processes, before everything else', () => {
    expect(write('200/attr/current', 'x', leader)).toBe(E.EPERM);
    const fd = open('200/attr/current', O_RDWR, leader);
    expect(writeFd(fd, 'x', leader, 1)).toBe(E.EPERM);
    facts.table.delete(tidOf(200));
    expect(writeFd(fd, 'x', leader)).toBe(E.EPERM);
  });

  it('is EPERM through a descriptor kept over fork or exec', () => {
    const fd = open('100/attr/current', O_RDWR, leader);
    facts.add(102);
    stack.apply({ kind: 'fork', parent: tidOf(100), child: taskId(102) });
    expect(writeFd(fd, 'x', callerOf(102))).toBe(E.EPERM);
    facts.add(103);
    stack.apply({ kind: 'fork', parent: tidOf(100), child: taskId(103), sharesMm: true });
    expect(writeFd(fd, 'x', callerOf(103))).toBe(E.EACCES); // vfork: the same address space
    stack.apply({ kind: 'exec', tid: tgidOf(100) });
    expect(writeFd(fd, 'x', leader)).toBe(E.EPERM);
    expect(readFd(fd, leader)).toBe('one\n');
  });

  it('works for the target through a descriptor passed by somebody who may inspect it', () => {
    const passed = open('300/attr/current', O_WRONLY, leader);
    expect(writeFd(passed, 'given', user)).toBe(5);
    facts.add(301, 301, { uid: 1001, gid: 1001 });
    const stranger = callerOf(301, 301, { uid: 1001, gid: 1001 });
    expect(writeFd(open('300/attr/current', O_WRONLY, stranger), 'x', user)).toBe(E.EPERM);
  });

  it('asks for the capability first where ids or dumpability of the target differ', () => {
    const asked: (number | 'ptrace')[] = [];
    const guard: ModuleDefinition = {
      ...toy('guard', 904),
      create: () => ({
        hooks: {
          capable: (_task, { capability }) => {
            asked.push(capability);
            return E.EPERM;
          },
          ptraceAccessCheck: () => {
            asked.push('ptrace');
            return undefined;
          },
        },
      }),
    };
    start([toy('one', 901), guard]);
    const asks = (id: number, more: Parameters<FactTable['add']>[2], opener: Caller): typeof asked => {
      facts.add(id, id, more);
      asked.length = 0;
      open(`${id}/attr/current`, O_RDONLY, opener);
      return [...asked];
    };
    const user1 = callerOf(300, 300, { uid: 1000, gid: 1000 });
    expect(asks(310, {}, leader)).toEqual(['ptrace']);
    expect(asks(311, { uid: 1001, gid: 1001 }, leader)).toEqual([CAP.SYS_PTRACE]);
    expect(asks(312, { uids: [0, 0, 5, 0] }, leader)).toEqual([CAP.SYS_PTRACE]);
    expect(asks(313, { gid: 5 }, leader)).toEqual([CAP.SYS_PTRACE]);
    expect(asks(314, { fileUid: 5 }, leader)).toEqual([CAP.SYS_PTRACE]);
    expect(asks(316, { uid: 1000, gid: 1000 }, user1)).toEqual(['ptrace']);
  });

  it('asks the modules whether the opener may inspect the target', () => {
    const guard: ModuleDefinition = {
      ...toy('guard', 904),
      create: () => ({ hooks: { ptraceAccessCheck: () => E.EACCES } }),
    };
    start([toy('one', 901), guard]);
    expect(writeFd(open('300/attr/current', O_WRONLY, leader), 'x', user)).toBe(E.EPERM);
    expect(write('300/attr/current', 'x', user)).toBe(1);
  });
});

describe('as another caller sees it', () => {
  const asker = callerOf(900);

  /** Opens by `asker` are made by this caller. */
  const on = (opener: Caller | undefined): void => {
    const root = stack.attrRootFor({ opener: (caller) => (caller === asker ? opener : caller), lists: () => true });
    mounts.mount('/other', { ...stack.attrTree, root });
  };
  const openAs = (path: string, flags: number, caller: Caller) => session.open(`/other/${path}`, flags, 0, caller);

  it('opens on behalf of a thread', () => {
    on(leader);
    const fd = openAs('100/attr/current', O_RDWR, asker);
    expect(failed(fd) ? fd : writeFd(fd, 'x', leader)).toBe(1);
    expect(stack.tasks.find(tidOf(900))).toBeUndefined();
  });

  it("checks that thread's rights, not those of who asks", () => {
    on(user);
    expect(openAs('300/attr/prev', O_WRONLY, asker)).toBe(E.EACCES);
    expect(failed(openAs('300/attr/prev', O_RDONLY, asker))).toBe(false);
    const foreign = openAs('100/attr/current', O_RDWR, asker);
    expect(failed(foreign) ? foreign : writeFd(foreign, 'x', leader)).toBe(E.EPERM);
  });

  it('is nothing once that thread is gone', () => {
    on(undefined);
    expect(openAs('100/attr/current', O_RDONLY, asker)).toBe(E.ESRCH);
  });
});
