import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { AccessCheck } from '../../framework/access/access.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import { createWorld } from '../../library/index.ts';

const policy = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/mediate.33', import.meta.url)),
);

function asked(checks: readonly AccessCheck[], label = 'm_u:m_r:m_strict_t:s0') {
  const world = createWorld({ lsm: 'selinux', policy, enforcing: true });
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', label);
  const before = world.audit.length;
  const answers = checks.map((check) => world.stack.access.decide([check], task.caller).refused?.code);
  const records = world.audit.slice(before).map(({ body }) => body.replace(/ pid=.*? comm=".*?"/, ''));
  return { answers, records };
}

const OWN = 'scontext=m_u:m_r:m_strict_t:s0 tcontext=m_u:m_r:m_strict_t:s0';

const KERN = 'tcontext=m_u:m_r:m_kern_t:s0-s1:c0.c5';

/** The texts are those of the recorded kernel (k-mediate-selinux-tasks), as far as it was asked. */
it('what is made without a name is asked about as the kernel does', () => {
  const { answers, records } = asked([
    { hook: 'inodeInitSecurityAnon', about: { kind: '[io_uring]' } },
    { hook: 'uringSqpoll', about: {} },
    { hook: 'bpf', about: { makes: 'map' } },
    { hook: 'bpf', about: { makes: 'program' } },
    { hook: 'bpfMap', about: { read: true, write: true } },
    { hook: 'bpfProg', about: {} },
    { hook: 'tunDevCreate', about: {} },
    { hook: 'perfEventOpen', about: { type: 'kernel' } },
    { hook: 'kernelLoadModule', about: {} },
  ]);
  expect(answers).toEqual(Array(9).fill('EACCES'));
  expect(records).toEqual([
    'avc:  denied  { create } for  anonclass=[io_uring] scontext=m_u:m_r:m_strict_t:s0 tcontext=m_u:object_r:m_strict_t:s0 tclass=anon_inode permissive=0',
    `avc:  denied  { sqpoll } for  ${OWN} tclass=io_uring permissive=0`,
    `avc:  denied  { map_create } for  ${OWN} tclass=bpf permissive=0`,
    `avc:  denied  { prog_load } for  ${OWN} tclass=bpf permissive=0`,
    `avc:  denied  { map_read map_write } for  ${OWN} tclass=bpf permissive=0`,
    `avc:  denied  { prog_run } for  ${OWN} tclass=bpf permissive=0`,
    `avc:  denied  { create } for  ${OWN} tclass=tun_socket permissive=0`,
    `avc:  denied  { kernel } for  ${OWN} tclass=perf_event permissive=0`,
    `avc:  denied  { module_load } for  ${OWN} tclass=system permissive=0`,
  ]);
});

it('an anonymous inode has the label that its maker gives it; one of the kernel has none', () => {
  const inode: FileFacts['inode'] = {
    class: 'anon_inode',
    filesystem: { type: 'anon_inodefs', id: 'anon_inodefs' },
    path: 'anon_inode:[userfaultfd]',
    ino: 7,
    uid: 0,
    gid: 0,
    xattrs: {},
  };
  const world = createWorld({ lsm: 'selinux', policy, enforcing: true });
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', 'm_u:m_r:m_strict_t:s0');
  const ask = (file: FileFacts) => {
    const check: AccessCheck = { hook: 'fileIoctl', about: { file, flags: 2, command: 0xc018aa3f } };
    return world.stack.access.decide([check], task.caller).refused?.code;
  };
  const facts = { path: inode.path, device: '0:14', mode: 0o600 };
  expect(ask({ ...facts, inode })).toBeUndefined();
  expect(ask({ ...facts, inode: { ...inode, process: task.tid, anonymous: '[userfaultfd]' } })).toBe('EACCES');
  expect(world.audit.at(-1)?.body).toContain(
    'path="anon_inode:[userfaultfd]" dev="anon_inodefs" ino=7 ioctlcmd=0xaa3f scontext=m_u:m_r:m_strict_t:s0 tcontext=m_u:object_r:m_strict_t:s0 tclass=anon_inode',
  );
});

it('credentials that an io_uring keeps have the label of who registered them', () => {
  const world = createWorld({ lsm: 'selinux', policy, enforcing: true });
  const [task, other] = [world.spawn(), world.spawn()];
  task.fs.writeFileSync('/proc/self/attr/current', 'm_u:m_r:m_strict_t:s0');
  for (const { tid } of [other, task])
    world.stack.apply({ kind: 'maker-note', tid, object: 'io_uring 5', numbered: true });
  const before = world.audit.length;
  const answers = [1, 2, 3].map((number) => {
    const about = { personality: `io_uring 5 ${number}` };
    return world.stack.access.decide([{ hook: 'uringOverrideCreds', about }], task.caller).refused?.code;
  });
  expect(answers).toEqual(['EACCES', 'EACCES', undefined]);
  const records = world.audit.slice(before).map(({ body }) => body.replace(/ pid=.*? comm=".*?"/, ''));
  expect(records).toEqual([
    `avc:  denied  { override_creds } for  scontext=m_u:m_r:m_strict_t:s0 ${KERN} tclass=io_uring permissive=0`,
    `avc:  denied  { override_creds } for  ${OWN} tclass=io_uring permissive=0`,
  ]);
});

it('a network interface has the label of who made it, then of who opened it last', () => {
  const world = createWorld({ lsm: 'selinux', policy, enforcing: true });
  const [task, other] = [world.spawn(), world.spawn()];
  task.fs.writeFileSync('/proc/self/attr/current', 'm_u:m_r:m_strict_t:s0');
  const ask = (name: string): string | undefined =>
    world.stack.access.decide([{ hook: 'tunDevOpen', about: { interface: name } }], task.caller).refused?.code;
  const before = world.audit.length;
  expect(ask('net:[1] tun0')).toBeUndefined();
  world.stack.apply({ kind: 'maker-note', tid: other.tid, object: 'net:[1] fd' });
  world.stack.apply({ kind: 'maker-note', tid: task.tid, object: 'net:[1] tun0', from: 'net:[1] fd' });
  expect(ask('net:[1] tun0')).toBe('EACCES');
  world.stack.apply({ kind: 'maker-note', tid: task.tid, object: 'net:[1] tun0' });
  expect(ask('net:[1] tun0')).toBe('EACCES');
  const asked = world.audit
    .slice(before)
    .map(({ body }) => /\{ (.*) \}.*tcontext=(\S+)/.exec(body)?.slice(1).join(' '));
  expect(asked).toEqual(['relabelfrom m_u:m_r:m_kern_t:s0-s1:c0.c5', 'relabelfrom m_u:m_r:m_strict_t:s0']);
});
