import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { O_RDWR } from '../../../linux/fcntl.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import { createWorld } from '../../library/index.ts';
import { inMode } from '../policy/testing/modes.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/aa/mediate.bin', import.meta.url)),
);

/** What a task of this profile is answered, and records without pid and name of the program. */
function asked(profile: string, check: AccessCheck, policy: Uint8Array = POLICY): string[] {
  const world = createWorld({ lsm: 'apparmor' });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.load', policy);
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', `changeprofile ${profile}`);
  const before = world.audit.length;
  const refused = world.stack.access.decide([check], task.caller).refused?.code ?? 'ok';
  return [refused, ...world.audit.slice(before).map(({ body }) => body.replace(/ pid=\d+ comm="[^"]*"/, ''))];
}

it('a thread of the kernel that serves an io_uring needs a rule', () => {
  expect(asked('filer', { hook: 'uringSqpoll', about: {} })).toEqual([
    'EACCES',
    'apparmor="DENIED" operation="uring_sqpoll" class="io_uring" profile="filer" requested="sqpoll" denied="sqpoll"',
  ]);
});

it('credentials that an io_uring keeps need a rule about the label of who registered them', () => {
  const world = createWorld({ lsm: 'apparmor' });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.load', POLICY);
  const [task, other] = [world.spawn(), world.spawn()];
  world.stack.apply({ kind: 'maker-note', tid: other.tid, object: 'io_uring 5', numbered: true });
  task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile filer');
  const ask = (number: number): string | undefined => {
    const about = { personality: `io_uring 5 ${number}` };
    return world.stack.access.decide([{ hook: 'uringOverrideCreds', about }], task.caller).refused?.code;
  };
  const before = world.audit.length;
  expect([ask(1), ask(2)]).toEqual(['EACCES', undefined]);
  expect(world.audit.slice(before).map(({ body }) => body.replace(/ pid=\d+ comm="[^"]*"/, ''))).toEqual([
    [
      'apparmor="DENIED" operation="uring_override" class="io_uring" profile="filer"',
      'requested="override_creds" denied="override_creds" tcontext="unconfined"',
    ].join(' '),
  ]);
});

it('a profile in unconfined mode has a say in threads that serve an io_uring, not in user namespaces and sockets', () => {
  const ask = (check: AccessCheck) => asked('filer', check, inMode(POLICY, 'filer', 'unconfined'));
  expect(ask({ hook: 'uringSqpoll', about: {} })).toEqual([
    'EACCES',
    'apparmor="DENIED" operation="uring_sqpoll" class="io_uring" profile="filer" requested="sqpoll" denied="sqpoll"',
  ]);
  expect(ask({ hook: 'usernsCreate', about: {} })).toEqual(['ok']);
  expect(ask({ hook: 'socketCreate', about: { family: 2, type: 1, protocol: 0 } })).toEqual(['ok']);
});

it('a file in memory is opened again whatever the rules say', () => {
  const inode = {
    class: 'file',
    filesystem: { type: 'tmpfs', id: 'tmpfs' },
    ino: 7,
    uid: 0,
    gid: 0,
    xattrs: {},
  } as const;
  const opening = (path: string): AccessCheck => {
    const file = { path, device: '0:30', mode: 0o100777, inode: { ...inode, path } };
    return { hook: 'fileOpen', about: { file, flags: O_RDWR } };
  };
  expect(asked('filer', opening('/memfd:one (deleted)'))).toEqual(['ok']);
  expect(asked('filer', opening('/nowhere'))[0]).toBe('EACCES');
});
