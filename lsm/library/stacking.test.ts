/** SELinux and AppArmor in one stack: which of them the shared interfaces mean, and who may choose. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { smallPolicy } from '../../test/selinux/policies.ts';
import { textsDfa } from '../apparmor/policy/testing/policies.ts';
import { alignedDfa, profileStream, W } from '../apparmor/policy/testing/serialise.ts';
import { inspectStack } from '../framework/inspection/inspect-stack.ts';
import { createWorld, type World, type WorldTask } from './index.ts';

const APPARMOR = '/sys/kernel/security/apparmor';
/** A profile that allows everything. */
const WIDE = new URL('../../test/conformance/scenarios/data/aa/wide.bin', import.meta.url);

/** Reading and writing, by owner and others: accept word of file rules. */
const READ_WRITE = 6 | (6 << 14);

/**
 * A profile whose rules are about the choice of a default module only: `allow` = accept word. The first task may open
 * what it chooses with.
 */
function displayProfile(name: string, allow: number, mode = 0): Uint8Array {
  const empty = profileStream({ name, mode });
  const head = Buffer.concat([W.name('policydb'), W.struct]);
  const rules = alignedDfa(empty.length - 1 + head.length, textsDfa({ '\x11': allow }));
  const file = textsDfa({ '/proc/100/attr/display': READ_WRITE });
  return profileStream({ name, mode, late: [head, rules, W.structEnd], file });
}

function boot(lsm: string, options: { enforcing?: boolean } = {}): World {
  const world = createWorld({ lsm, ...options });
  if (lsm.includes('selinux')) world.fs.writeFileSync('/sys/fs/selinux/load', smallPolicy('display.33'));
  if (lsm.includes('apparmor')) world.fs.writeFileSync(`${APPARMOR}/.load`, readFileSync(WIDE));
  return world;
}

const read = ({ fs }: WorldTask, name: string): string => fs.readFileSync(`/proc/self/attr/${name}`, 'latin1');

/** @returns the code of the error. */
function write({ fs }: WorldTask, name: string, text: string): string | undefined {
  try {
    fs.writeFileSync(`/proc/self/attr/${name}`, text);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

describe.each([
  ['selinux,apparmor', 'u:r:kernel_t\0', 'selinux'],
  ['apparmor,selinux', 'unconfined\n', 'apparmor'],
])('%s', (lsm, first, name) => {
  it('plain files mean the first until the task chooses', () => {
    const task = boot(lsm).spawn();
    expect(read(task, 'current')).toBe(first);
    expect(read(task, 'display')).toBe(name);
    expect(read(task, 'selinux/current')).toBe('u:r:kernel_t\0');
    expect(read(task, 'apparmor/current')).toBe('unconfined\n');
    const child = task.fork();
    expect(write(child, 'interface_lsm', 'apparmor')).toBeUndefined();
    expect(read(child, 'current')).toBe('unconfined\n');
    expect(write(child, 'display_lsm', 'selinux')).toBeUndefined();
    expect(read(child, 'current')).toBe('u:r:kernel_t\0');
    expect(read(task, 'display')).toBe(name);
    expect(write(child, 'display', 'yama')).toBe('EINVAL');
  });

  it('a write goes where a read comes from', () => {
    const task = boot(lsm).spawn();
    write(task, 'display', 'apparmor');
    expect(write(task, 'current', 'changeprofile wide')).toBeUndefined();
    write(task, 'display', 'selinux');
    expect(write(task, 'current', 'u:r:free_t')).toBeUndefined();
    expect(read(task, 'selinux/current')).toBe('u:r:free_t\0');
    expect(read(task, 'apparmor/current')).toBe('wide (enforce)\n');
  });

  it('the compound label has both, without decoration, in order', () => {
    const task = boot(lsm).spawn();
    write(task, 'apparmor/current', 'changeprofile wide');
    const parts = { selinux: 'selinux\0u:r:kernel_t\0', apparmor: 'apparmor\0wide\0' };
    const [one, two] = lsm.split(',') as ('selinux' | 'apparmor')[];
    expect(read(task, 'context')).toBe(parts[one ?? 'selinux'] + parts[two ?? 'selinux']);
  });

  it('peers have the label of when the sockets were there', () => {
    const world = boot(lsm);
    const { peers } = world.stack;
    const [client, server] = [world.spawn(), world.spawn()];
    world.stack.apply({ kind: 'sockets', tid: client.tid, sockets: [{ socket: 5, peer: 6 }] });
    write(client, 'selinux/current', 'u:r:free_t');
    write(client, 'apparmor/current', 'changeprofile wide');
    const label = (socket: number, peer: number) => {
      const value = peers.label({ socket, peer, connector: client.caller.tgid }, server.caller);
      return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value.code;
    };
    write(server, 'display', 'apparmor');
    expect([label(6, 5), label(8, 7)]).toEqual(['unconfined', 'wide (enforce)']);
    write(server, 'display', 'selinux');
    expect([label(6, 5), label(8, 7)]).toEqual(['u:r:kernel_t\0', 'u:r:free_t\0']);
  });
});

describe('who may choose', () => {
  const enforcing = (type: string): [World, WorldTask] => {
    const world = boot('selinux,apparmor');
    const task = world.spawn();
    write(task, 'selinux/current', `u:r:${type}`);
    world.fs.writeFileSync('/sys/fs/selinux/enforce', '1');
    return [world, task];
  };

  it.each([
    ['free_t', undefined, 0],
    ['bound_t', 'EACCES', 1],
    ['lax_t', undefined, 1],
  ])('SELinux asks the permission that the policy has: %s', (type, expected, records) => {
    const [world, task] = enforcing(type);
    const before = world.audit.length;
    expect(write(task, 'display', 'apparmor')).toBe(expected);
    const logged = world.audit.slice(before);
    expect(logged).toHaveLength(records);
    if (records > 0) {
      expect(logged[0]?.body).toBe(
        `avc:  denied  { setdisplay } for  pid=${task.tid} comm="init" scontext=u:r:${type} tcontext=u:r:${type} tclass=process2 permissive=${type === 'lax_t' ? 1 : 0}`,
      );
    }
    expect(read(task, 'display')).toBe(expected === undefined ? 'apparmor' : 'selinux');
  });

  it('a policy without such a permission, or none at all, has nothing against it', () => {
    const world = createWorld({ lsm: 'selinux', enforcing: true });
    const task = world.spawn();
    expect(write(task, 'display', 'selinux')).toBeUndefined();
    world.fs.writeFileSync('/sys/fs/selinux/load', smallPolicy('mini.33'));
    expect(write(task, 'display', 'selinux')).toBeUndefined();
  });

  it.each([
    ['allowing', 2, 0, undefined, []],
    ['refusing', 4, 0, 'EACCES', ['DENIED']],
    ['learning', 4, 1, undefined, ['ALLOWED']],
  ])('AppArmor asks the rules of the profile, where there are any: %s', (name, allow, mode, expected, records) => {
    const world = boot('apparmor,selinux');
    world.fs.writeFileSync(`${APPARMOR}/.load`, displayProfile(name, allow, mode));
    const task = world.spawn();
    write(task, 'selinux/current', 'u:r:free_t');
    write(task, 'apparmor/current', `changeprofile ${name}`);
    const before = world.audit.length;
    expect(write(task, 'display', 'selinux')).toBe(expected);
    const line = (type: string) =>
      `apparmor="${type}" operation="setprocattr" info="set interface lsm" error=-13 profile="${name}" pid=${task.tid} comm="init"`;
    expect(world.audit.slice(before).map(({ body }) => body)).toEqual(records.map(line));
  });

  it('the first that refuses is the only one that logs', () => {
    const world = boot('apparmor,selinux');
    world.fs.writeFileSync(`${APPARMOR}/.load`, displayProfile('refusing', 4));
    const task = world.spawn();
    write(task, 'selinux/current', 'u:r:bound_t');
    write(task, 'apparmor/current', 'changeprofile refusing');
    world.fs.writeFileSync('/sys/fs/selinux/enforce', '1');
    const before = world.audit.length;
    expect(write(task, 'display', 'selinux')).toBe('EACCES');
    expect(world.audit.slice(before).map(({ body }) => body.slice(0, 17))).toEqual(['apparmor="DENIED"']);
  });
});

describe('system calls with two labelling modules', () => {
  const get = (world: World, task: WorldTask, attr: number) =>
    world.stack.syscalls.getSelfAttr({ attr, ctxPresent: true, size: 4096, flags: 0 }, task.caller);

  it('current has both', () => {
    const world = boot('selinux,apparmor');
    const answer = get(world, world.spawn(), 100);
    expect(answer).toMatchObject({ result: 2, size: 48 + 48 });
    expect(Buffer.from(answer.data ?? []).readBigUInt64LE(24)).toBe(13n); // u:r:kernel_t and its NUL
    expect(Buffer.from(answer.data ?? []).readBigUInt64LE(48 + 24)).toBe(10n); // unconfined
  });

  it('exec fails as a whole while AppArmor has none; the size stays', () => {
    const world = boot('selinux,apparmor');
    const task = world.spawn();
    expect(get(world, task, 101)).toMatchObject({ result: { code: 'ENOENT' } });
    expect(get(world, task, 101).size).toBeUndefined();
    write(task, 'apparmor/exec', 'exec wide');
    expect(get(world, task, 101)).toMatchObject({ result: 2, size: 32 + 48 });
  });
});

it('an inspection shows the namespaces, claims and labels of both', () => {
  const world = boot('apparmor,selinux');
  const task = world.spawn();
  world.fs.mkdirSync(`${APPARMOR}/policy/namespaces/box`);
  write(task, 'apparmor/current', 'changeprofile wide');
  const { modules, claims, secids, tasks } = inspectStack(world.stack, ({ tid }) => tid === task.tid);
  expect(modules.filter(({ namespaces }) => namespaces)).toEqual([
    {
      name: 'apparmor',
      id: 104,
      namespaces: [
        { name: 'root', depth: 0, tasks: 1, profiles: 1 },
        { name: 'box', depth: 1, tasks: 0, profiles: 0 },
      ],
    },
    {
      name: 'selinux',
      id: 101,
      namespaces: [{ name: 'init', depth: 0, tasks: 1, mode: 'permissive', policyLoaded: true }],
    },
  ]);
  expect(claims).toEqual({ secmark: 'apparmor', netlabel: 'selinux' });
  const labels = { apparmor: 'wide (enforce)', selinux: 'u:r:kernel_t' };
  expect(tasks).toEqual([{ tid: task.tid, tgid: task.tid, secid: 0x10000, labels, defaultModule: 'apparmor' }]);
  expect(secids).toEqual([{ secid: 0x10000, labels }]);
});

it('a SELinux namespace has numbers of its own, and is drawn inside the one it was made in', () => {
  const world = boot('selinux,apparmor');
  const [inside, outside, first] = [world.spawn(), world.spawn(), world.spawn()];
  outside.exec({ path: '/bin/sh' });
  inside.fs.writeFileSync('/sys/fs/selinux/unshare', '1');
  const { modules, tasks, secids } = inspectStack(world.stack);
  const of = ({ tid }: WorldTask) => tasks.find((task) => task.tid === tid);
  expect(modules.find(({ name }) => name === 'selinux')?.namespaces).toMatchObject([
    { name: 'init', depth: 0, tasks: 2, policyLoaded: true },
    { depth: 1, tasks: 1, mode: 'permissive', policyLoaded: false },
  ]);
  expect(of(inside)?.labels.selinux).toBe('kernel');
  expect(of(outside)?.labels.selinux).toBe('u:r:kernel_t');
  expect(of(first)?.secid).toBe(of(outside)?.secid); // init and kernel have one context in this policy
  expect(secids.map(({ labels }) => labels.selinux).sort()).toEqual(['kernel', 'u:r:kernel_t']);
});
