/** lsm_unshare(2) for Smack. */
import { expect, it } from 'vitest';
import { createWorld, type WorldTask } from '../../library/index.ts';

const SMACK = 102n;

function started() {
  const world = createWorld({ lsm: 'smack', profile: '2026' });
  const task = world.spawn();
  const unshare = (value: string, who: WorldTask = task): string | number => {
    const ctx = Buffer.alloc(32 + value.length);
    ctx.writeBigUInt64LE(SMACK, 0);
    ctx.writeBigUInt64LE(BigInt(ctx.length), 16);
    ctx.writeBigUInt64LE(BigInt(value.length), 24);
    ctx.write(value, 32, 'latin1');
    const result = world.stack.syscalls.unshare({ ctx, size: ctx.length, flags: 0 }, who.caller);
    return typeof result === 'number' ? result : result.code;
  };
  const current = (who: WorldTask, of = who): string => who.fs.readFileSync(`/proc/${of.tid}/attr/current`, 'latin1');
  return { world, task, unshare, current };
}

it('enters a namespace whose map the context is; children are in it, too', () => {
  const { world, task, unshare, current } = started();
  const outside = task.fork();
  expect(unshare('_ floor\nApp app')).toBe(0);
  const child = task.fork();
  expect([current(task), current(child), current(outside, child)]).toEqual(['floor', 'floor', '_']);
  child.fs.writeFileSync('/proc/self/attr/current', 'app');
  expect(current(outside, child)).toBe('App');
  expect(() => child.fs.writeFileSync('/proc/self/attr/current', 'other')).toThrow(/EBADR/);
  expect(() => task.fs.writeFileSync('/sys/fs/smackfs/load2', 'a b r')).toThrow(/EPERM/);
  expect(unshare('_ again')).toBe('EPERM');
  outside.fs.writeFileSync(`/proc/${child.tid}/attr/label_map`, 'Late late');
  expect(child.fs.readFileSync('/proc/self/attr/label_map', 'latin1')).toBe('Late -> late\nApp -> app\n_ -> floor\n');
  expect(world.fs.readFileSync(`/proc/${outside.tid}/attr/label_map`, 'latin1')).toBe('');
});

it('refuses what is no map, one without the label of the caller, and the unprivileged', () => {
  const { task, unshare, current } = started();
  expect(['', 'a', 'a b\n_ b', 'App app'].map((map) => unshare(map))).toEqual(['EINVAL', 'EINVAL', 'EEXIST', 'EACCES']);
  const user = task.fork();
  user.setIdentity({ uid: 1000 });
  expect(unshare('_ _', user)).toBe('EPERM');
  expect(current(task)).toBe('_');
});
