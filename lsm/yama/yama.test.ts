import { beforeEach, describe, expect, it } from 'vitest';
import { failed } from '../../linux/errno.ts';
import { createWorld, type World } from '../library/index.ts';
import type { WorldTask } from '../library/world.ts';

const SCOPE = '/proc/sys/kernel/yama/ptrace_scope';

let world: World;
beforeEach(() => {
  world = createWorld({ lsm: 'yama' });
});

const read = () => world.fs.readFileSync(SCOPE, 'latin1');

/** Bytes taken or the errno. */
function write(text: string, fs = world.fs, position?: number): number | unknown {
  const fd = fs.openSync(SCOPE, 'r+');
  try {
    return fs.writeSync(fd, text, position);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    fs.closeSync(fd);
  }
}

describe('kernel.yama.ptrace_scope', () => {
  it('answers the recorded sequence', () => {
    expect(read()).toBe('0\n');
    const steps: [string, unknown, string][] = [
      ['1', 1, '1\n'],
      ['2', 1, '2\n'],
      ['0', 1, '0\n'],
      ['4', 'EINVAL', '0\n'],
      ['-1', 'EINVAL', '0\n'],
      ['x', 'EINVAL', '0\n'],
      ['1\n', 2, '1\n'],
      [' 2', 2, '2\n'],
      ['1 2', 2, '1\n'],
      ['99999999999', 'EINVAL', '1\n'],
      ['3', 1, '3\n'],
      ['2', 'EINVAL', '3\n'],
      ['3', 1, '3\n'],
    ];
    for (const [text, result, after] of steps) {
      expect([text, write(text), read()]).toEqual([text, result, after]);
    }
  });

  it('looks at no more than a page', () => {
    expect(write(`${' '.repeat(4090)}1`)).toBe(4091);
    expect(read()).toBe('1\n');
    expect(write(`${' '.repeat(4096)}2`)).toBe('EINVAL');
    expect(write(`2${' '.repeat(5000)}`)).toBe(5001);
    expect(read()).toBe('2\n');
  });

  it('reads from position 0 only; a write elsewhere is taken and ignored', () => {
    const fd = world.fs.openSync(SCOPE, 'r+');
    const part = (length: number, position?: number) => {
      const buffer = Buffer.alloc(length);
      return buffer.toString('latin1', 0, world.fs.readSync(fd, buffer, 0, length, position ?? null));
    };
    expect([part(1), part(5), part(5, 1), part(5, 0)]).toEqual(['0', '', '', '0\n']);
    world.fs.seekSync(fd, 0);
    expect(world.fs.writeSync(fd, '1')).toBe(1);
    expect(part(5)).toBe('');
    expect(world.fs.writeSync(fd, '2')).toBe(1);
    expect(read()).toBe('1\n');
  });

  it('needs CAP_SYS_PTRACE to write', () => {
    const task = world.spawn({ capabilities: 1n });
    expect(write('1', task.fs)).toBe('EPERM');
    expect(write('1', world.spawn().fs)).toBe(1);
    const user = world.spawn({ uid: 1000 });
    expect(() => user.fs.openSync(SCOPE, 'r+')).toThrow('EACCES');
    expect(user.fs.readFileSync(SCOPE, 'latin1')).toBe('1\n');
  });

  it('keeps mode and owner', () => {
    expect(() => world.fs.chmodSync(SCOPE, 0o600)).toThrow('EPERM');
    expect(() => world.fs.chownSync(SCOPE, 1, 1)).toThrow('EPERM');
    world.fs.truncateSync(SCOPE);
    expect(world.fs.statSync(SCOPE).mode).toBe(0o100644);
    expect(() => world.fs.mkdirSync('/proc/sys/kernel/yama/x')).toThrow('ENOENT');
  });

  it('is not there without yama', () => {
    expect(createWorld({ lsm: '' }).fs.existsSync(SCOPE)).toBe(false);
  });
});

describe('who may trace whom', () => {
  const PR_SET_PTRACER = 0x59616d61;
  const weak = { capabilities: 0n };
  const attach = (tracer: WorldTask, target: WorldTask) => world.stack.mayAttach(target.tid, tracer.caller)?.code;
  const wish = (task: WorldTask, argument: number) => {
    const answer = world.stack.apply({ kind: 'prctl', option: PR_SET_PTRACER, argument, caller: task.caller });
    return failed(answer) ? answer.code : answer;
  };

  it('anybody in scope 0, nobody in scope 3', () => {
    const [a, b] = [world.spawn(weak), world.spawn(weak)];
    expect(attach(a, b)).toBeUndefined();
    write('3');
    expect([attach(a, b), attach(world.spawn(), b)]).toEqual(['EPERM', 'EPERM']);
    expect(world.stack.mayBeTraced(a.fork().caller)?.code).toBe('EPERM');
    expect(world.kernelLog).toContain(`ptrace attach of "init"[${b.tid}] was attempted by "init"[${a.tid}]`);
  });

  it('administrators in scope 2', () => {
    write('2');
    const [a, b] = [world.spawn(weak), world.spawn(weak)];
    expect([attach(a, b), attach(world.spawn(), b)]).toEqual(['EPERM', undefined]);
    expect(world.stack.mayBeTraced(a.fork().caller)?.code).toBe('EPERM');
    expect(world.stack.mayBeTraced(world.spawn().fork().caller)).toBeUndefined();
  });

  it('descendants in scope 1, and those that a process named', () => {
    write('1');
    const parent = world.spawn(weak);
    const child = parent.fork();
    const grandchild = child.fork();
    const other = world.spawn(weak);
    const childOfOther = other.fork();
    expect([attach(parent, grandchild), attach(child, grandchild), attach(grandchild, parent)]).toEqual([
      undefined,
      undefined,
      'EPERM',
    ]);
    expect([wish(child, 99_999), wish(child, other.tid)]).toEqual(['EINVAL', 0]);
    expect([attach(other, child), attach(childOfOther, child), attach(other, parent)]).toEqual([
      undefined,
      undefined,
      'EPERM',
    ]);
    // Of threads, the process counts; not of children.
    expect(attach(other.thread(), child.thread())).toBeUndefined();
    expect(attach(other, grandchild)).toBe('EPERM');
    expect([wish(child, 0), attach(other, child)]).toEqual([0, 'EPERM']);
    expect([wish(child, -1), attach(world.spawn(weak), child)]).toEqual([0, undefined]);
    expect(world.stack.mayBeTraced(child.caller)).toBeUndefined();
  });

  it('other options are not its own', () => {
    const { caller } = world.spawn();
    expect(world.stack.apply({ kind: 'prctl', option: 1, argument: 0, caller })).toMatchObject({ code: 'ENOSYS' });
  });
});
