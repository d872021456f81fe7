import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { O_RDONLY, O_RDWR } from '../../../linux/fcntl.ts';
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import { tgidOf } from '../../../linux/ids.ts';
import { MAP_PRIVATE, PROT_EXEC, PROT_READ } from '../../../linux/mman.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import type { MappedArea, OpenFile } from '../../framework/access/file-access.ts';
import { createWorld } from '../../library/index.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/aa/mediate.bin', import.meta.url)),
);
const DESCRIPTOR = { descriptor: 3, identity: '30 7 2' };

function open(name: string, path = `/run/oracle-scratch/f/${name}`): OpenFile {
  const filesystem = { type: 'tmpfs', id: 'tmpfs' };
  const inode = { class: 'file', filesystem, path, ino: 7, uid: 0, gid: 0, xattrs: {} } as const;
  return { file: { path, device: '0:30', mode: 0o100644, inode }, flags: O_RDWR, descriptor: DESCRIPTOR };
}

/** A task of the profile, which has a descriptor open since it had `opener`. `ask`: `errno mask` of what it asks. */
function confined(opener: string | undefined, profile = 'filer') {
  const world = createWorld({ lsm: 'apparmor' });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.load', POLICY);
  const task = world.spawn();
  const become = (name: string) => task.fs.writeFileSync('/proc/self/attr/current', `changeprofile ${name}`);
  if (opener !== undefined) become(opener);
  if (opener !== profile) {
    world.stack.apply({ kind: 'descriptors', tid: task.tid, open: [DESCRIPTOR] });
    become(profile);
  }
  const ask = (check: AccessCheck): string => {
    const before = world.audit.length;
    const refused = world.stack.access.decide([check], task.caller).refused?.code ?? 'ok';
    const records = world.audit.slice(before).map(({ body }) => /operation="(\w+)".*requested_mask="(\w+)"/.exec(body));
    return [refused, ...records.map((match) => `${match?.[1]} ${match?.[2]}`)].join(' ');
  };
  return { ask, task, world };
}

const asked = (opener: string | undefined) => confined(opener).ask;

const permission = (name: string, mask: number): AccessCheck => ({
  hook: 'filePermission',
  about: { ...open(name), mask },
});
const lock = (name: string, exclusive = true): AccessCheck => ({
  hook: 'fileLock',
  about: { ...open(name), exclusive },
});
const mapped = (descriptor: number, protection: number, name = 'none'): AccessCheck => ({
  hook: 'mmapFile',
  about: { ...open(name), descriptor: { ...DESCRIPTOR, descriptor }, protection, mapFlags: MAP_PRIVATE },
});
const map = (name: string): AccessCheck => mapped(DESCRIPTOR.descriptor, PROT_READ | PROT_EXEC, name);

describe('an open file of a task under AppArmor', () => {
  it('is allowed what it was opened for by the same profile; locks and code are asked about', () => {
    const ask = asked('filer');
    expect(ask(permission('none', MAY_READ))).toBe('ok');
    expect(ask(lock('none', false))).toBe('EACCES file_lock k');
    expect(ask(lock('none'))).toBe('EACCES file_lock wk');
    expect(ask(map('none'))).toBe('EACCES file_mmap rm');
  });

  it('is not asked about reading where it is mapped already', () => {
    const ask = asked('filer');
    const protect = (name: string, protection: number): AccessCheck => {
      const { file } = open(name);
      return { hook: 'fileMprotect', about: { file, protection, mapping: { shared: false } as MappedArea } };
    };
    expect(ask(protect('x', PROT_READ))).toBe('ok');
    expect(ask(protect('r', PROT_READ | PROT_EXEC))).toBe('EACCES file_mprotect m');
  });

  it('is allowed to its mapping what it was mapped for, however often it is opened', () => {
    const { ask } = confined('filec', 'filec');
    const { file, flags } = open('none');
    const protection = PROT_READ | PROT_EXEC;
    const mapping = { shared: false } as MappedArea;
    const executable: AccessCheck = { hook: 'fileMprotect', about: { file, protection, mapping } };
    const opening: AccessCheck = { hook: 'fileOpen', about: { file, flags } };
    expect(ask(opening)).toBe('ok open wr');
    expect(ask(mapped(3, PROT_READ))).toBe('ok');
    expect(ask(executable)).toBe('ok file_mprotect rm');
    expect(ask(executable)).toBe('ok');
    expect(ask(mapped(3, protection))).toBe('ok');
    expect(ask(opening)).toBe('ok open wr');
    expect(ask(executable)).toBe('ok');
    expect(ask(mapped(4, PROT_READ))).toBe('ok');
    expect(ask(executable)).toBe('ok file_mprotect rm');
  });

  it('is remembered by 64 descriptors: dup(2) makes more', () => {
    const { ask } = confined('filec', 'filec');
    const copies = Array.from({ length: 64 }, (_, copy) => mapped(4 + copy, PROT_READ | PROT_EXEC));
    const asks = (): string[] => [map('none'), ...copies].map(ask).filter((answer) => answer !== 'ok');
    expect(asks()).toHaveLength(65);
    expect(ask(map('none'))).toBe('ok file_mmap rm');
    expect(copies.slice(1).map(ask)).toEqual(Array(63).fill('ok'));
  });

  it('is asked about anew when another profile has opened it', () => {
    const ask = asked('wide');
    expect(ask(permission('none', MAY_READ))).toBe('EACCES file_perm r');
    expect(ask(permission('none', MAY_WRITE))).toBe('EACCES file_perm w');
    expect(ask(permission('rw', MAY_READ))).toBe('ok');
    expect(ask({ hook: 'fileReceive', about: { ...open('none'), sender: { process: tgidOf(0) } } })).toBe('ok');
  });

  it('is free when nobody confined has opened it', () => {
    const ask = asked(undefined);
    expect([permission('none', MAY_WRITE), lock('none'), map('none')].map(ask)).toEqual(['ok', 'ok', 'ok']);
  });

  it('is asked about by who serves it, where that is the daemon', () => {
    const ask = asked('filer');
    const { file } = open('none');
    const checks = (served: object): AccessCheck[] => [
      { hook: 'fileOpen', about: { file: { ...file, ...served }, flags: O_RDWR } },
      { hook: 'pathChmod', about: { file: { ...file, ...served } } },
      { hook: 'pathMkdir', about: { directory: { ...file, ...served }, made: { class: 'dir', name: 'new' } } },
    ];
    expect(checks({}).map(ask)).toEqual(['EACCES open wr', 'EACCES chmod w', 'EACCES mkdir c']);
    expect(checks({ served: true }).map(ask)).toEqual(['ok', 'ok', 'ok']);
  });

  it('is judged by the name that it had, where it has none any more', () => {
    const ask = asked('filer');
    const { file } = open('rw');
    const gone = { ...file, path: `${file.path} (deleted)` };
    expect(ask({ hook: 'pathChmod', about: { file: gone } })).toBe('ok');
    expect(ask({ hook: 'pathChmod', about: { file: open('rw (deleted)').file } })).toBe('EACCES chmod w');
  });

  it('gets no other name where its name is gone and the flags of the profile do not say that it counts', () => {
    const { ask, task } = confined('filer');
    const { file } = open('', '/run/oracle-scratch/all/f');
    const gone = { ...file, path: `${file.path} (deleted)` };
    const about = { file: gone, directory: { ...file, path: '/run/oracle-scratch/all' }, name: 'new' };
    expect(ask({ hook: 'pathLink', about })).toBe('ok');
    task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile filed');
    expect(ask({ hook: 'pathLink', about })).toBe('ENOENT link l link l');
    expect(ask({ hook: 'pathLink', about: { ...about, file } })).toBe('ok');
  });

  it('is the root folder to a profile that connects paths, where it is a namespace', () => {
    const { ask, task } = confined('filer');
    const { file } = open('', 'ipc:[7]');
    const inode = { ...file.inode, filesystem: { type: 'nsfs', id: 'nsfs' } };
    const check: AccessCheck = { hook: 'fileOpen', about: { file: { ...file, inode }, flags: O_RDONLY } };
    expect(ask(check)).toBe('EACCES open r');
    task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile filed');
    expect(ask(check)).toBe('ok');
  });

  it('has no path where it is a pipe or in memory', () => {
    const ask = asked('filer');
    expect(ask({ hook: 'pathChmod', about: { file: open('', 'pipe:[7]').file } })).toBe('ok');
    for (const path of ['pipe:[7]', '/memfd:m (deleted)'])
      expect(ask({ hook: 'fileLock', about: { ...open('', path), exclusive: true } })).toBe('ok');
  });

  it('is not that of a process which had the same id', () => {
    const { ask, task, world } = confined('filer');
    expect(ask(lock('rwk'))).toBe('ok');
    // The same file with another name: what is allowed already is not asked about.
    expect(ask(lock('none'))).toBe('ok');
    world.stack.apply({ kind: 'exit', tid: task.tid });
    world.stack.apply({ kind: 'enter', task: { tid: task.tid, tgid: tgidOf(task.tid) } });
    task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile filer');
    expect(ask(lock('none'))).toBe('EACCES file_lock wk');
  });
});
