import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { O_RDONLY, O_RDWR, O_WRONLY } from '../../../linux/fcntl.ts';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { MountTable } from '../../../vfs/user/mounts.ts';
import { Session } from '../../../vfs/user/session.ts';
import type { ModuleDefinition } from '../module.ts';
import { bootToys, callerOf, type ToyStack, toy } from '../testing/toy.ts';

const NAMES = ['display', 'display_lsm', 'interface_lsm'];
const task = callerOf(100);
const other = callerOf(200);

let booted: ToyStack;
let session: Session;

function start(definitions: readonly ModuleDefinition[], profile: 'talk' | 'mainline' = 'talk'): void {
  booted = bootToys(definitions, { profile });
  const { stack, facts } = booted;
  const mounts = new MountTable();
  mounts.mount('/proc', stack.attrTree);
  mounts.mount('/security', stack.securityfs);
  session = new Session(mounts);
  for (const caller of [task, other]) {
    facts.add(caller.tid);
    stack.apply({ kind: 'enter', task: caller });
  }
}

function bpf(): ModuleDefinition {
  const { labelling: _none, ...definition } = toy('bpf', 109);
  return { ...definition, create: () => ({ hooks: { getprocattr: () => E.EINVAL, setprocattr: () => E.EINVAL } }) };
}

beforeEach(() => start([toy('one', 901), toy('two', 902)]));

function read(path: string, caller: Caller): Result<string> {
  const fd = session.open(path, O_RDONLY, 0, caller);
  if (failed(fd)) return fd;
  const data = session.read(fd, 200, undefined, caller);
  return data instanceof Uint8Array ? Buffer.from(data).toString('latin1') : (data as Result<string>);
}

function write(path: string, text: string, caller: Caller, position?: number): Result<number> {
  const fd = session.open(path, O_WRONLY, 0, caller);
  return failed(fd) ? fd : session.write(fd, Buffer.from(text, 'latin1'), position, caller);
}

const attr = (name: string, { tid }: Caller = task) => `/proc/${tid}/attr/${name}`;
const choose = (text: string, caller = task) => write(attr('display', caller), text, caller);

describe('the choice', () => {
  it('is one state under three names; unset, the first labelling module', () => {
    expect(NAMES.map((name) => read(attr(name), task))).toEqual(['one', 'one', 'one']);
    NAMES.forEach((name, index) => {
      const chosen = index === 1 ? 'one' : 'two';
      expect(write(attr(name), chosen, task)).toBe(3);
      expect(NAMES.map((other) => read(attr(other), task))).toEqual([chosen, chosen, chosen]);
    });
  });

  it.each([
    ['two', 3],
    ['two\n', 4],
    ['two one', 7],
    ['two\0one', 7],
    ['', E.EINVAL],
    [' two', E.EINVAL],
    ['\ntwo', E.EINVAL],
    ['tw', E.EINVAL],
    ['twoo', E.EINVAL],
    ['Two', E.EINVAL],
    ['capability', E.EINVAL],
  ])('%j gives %s', (text, expected) => {
    expect(choose(text)).toBe(expected);
    expect(read(attr('display'), task)).toBe(failed(expected as never) ? 'one' : 'two');
  });

  it('is a name that exists, or nothing changes', () => {
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc
        .tuple(fc.constantFrom('one', 'two', 'On', ''), fc.constantFrom('', ' ', '\n', '\0', 'x'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (written) => {
        const before = read(attr('display'), task);
        const name = /^[^ \n\0]*/.exec(written)?.[0] ?? '';
        const known = ['one', 'two'].includes(name);
        expect(choose(written)).toBe(known ? written.length : E.EINVAL);
        expect(read(attr('display'), task)).toBe(known ? name : before);
      }),
    );
  });

  it('is made at position 0, by the task itself, and read by it alone', () => {
    expect(write(attr('display'), 'two', task, 1)).toBe(E.EINVAL);
    expect(write(attr('display', other), 'two', task)).toBe(E.EPERM); // another address space
    expect(read(attr('display', other), task)).toBe(E.EINVAL);
    const thread = callerOf(101, 100);
    booted.facts.add(101, 100);
    booted.stack.apply({ kind: 'fork', parent: tidOf(100), child: thread });
    expect(write(attr('display'), 'two', thread)).toBe(E.EACCES);
    expect(read(attr('display'), thread)).toBe(E.EINVAL);
    expect(write('/proc/100/task/101/attr/display', 'two', thread)).toBe(3);
    expect(read(attr('display'), task)).toBe('one');
  });

  it('a descriptor kept across exec is of another program; a dead task has none', () => {
    const fd = session.open(attr('display'), O_RDWR, 0, task);
    if (failed(fd)) throw new Error(fd.code);
    booted.stack.apply({ kind: 'exec', tid: tgidOf(100) });
    expect(session.write(fd, Buffer.from('two'), undefined, task)).toBe(E.EPERM);
    const dead = session.open(attr('display', other), O_RDONLY, 0, other);
    if (failed(dead)) throw new Error(dead.code);
    booted.facts.table.delete(tidOf(200));
    expect(session.read(dead, 10, undefined, task)).toBe(E.ESRCH);
  });

  it('longer writes are cut to a page', () => {
    expect(choose(`two ${'x'.repeat(5000)}`)).toBe(4096);
    expect(choose(`${'x'.repeat(5000)}`)).toBe(E.EINVAL);
  });

  it('is inherited at fork and kept across exec; sibling and parent go their own way', () => {
    choose('two');
    const child = callerOf(110);
    const sibling = callerOf(111);
    for (const born of [child, sibling]) {
      booted.facts.add(born.tid);
      booted.stack.apply({ kind: 'fork', parent: tidOf(100), child: born });
    }
    choose('one', child);
    booted.stack.apply({ kind: 'exec', tid: tgidOf(111) });
    const shown = [task, child, sibling, other].map((caller) => read(attr('display', caller), caller));
    expect(shown).toEqual(['two', 'one', 'two', 'one']);
  });

  it('any module may refuse it, before the name is looked at', () => {
    const strict: ModuleDefinition = {
      ...toy('strict', 903),
      create: () => ({ hooks: { getprocattr: () => Buffer.from('s'), taskSetDefault: () => E.EACCES } }),
    };
    start([toy('one', 901), strict]);
    expect(choose('strict')).toBe(E.EACCES);
    expect(choose('nothing')).toBe(E.EACCES);
    expect(choose('')).toBe(E.EINVAL);
    expect(read(attr('display'), task)).toBe('one');
  });
});

describe('what follows it', () => {
  it('plain files, read and written; subdirectories do not', () => {
    choose('two');
    expect(read(attr('current'), task)).toBe('two\n');
    expect(write(attr('exec'), 'x', task)).toBe(1);
    expect(read(attr('two/exec'), task)).toBe('x\n');
    expect(read(attr('one/exec'), task)).toBe('\n');
    expect(read(attr('one/current'), task)).toBe('one\n');
  });

  it('the choice of the reader counts, not that of the task looked at', () => {
    choose('two', other);
    expect(read(attr('current', other), task)).toBe('one\n');
    expect(read(attr('current', task), other)).toBe('two\n');
  });

  it('peer labels', () => {
    const pair = { socket: 5, peer: 6 };
    const label = (caller: Caller) => booted.stack.peers.label({ ...pair, connector: tgidOf(200) }, caller);
    choose('two');
    expect(label(task)).toEqual(Buffer.from('two\0'));
    expect(label(other)).toEqual(Buffer.from('one\0'));
    expect(booted.stack.peers.label({ ...pair, connector: tgidOf(999) }, task)).toBe(E.ENOPROTOOPT);
  });

  it('not the lsm system calls', () => {
    const get = () =>
      booted.stack.syscalls.getSelfAttr({ attr: 100, ctxPresent: true, size: 4096, flags: 0 }, task).data;
    const before = get();
    choose('two');
    expect(get()).toEqual(before);
  });
});

describe('the compound label', () => {
  it('is every labelling module with its label, each ended by one NUL', () => {
    expect(read(attr('context'), task)).toBe('one\0one\0two\0two\0');
    write(attr('two/current'), 'label', task);
    expect(read(attr('context', other), other)).toBe('one\0one\0two\0two\0');
    expect(read(attr('context'), task)).toBe('one\0one\0two\0label\0');
    expect(read(attr('context', task), other)).toBe('one\0one\0two\0label\0');
    expect(write(attr('context'), 'x', task)).toBe(E.EINVAL);
  });

  const answering = (name: string, id: number, answer: Result<Uint8Array>): ModuleDefinition => ({
    ...toy(name, id),
    create: () => ({ hooks: { getprocattr: () => answer } }),
  });

  it('leaves out a module that has nothing to say; another error ends it', () => {
    start([answering('mute', 903, E.EINVAL), toy('two', 902)]);
    expect(read(attr('context'), task)).toBe('two\0two\0');
    start([toy('two', 902), answering('strict', 903, E.EACCES)]);
    expect(read(attr('context'), task)).toBe(E.EACCES);
    start([answering('mute', 903, E.EINVAL)]);
    expect(read(attr('context'), task)).toBe(E.EINVAL);
  });

  it('of a peer', () => {
    const { peers } = booted.stack;
    expect(peers.context({ socket: 5, peer: 6, connector: tgidOf(200) }, task)).toEqual(
      Buffer.from('one\0one\0two\0two\0'),
    );
    expect(peers.context({ socket: 5, peer: 6, connector: tgidOf(999) }, task)).toBe(E.EINVAL);
  });
});

describe('a module that has every hook and no labels', () => {
  it('takes the plain files of mainline for itself', () => {
    start([bpf(), toy('one', 901)], 'mainline');
    expect(read(attr('current'), task)).toBe(E.EINVAL);
    expect(write(attr('current'), 'x', task)).toBe(E.EINVAL);
    expect(read(attr('one/current'), task)).toBe('one\n');
    expect(booted.stack.peers.label({ socket: 5, peer: 6, connector: tgidOf(200) }, task)).toEqual(
      Buffer.from('one\0'),
    );
  });

  it('is passed over where the first labelling module counts, and cannot be chosen', () => {
    start([bpf(), toy('one', 901)]);
    expect(read(attr('current'), task)).toBe('one\n');
    expect(choose('bpf')).toBe(E.EINVAL);
    expect(read(attr('context'), task)).toBe('one\0one\0');
  });

  it('alone: nothing can be chosen', () => {
    start([bpf()]);
    expect(read(attr('current'), task)).toBe(E.EINVAL);
    expect(read(attr('display'), task)).toBe(E.EINVAL);
    expect(choose('bpf')).toBe(E.EINVAL);
    expect(read('/security/lsm_display_default', task)).toBe(E.ENOENT);
  });
});

it('securityfs names the first labelling module, without a newline', () => {
  expect(read('/security/lsm_display_default', task)).toBe('one');
  start([toy('one', 901)], 'mainline');
  expect(read('/security/lsm_display_default', task)).toBe(E.ENOENT);
});

it('the first module that refuses is the only one that is asked, and so the only one that logs', () => {
  const asked: string[] = [];
  const refusing = (name: string, id: number): ModuleDefinition => ({
    ...toy(name, id),
    create: () => ({
      hooks: {
        taskSetDefault: () => {
          asked.push(name);
          return E.EACCES;
        },
      },
    }),
  });
  start([toy('one', 901), refusing('first', 902), refusing('second', 903)]);
  expect(choose('one')).toBe(E.EACCES);
  expect(asked).toEqual(['first']);
});
