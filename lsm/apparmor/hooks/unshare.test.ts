import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { createWorld, type WorldTask } from '../../library/index.ts';
import type { World } from '../../library/world.ts';
import { stream } from '../policy/testing/policies.ts';
import { W } from '../policy/testing/serialise.ts';

const APPARMOR = '/sys/kernel/security/apparmor';
const NAMESPACES = `${APPARMOR}/policy/namespaces`;
const CURRENT = '/proc/self/attr/apparmor/current';

/** Accept word of a rule change_profile. */
const CHANGE_PROFILE = 0x80000000;

const booted = () => createWorld({ lsm: 'apparmor', profile: '2026' });

function unshare(world: World, task: WorldTask, value = ''): number | string {
  const ctx = Buffer.alloc(32 + value.length);
  ctx.writeBigUInt64LE(104n, 0);
  ctx.writeBigUInt64LE(BigInt(ctx.length), 16);
  ctx.writeBigUInt64LE(BigInt(value.length), 24);
  ctx.write(value, 32);
  const result = world.stack.syscalls.unshare({ ctx, size: ctx.length, flags: 0 }, task.caller);
  return failed(result) ? result.code : result;
}

const label = (by: WorldTask, of = by) => by.fs.readFileSync(`/proc/${of.tid}/attr/apparmor/current`, 'utf8');

const made = (world: World) => world.fs.readdirSync(NAMESPACES);

/** A profile that has CAP_MAC_ADMIN and may become what these texts say. */
function administrator(name: string, texts: readonly string[], mode = 0): Buffer {
  const late = [W.name('caps64'), W.struct, W.u32(2), W.u32(0), W.u32(0), W.u32(0), W.structEnd];
  return stream({ name, mode, late, file: Object.fromEntries(texts.map((text) => [text, CHANGE_PROFILE])) });
}

function confined(world: World, name: string): WorldTask {
  const task = world.spawn();
  task.fs.writeFileSync(CURRENT, `changeprofile ${name}`);
  return task;
}

describe('lsm_unshare', () => {
  it('confines the caller by a new namespace, whose policy alone it sees', () => {
    const world = booted();
    const outside = world.spawn();
    const task = world.spawn();
    const sibling = task.thread();
    world.fs.writeFileSync(`${APPARMOR}/.load`, stream({ name: 'host' }));
    expect(unshare(world, task)).toBe(0);
    expect([label(task), label(outside, task)]).toEqual(['unconfined\n', 'unconfined//&:unshare-1:unconfined\n']);
    expect([label(sibling), made(world)]).toEqual(['unconfined\n', ['unshare-1']]);
    expect(() => label(task, outside)).toThrow('EACCES');
    task.fs.writeFileSync(`${APPARMOR}/.load`, stream({ name: 'inside' }));
    expect(() => task.fs.writeFileSync(CURRENT, 'changeprofile host')).toThrow('ENOENT');
    expect(() => outside.fs.writeFileSync(CURRENT, 'changeprofile inside')).toThrow('ENOENT');
    const child = task.fork();
    task.fs.writeFileSync(CURRENT, 'changeprofile inside');
    expect(label(outside, task)).toBe('unconfined//&:unshare-1:inside (enforce)\n');
    expect([label(child), label(outside, child)]).toEqual(['unconfined\n', 'unconfined//&:unshare-1:unconfined\n']);
  });

  it('goes deeper until there is no level left, and takes a free name', () => {
    const world = booted();
    world.fs.mkdirSync(`${NAMESPACES}/unshare-1`);
    const task = world.spawn();
    expect([unshare(world, task), made(world).sort()]).toEqual([0, ['unshare-1', 'unshare-2']]);
    const results = Array.from({ length: 33 }, () => unshare(world, task));
    expect(results.slice(0, 32)).toEqual(new Array(32).fill(0));
    expect([results.at(-1), label(task)]).toEqual(['ENOSPC', 'unconfined\n']);
  });

  it('keeps the profile of the caller in force, which must let it', () => {
    const world = booted();
    const load = (profile: Buffer) => world.fs.writeFileSync(`${APPARMOR}/.load`, profile);
    load(administrator('may', ['&:unshare-1:unconfined']));
    load(administrator('may-not', []));
    load(stream({ name: 'no-admin', file: { '&:unshare-1:unconfined': CHANGE_PROFILE } }));
    const outside = world.spawn();
    const refused = confined(world, 'may-not');
    expect([unshare(world, refused), made(world), label(outside, refused)]).toEqual([
      'EACCES',
      [],
      'may-not (enforce)\n',
    ]);
    expect(world.audit.at(-1)?.body).toContain('operation="stack"');
    const poor = confined(world, 'no-admin');
    expect([unshare(world, poor), made(world), label(outside, poor)]).toEqual(['EACCES', [], 'no-admin (enforce)\n']);
    expect(world.audit.at(-1)?.body).toContain('info="not policy admin"');
    const task = confined(world, 'may');
    expect([unshare(world, task), label(outside, task)]).toEqual([0, 'may//&:unshare-1:unconfined (enforce)\n']);
  });

  it('is for who may manage policy, and takes no value', () => {
    const world = booted();
    const user = world.spawn({ uid: 1000, gid: 1000 });
    expect([unshare(world, user), made(world), label(user)]).toEqual(['EACCES', [], 'unconfined\n']);
    expect([unshare(world, world.spawn(), 'web'), made(world)]).toEqual(['EINVAL', []]);
  });

  it('cannot go on from a namespace that was removed', () => {
    const world = booted();
    const task = world.spawn();
    expect(unshare(world, task)).toBe(0);
    world.fs.rmdirSync(`${NAMESPACES}/unshare-1`);
    expect([unshare(world, task), made(world)]).toEqual(['ENOENT', []]);
    const other = world.spawn();
    expect([unshare(world, other), made(world)]).toEqual([0, ['unshare-2']]);
  });
});
