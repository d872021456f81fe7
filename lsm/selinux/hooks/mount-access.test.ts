import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MS_BIND, MS_REMOUNT } from '../../../linux/mount.ts';
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
  ];
  const answers = checks.map((check) => world.stack.access.decide([check], task.caller).refused?.code);
  expect(answers).toEqual(['EACCES', 'EACCES', 'EACCES', 'EACCES']);
  const asked = world.audit.slice(before).map(({ body }) => /\{ (.*?) \}.*tclass=(\S+)/.exec(body)?.slice(1).join(' '));
  expect(asked).toEqual(['mounton dir', 'mounton dir', 'remount filesystem', 'unmount filesystem']);
});
