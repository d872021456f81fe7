import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MS_BIND, MS_REMOUNT } from '../../../linux/mount.ts';
import { Q } from '../../../linux/quota.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import { createWorld } from '../../library/index.ts';

const policy = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/mediate.33', import.meta.url)),
);

const filesystem = { type: 'tmpfs', id: 'tmpfs' };
const xattrs = { 'security.selinux': 'm_u:object_r:m_f0_t:s0\0' };
const at: FileFacts = {
  path: '/d',
  device: '0:30',
  mode: 0o040755,
  inode: { class: 'dir', filesystem, path: '/d', ino: 7, uid: 0, gid: 0, xattrs },
};

it('mounting asks about the mount point, remounting and unmounting about the filesystem', () => {
  const world = createWorld({ lsm: 'selinux', policy, enforcing: true });
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', 'm_u:m_r:m_strict_t:s0');
  const before = world.audit.length;
  const checks: AccessCheck[] = [
    { hook: 'sbMount', about: { at, flags: MS_BIND } },
    { hook: 'moveMount', about: { to: at } },
    { hook: 'sbMount', about: { at, flags: MS_REMOUNT } },
    { hook: 'sbUmount', about: { root: at } },
    { hook: 'sbKernMount', about: { filesystem } },
    { hook: 'quotactl', about: { file: at, command: Q.SETQUOTA } },
    { hook: 'quotactl', about: { file: at, command: Q.GETFMT } },
    { hook: 'quotactl', about: { file: at, command: 0 } },
  ];
  const answers = checks.map((check) => world.stack.access.decide([check], task.caller).refused?.code);
  expect(answers).toEqual([...Array(7).fill('EACCES'), undefined]);
  const asked = world.audit.slice(before).map(({ body }) => /\{ (.*?) \}.*tclass=(\S+)/.exec(body)?.slice(1).join(' '));
  const made = world.audit.slice(before).find(({ body }) => body.includes('{ mount }'));
  expect(made?.body).toContain('name="/" dev="tmpfs" ino=1 ');
  const ofFilesystem = ['remount', 'unmount', 'mount', 'quotamod', 'quotaget'];
  expect(asked).toEqual(['mounton dir', 'mounton dir', ...ofFilesystem.map((name) => `${name} filesystem`)]);
});

it('looking at a filesystem is recorded as the kernel does (k-mediate-selinux-files), by its root', () => {
  const world = createWorld({ lsm: 'selinux', policy, enforcing: true });
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', 'm_u:m_r:m_lax_t:s0');
  const ask = (file: FileFacts) => {
    const before = world.audit.length;
    world.stack.access.decide([{ hook: 'sbStatfs', about: { file, root: 7 } }], task.caller);
    return world.audit.slice(before).map(({ body }) => body.replace(/ pid=.*? comm=".*?"/, ''));
  };
  expect(ask(at)).toEqual([
    expect.stringMatching(
      /^avc: {2}denied {2}\{ getattr \} for {2}name="\/" dev="tmpfs" ino=7 .* tclass=filesystem permissive=1$/,
    ),
  ]);
});

it('a watch of a filesystem asks about that first', () => {
  const watched = (label: string, of?: 'superblock') => {
    const world = createWorld({ lsm: 'selinux', policy, enforcing: label.includes('strict') });
    const task = world.spawn();
    task.fs.writeFileSync('/proc/self/attr/current', label);
    const before = world.audit.length;
    world.stack.access.decide([{ hook: 'pathNotify', about: { file: at, mask: 2, ...(of && { of }) } }], task.caller);
    return world.audit
      .slice(before)
      .map(({ body }) => /\{ (.*?) \}.* path="\/d" .*tclass=(\S+)/.exec(body)?.slice(1).join(' '));
  };
  expect(watched('m_u:m_r:m_strict_t:s0')).toEqual(['watch dir']);
  expect(watched('m_u:m_r:m_strict_t:s0', 'superblock')).toEqual(['watch filesystem']);
});
