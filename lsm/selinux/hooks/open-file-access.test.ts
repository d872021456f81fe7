import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { F_GETSIG, F_SETFL, F_SETLK, F_SETOWN, O_APPEND, O_RDWR } from '../../../linux/fcntl.ts';
import { MAY_READ } from '../../../linux/fs.ts';
import { MAP_PRIVATE, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../linux/mman.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import type { MappedArea } from '../../framework/access/file-access.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import { createWorld, KERNEL_BUILDS, type WorldOptions } from '../../library/index.ts';

const policy = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/mediate.33', import.meta.url)),
);

function file(type: string): FileFacts {
  const filesystem = { type: 'tmpfs', id: 'tmpfs' };
  const xattrs = { 'security.selinux': `m_u:object_r:${type}:s0\0` };
  const path = `/d/${type}`;
  return {
    path,
    device: '0:30',
    mode: 0o100644,
    inode: { class: 'file', filesystem, path, ino: 7, uid: 0, gid: 0, xattrs },
  };
}

/** What a confined task is refused: the permissions in its records. */
function asked(options: Partial<WorldOptions> = {}) {
  const world = createWorld({ lsm: 'selinux', policy, enforcing: true, ...options });
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', 'm_u:m_r:m_strict_t:s0');
  return (check: AccessCheck): string => {
    const before = world.audit.length;
    const refused = world.stack.access.decide([check], task.caller).refused?.code ?? 'ok';
    const records = world.audit
      .slice(before)
      .map(({ body }) => /\{ (.*?) \}.*tclass=(\S+)/.exec(body)?.slice(1).join(' '));
    return [refused, ...records].join(' ');
  };
}

const map = (protection: number, mapFlags: number, of?: FileFacts): AccessCheck => ({
  hook: 'mmapFile',
  about: { protection, mapFlags, ...(of && { file: of }) },
});
const area: MappedArea = { executable: false, shared: false, copied: false };
const protect = (mapping: MappedArea, of?: FileFacts, protection = PROT_READ | PROT_EXEC): AccessCheck => ({
  hook: 'fileMprotect',
  about: { protection, mapping, ...(of && { file: of }) },
});

describe('memory of a task of SELinux', () => {
  it('may be executable where the policy says so, by what it is made of', () => {
    const refused = asked();
    expect(refused(map(PROT_READ | PROT_WRITE, MAP_PRIVATE))).toBe('ok');
    expect(refused(map(PROT_EXEC, MAP_PRIVATE))).toBe('EACCES execmem process');
    expect(refused(map(PROT_READ, MAP_SHARED, file('m_f0_t')))).toBe('EACCES map file');
    expect(refused(protect({ ...area, use: 'heap' }))).toBe('EACCES execheap process');
    expect(refused(protect({ ...area, use: 'stack' }))).toBe('EACCES execstack process');
    expect(refused(protect({ ...area, copied: true }, file('m_fwx_t')))).toBe('EACCES execmod file');
    expect(refused(protect({ ...area, executable: true, copied: true }, file('m_fwx_t')))).toBe('ok');
  });

  it('is executable anyway on kernels whose data are', () => {
    const refused = asked({ build: KERNEL_BUILDS.uml });
    expect(refused(map(PROT_EXEC, MAP_PRIVATE))).toBe('ok');
    expect(refused(protect({ ...area, use: 'heap' }))).toBe('ok');
    expect(refused(map(PROT_READ, MAP_SHARED, file('m_f0_t')))).toBe('EACCES map file');
  });
});

describe('an open file of a task of SELinux', () => {
  const fcntl = (command: number, argument = 0, flags = 0): AccessCheck => ({
    hook: 'fileFcntl',
    about: { file: file('m_f0_t'), command, argument, flags },
  });

  it('is asked about by fcntl(2) for locks, and when appending ends', () => {
    const refused = asked();
    expect(refused(fcntl(F_SETLK))).toBe('EACCES lock file');
    expect(refused(fcntl(F_SETOWN))).toBe('ok');
    expect(refused(fcntl(F_GETSIG))).toBe('ok');
    expect(refused(fcntl(F_SETFL, O_APPEND, O_APPEND))).toBe('ok');
    expect(refused(fcntl(F_SETFL, 0, O_APPEND))).toBe('EACCES write file');
  });

  it('is asked about by ioctl(2), which is named in the record', () => {
    const world = createWorld({ lsm: 'selinux', policy, enforcing: false });
    const task = world.spawn();
    task.fs.writeFileSync('/proc/self/attr/current', 'm_u:m_r:m_strict_t:s0');
    const decide = (command: number) =>
      world.stack.access.decide(
        [{ hook: 'fileIoctl', about: { file: file('m_f0_t'), flags: 0, command } }],
        task.caller,
      );
    const before = world.audit.length;
    for (const command of [0x5421, 0x541b, 0x40041234, 0x40041234]) decide(command);
    expect(
      world.audit.slice(before).map(({ body }) => /\{ (.*?) \}.*ino=7(.*?) scontext/.exec(body)?.slice(1)),
    ).toEqual([
      ['getattr', ''],
      ['ioctl', ' ioctlcmd=0x1234'],
    ]);
  });

  it('may be used by who may use what others have opened', () => {
    const world = createWorld({ lsm: 'selinux', policy, enforcing: true });
    const task = world.spawn();
    const become = (type: string) => task.fs.writeFileSync('/proc/self/attr/current', `m_u:m_r:${type}:s0`);
    become('m_all_t');
    const descriptor = { descriptor: 3, identity: '30 7 2' };
    world.stack.apply({ kind: 'descriptors', tid: task.tid, open: [descriptor] });
    become('m_strict_t');
    const ask = (more: { readonly descriptor?: typeof descriptor }): string => {
      const before = world.audit.length;
      const about = { file: file('m_frw_t'), flags: O_RDWR, mask: MAY_READ, ...more };
      const refused = world.stack.access.decide([{ hook: 'filePermission', about }], task.caller).refused?.code;
      return `${refused} ${world.audit.slice(before).map(({ body }) => /\{ (.*) \}.*tcontext=(\S+) tclass=fd/.exec(body)?.slice(1))}`;
    };
    expect(ask({ descriptor })).toBe('EACCES use,m_u:m_r:m_all_t:s0');
    expect(ask({})).toBe('undefined ');
  });
});
