import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MAY_ACCESS, MAY_APPEND, MAY_EXEC, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import type { InodeClass } from '../../framework/files/inode.ts';
import { createWorld, type World } from '../../library/index.ts';

const policy = (name: string): Uint8Array =>
  Uint8Array.from(readFileSync(new URL(`../../../test/data/policies/${name}`, import.meta.url)));

function file(type: string, name: string, objectClass: InodeClass = 'file'): FileFacts {
  const path = `/d/${name}`;
  const filesystem = { type: 'tmpfs', id: 'tmpfs' };
  const xattrs = { 'security.selinux': `u:object_r:${type}:s0\0` };
  return {
    path,
    device: '0:30',
    mode: 0o100644,
    inode: { class: objectClass, filesystem, path, ino: 7, uid: 0, gid: 0, xattrs },
  };
}

/** A world with the policy, enforcing, and what a task of this type is answered. */
function asked(type: string, world = createWorld({ lsm: 'selinux', policy: policy('mediation.33'), enforcing: true })) {
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', `u:r:${type}:s0`);
  const avcs = (): string[] =>
    world.audit
      .filter(({ type: number }) => number === 1400)
      .map(({ body }) => body.replace(/ pid=.*? comm=".*?"/, ''));
  const before = avcs().length;
  return {
    world,
    subject: () => world.stack.access.subject(task.caller).text,
    decide: (...checks: AccessCheck[]) => world.stack.access.decide(checks, task.caller),
    refused: (...checks: AccessCheck[]) => world.stack.access.decide(checks, task.caller).refused?.code,
    records: () => avcs().slice(before),
  };
}

const permission = (about: FileFacts, mask: number): AccessCheck => ({
  hook: 'inodePermission',
  about: { file: about, mask },
});
const opening = (about: FileFacts, flags: number): AccessCheck => ({
  hook: 'fileOpen',
  about: { file: about, flags },
});
const denied = (what: string, named: string, type: string, objectClass = 'file', permissive = 0, subject = 'web_t') =>
  `avc:  denied  { ${what} } for ${named} scontext=u:r:${subject}:s0 tcontext=u:object_r:${type}:s0 tclass=${objectClass} permissive=${permissive}`;

describe('what a task of SELinux does to a file', () => {
  it('is refused with a record as the kernel writes it', () => {
    const { refused, records } = asked('web_t');
    expect(refused(permission(file('secret_t', 'shadow'), MAY_READ))).toBe('EACCES');
    expect(refused(opening(file('secret_t', 'shadow'), 0))).toBe('EACCES');
    expect(refused(permission(file('closed_t', 'in', 'dir'), MAY_EXEC))).toBe('EACCES');
    expect(records()).toEqual([
      denied('read', ' name="shadow" dev="tmpfs" ino=7', 'secret_t'),
      denied('read open', ' path="/d/shadow" dev="tmpfs" ino=7', 'secret_t'),
      denied('search', ' name="in" dev="tmpfs" ino=7', 'closed_t', 'dir'),
    ]);
  });

  it('goes by the access mode: appending is no writing, mode 3 is an ioctl', () => {
    const { refused, records } = asked('web_t');
    const secret = file('secret_t', 's');
    expect(refused(permission(secret, MAY_WRITE | MAY_APPEND))).toBe('EACCES');
    expect(refused(permission(secret, MAY_READ | MAY_APPEND))).toBe('EACCES');
    expect(refused(opening(secret, 0o2002))).toBe('EACCES');
    expect(refused(opening(secret, 3))).toBe('EACCES');
    expect(records().map((text) => /\{(.*)\}/.exec(text)?.[1])).toEqual([
      ' append ',
      ' read append ',
      ' read append open ',
      ' ioctl open ',
    ]);
  });

  it('locks where it may: by a descriptor, so the record has the path', () => {
    const { refused, records } = asked('web_t');
    expect(refused({ hook: 'fileLock', about: { exclusive: false, file: file('page_t', 'p'), flags: 0 } })).toBe(
      'EACCES',
    );
    expect(
      asked('admin_t').refused({ hook: 'fileLock', about: { exclusive: false, file: file('page_t', 'p'), flags: 0 } }),
    ).toBeUndefined();
    expect(records()).toEqual([denied('lock', ' path="/d/p" dev="tmpfs" ino=7', 'page_t')]);
  });

  it('is asked in order, and the first refusal counts', () => {
    const { refused, records } = asked('web_t');
    const directory = file('disk_t', 'd', 'dir');
    const made = { class: 'file', name: 'new' } as const;
    const creation: AccessCheck = { hook: 'inodeCreate', about: { directory, made } };
    expect(refused(permission(directory, MAY_EXEC), creation)).toBeUndefined();
    expect(refused({ hook: 'inodeMkdir', about: { directory, made: { class: 'dir', name: 'x' } } })).toBe('EACCES');
    expect(refused({ hook: 'inodeUnlink', about: { directory, file: file('secret_t', 's') } }, creation)).toBe(
      'EACCES',
    );
    expect(records()).toEqual([
      denied('create', ' name="x"', 'disk_t', 'dir'),
      denied('unlink', ' name="s" dev="tmpfs" ino=7', 'secret_t'),
    ]);
  });

  it('asks a rename of both directories and of what is replaced', () => {
    const { refused, records } = asked('web_t');
    const [directory, closed] = [file('disk_t', 'd', 'dir'), file('closed_t', 'c', 'dir')];
    const rename = (newDirectory: FileFacts, target?: FileFacts): AccessCheck => ({
      hook: 'inodeRename',
      about: { directory, file: file('page_t', 'a'), newDirectory, newName: 'b', ...(target && { target }) },
    });
    expect(refused(rename(directory))).toBeUndefined();
    expect(refused(rename(closed))).toBe('EACCES');
    expect(refused(rename(directory, file('secret_t', 'b')))).toBe('EACCES');
    expect(records()).toEqual([
      denied('add_name search', ' name="b"', 'closed_t', 'dir'),
      denied('unlink', ' name="b" dev="tmpfs" ino=7', 'secret_t'),
    ]);
  });

  it('is recorded once per cached decision where the domain is permissive, and after a new policy again', () => {
    const { world, refused, records } = asked('careless_t');
    const read = permission(file('secret_t', 's'), MAY_READ);
    for (let i = 0; i < 3; i++) expect(refused(read)).toBeUndefined();
    const record = denied('read', ' name="s" dev="tmpfs" ino=7', 'secret_t', 'file', 1, 'careless_t');
    expect(records()).toEqual([record]);
    world.fs.writeFileSync('/sys/fs/selinux/load', policy('mediation.33'));
    expect(refused(read)).toBeUndefined();
    expect(records()).toEqual([record, record]);
  });

  it('hears dontaudit and auditallow; of access(2), what is asked for alone', () => {
    const { refused, records } = asked('web_t');
    expect(refused(permission(file('quiet_t', 'q'), MAY_READ))).toBe('EACCES');
    expect(refused(permission(file('secret_t', 's'), MAY_READ | MAY_ACCESS))).toBe('EACCES');
    expect(refused(permission(file('noted_t', 'n'), MAY_READ))).toBeUndefined();
    expect(records()).toEqual([
      denied('read', ' name="s" dev="tmpfs" ino=7', 'secret_t'),
      'avc:  granted  { read } for  name="n" dev="tmpfs" ino=7 scontext=u:r:web_t:s0 tcontext=u:object_r:noted_t:s0 tclass=file',
    ]);
  });

  it('does not concern files that were never labelled', () => {
    const { refused } = asked('web_t');
    const filesystem = { type: 'ext4', id: 'sda' };
    const unlabelled = file('', 'u');
    const bare = { ...unlabelled, inode: { ...unlabelled.inode, filesystem, xattrs: {} } };
    expect(refused(permission(bare, MAY_WRITE), opening(bare, 1))).toBeUndefined();
  });
});

describe('whether an answer may be given again', () => {
  const read = (type: string): AccessCheck => permission(file(type, 'x'), MAY_READ);

  it('follows from whether it was recorded', () => {
    const web = asked('web_t');
    expect(web.decide(read('page_t')).silent).toBe(true);
    expect(web.decide(read('noted_t')).silent).toBe(false);
    expect(web.decide(read('secret_t')).silent).toBe(false);
    const careless = asked('careless_t', web.world);
    expect(careless.decide(read('secret_t')).silent).toBe(false);
    expect(careless.decide(read('secret_t')).silent).toBe(true);
  });

  it('holds for tasks with the same label', () => {
    const world: World = createWorld({ lsm: 'selinux', policy: policy('mediation.33'), enforcing: true });
    const subject = (type: string) => asked(type, world).subject();
    expect(subject('web_t')).toBe(subject('web_t'));
    expect(subject('web_t')).not.toBe(subject('admin_t'));
    expect(world.stack.access.subject(world.spawn().caller).scope).toMatchObject({ attributes: ['security.selinux'] });
    const none = createWorld({ lsm: 'selinux' });
    expect(none.stack.access.subject(none.spawn().caller).scope).toBe('nothing');
  });
});
