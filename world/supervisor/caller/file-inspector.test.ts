/** What is told of files, decided over an imagined host. */
import { describe, expect, it } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_NOFOLLOW } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import {
  ANON_INODE_FS_MAGIC,
  PIPEFS_MAGIC,
  PROC_SUPER_MAGIC,
  SECRETMEM_MAGIC,
  SECURITYFS_MAGIC,
  SYSFS_MAGIC,
  TMPFS_MAGIC,
} from '../../../linux/magic.ts';
import { S_IFCHR, S_IFIFO } from '../../../linux/stat.ts';
import { ST_NOSUID } from '../../../linux/statfs.ts';
import { DeviceTable } from '../protocol/devices.ts';
import { anonymousInode } from './anonymous-inode.ts';
import { FileInspector, factsOf } from './file-inspector.ts';
import { PidNamespaces } from './pid-namespaces.ts';
import { directory, file, ImaginedFiles, ImaginedThread, leading, link } from './testing/imagined-files.ts';
import { ImaginedHazards, ImaginedView, statusText } from './testing/imagined-view.ts';
import { ImaginedXattrs } from './testing/imagined-xattrs.ts';

const { EOPNOTSUPP, EROFS } = ERRNO;
const TID = tidOf(100);
const OUR_PID = 42;
const ROOT = { device: '8:1', id: 1, magic: 0xef53, flags: ST_NOSUID };
const PROC = { device: '0:5', id: 2, magic: PROC_SUPER_MAGIC };
const SLOW = { device: '0:77', id: 3, magic: 0x65735546, served: true };
const SYS = { device: '0:20', id: 4, magic: SYSFS_MAGIC };
const OURS = { device: '0:60', id: 5, magic: 0x4f555253 };
const OUR_SECURITY = { device: '0:61', id: 6, magic: SECURITYFS_MAGIC };
const STRANGE = { device: '0:90', id: 7, magic: 0x1234 };
const BOUND = { ...ROOT, id: 8 };
const LOST = { ...ROOT, id: 9 };
const MOUNTINFO = [
  '1 0 8:1 / / rw - ext4 /dev/sda1 rw',
  '2 1 0:5 / /proc rw - proc proc rw',
  '3 1 0:77 / /slow rw - fuse.sshfs host: rw',
  '4 1 0:20 / /sys rw - sysfs sysfs rw',
  '5 1 0:60 / /ours rw - fuse none rw',
  '6 1 0:61 / /security rw - securityfs none rw',
  '8 1 8:1 /srv/page /bound rw - ext4 /dev/sda1 rw',
  '9 1 8:1 /srv/lost//deleted /lost rw - ext4 /dev/sda1 rw',
  '',
].join('\n');

function host() {
  const shadow = file('', { mode: 0o100640, uid: 3, gid: 42, links: 2 });
  const user = link('user:[1]');
  const root = directory(
    {
      etc: directory({ shadow, link: link('shadow'), null: file('', { mode: S_IFCHR | 0o666 }) }),
      slow: directory({ far: file() }, { mount: SLOW }),
      sys: directory({ kernel: directory({}) }, { mount: SYS }),
      ours: directory({ enforce: file() }, { mount: OURS }),
      bound: directory({}, { mount: BOUND }),
      lost: directory({}, { mount: LOST }),
      security: directory({ lsm: file() }, { mount: OUR_SECURITY }),
    },
    { mount: ROOT },
  );
  // One procfs, by which the supervisor finds the caller, and which the caller has at the same place.
  const proc = directory(
    {
      [TID]: directory({
        root: leading(root, '/'),
        ns: directory({ user }),
        status: file(statusText({ tid: TID })),
        attr: directory({ current: file() }),
      }),
      self: link(String(OUR_PID)),
      [OUR_PID]: directory({ ns: directory({ user: link('user:[1]') }) }),
    },
    { mount: PROC },
  );
  Object.assign(root.names ?? {}, { proc });
  const files = new ImaginedFiles(root, new ImaginedThread());
  files.mountInfos.set(TID, MOUNTINFO);
  const hazards = new ImaginedHazards();
  hazards.waiting.add(SLOW.device);
  const view = new ImaginedView(files, hazards);
  const devices = new DeviceTable();
  devices.add(60, OURS.magic);
  devices.add(61, SECURITYFS_MAGIC);
  const xattrs = new ImaginedXattrs(files);
  const decided = ['security.label', 'security.host', 'security.each.'];
  const namespaces = new PidNamespaces(view, OUR_PID);
  const inspector = new FileInspector(view, devices, namespaces, decided, ['security.host'], xattrs);
  const withFile = <T>(path: string, act: (fd: number) => T, flags = 0): T => {
    const fd = view.openAt(AT_FDCWD, path, flags);
    const result = act(fd);
    view.close(fd);
    return result;
  };
  const look = (path: string, flags = 0) => withFile(path, (fd) => inspector.look(fd, TID), flags);
  return { view, files, hazards, inspector, xattrs, shadow, look, withFile };
}

describe('the facts of a file', () => {
  it('are its class, filesystem, owner, device, mode and path', () => {
    const { look, files } = host();
    expect(look('/etc/shadow')).toMatchObject({
      path: '/etc/shadow',
      device: '8:1',
      mode: 0o100640,
      links: 2,
      nosuid: true,
      inode: {
        class: 'file',
        filesystem: { type: 'ext4', id: 'sda1' },
        path: '/etc/shadow',
        entry: '/etc/shadow',
        uid: 3,
        gid: 42,
        xattrs: {},
      },
    });
    expect(look('/etc/null')?.inode.class).toBe('chr_file');
    expect(look('/etc/link', O_NOFOLLOW)?.inode.class).toBe('lnk_file');
    expect(look('/etc')?.inode.class).toBe('dir');
    expect(look('/')?.inode).toMatchObject({ path: '/' });
    expect(files.descriptors).toBe(0);
  });

  it('have the name in its filesystem where a part of one is mounted', () => {
    const { look } = host();
    expect(['/bound', '/lost'].map((path) => look(path)?.inode.path)).toEqual(['/srv/page', '/srv/lost']);
    expect(look('/bound')?.path).toBe('/bound');
  });

  it('are for questions without what only the supervisor needs', () => {
    const looked = host().look('/etc/shadow');
    expect(looked && Object.keys(factsOf(looked)).sort()).toEqual(['device', 'inode', 'mode', 'path']);
  });

  it('have the name that a file has lost, and the path that the kernel shows', () => {
    const { files, inspector } = host();
    const look = (links: number) => {
      const found = inspector.look(files.openNameless(file('', { links }), ROOT, '/etc/gone (deleted)'), TID);
      return [found?.inode.path, found?.path];
    };
    expect(look(0)).toEqual(['/etc/gone', '/etc/gone (deleted)']);
    expect(look(1)).toEqual(['/etc/gone (deleted)', '/etc/gone (deleted)']);
  });

  it('have the path in the filesystem where modules know files by it, wherever it is mounted at the moment', () => {
    const { look, files, view } = host();
    expect(look('/sys/kernel')).toMatchObject({ path: '/sys/kernel', nosuid: false, inode: { path: '/kernel' } });
    files.mountInfos.set(TID, MOUNTINFO.replace(' / /sys ', ' /below /sys '));
    expect(look('/sys/kernel')?.inode.path).toBe('/kernel'); // read once for a call
    view.forget();
    expect(look('/sys/kernel')?.inode.path).toBe('/below/kernel');
  });

  it('say that the daemon serves it, or an attr file in its place', () => {
    const { look } = host();
    const served = (path: string) => look(path)?.served === true;
    expect(['/security/lsm', '/security', `/proc/${TID}/attr/current`].map(served)).toEqual([true, true, true]);
    expect(['/etc/shadow', '/sys/kernel', `/proc/${TID}/status`, `/proc/${TID}/attr`].map(served)).not.toContain(true);
  });

  it('have the process whose entry of procfs it is', () => {
    const { look, files } = host();
    expect(look(`/proc/${TID}/status`)?.inode).toMatchObject({ path: `/${TID}/status`, process: TID });
    expect(look('/proc')?.inode).not.toHaveProperty('process');
    expect(files.descriptors).toBe(0);
  });
});

describe('attributes', () => {
  it('are read once each: those that modules decide about and the host does not', () => {
    const { look, xattrs, shadow } = host();
    const stored = { 'security.label': 'a', 'security.each.x': 'b', 'security.host': 'c', 'user.mime': 'd' };
    xattrs.stored.set(shadow, new Map(Object.entries(stored)));
    expect(look('/etc/shadow')?.inode.xattrs).toEqual({ 'security.label': 'a', 'security.each.x': 'b' });
    expect(xattrs.read).toEqual(['security.label', 'security.each.x']);
  });

  it('are those that are wanted', () => {
    const { inspector, xattrs, shadow, withFile } = host();
    xattrs.stored.set(
      shadow,
      new Map([
        ['security.label', 'a'],
        ['user.mime', 'd'],
        ['security.host', 'c'],
      ]),
    );
    const isWanted = (name: string): boolean => name.startsWith('user.') || name === 'security.host';
    const looked = withFile('/etc/shadow', (fd) => inspector.look(fd, TID, { isWanted }));
    expect(looked?.inode.xattrs).toEqual({ 'user.mime': 'd' });
    expect(withFile('/etc/shadow', (fd) => inspector.securityOfDirectory(fd))).toEqual({ 'security.label': 'a' });
    expect(withFile('/etc/shadow', (fd) => inspector.attributes(fd))).toEqual({
      'security.label': 'a',
      'user.mime': 'd',
    });
  });

  it('are none where there are none', () => {
    const { inspector, xattrs, withFile, look } = host();
    xattrs.refusal = -EOPNOTSUPP;
    expect(look('/etc/shadow')?.inode.xattrs).toEqual({});
    expect(withFile('/etc/shadow', (fd) => inspector.list(fd))).toBe(-EOPNOTSUPP);
    expect(withFile('/etc/shadow', (fd) => inspector.attributes(fd))).toEqual({});
    expect(withFile('/etc/shadow', (fd) => inspector.securityOfDirectory(fd))).toEqual({});
  });

  it('can be changed, or the filesystem says why not', () => {
    const { inspector, xattrs, withFile } = host();
    expect(withFile('/etc/shadow', (fd) => inspector.changeable(fd))).toBe(0);
    xattrs.refusal = -EROFS;
    expect(withFile('/etc/shadow', (fd) => inspector.changeable(fd))).toBe(-EROFS);
    expect(withFile('/etc/shadow', (fd) => inspector.store(fd, 'user.a', Buffer.of(1), 0))).toBe(-EROFS);
    expect(withFile('/etc/shadow', (fd) => inspector.remove(fd, 'user.a'))).toBe(-EROFS);
  });

  it('are told apart by their names', () => {
    const { inspector } = host();
    const names = ['security.label', 'security.host', 'security.each.x', 'security.each', 'user.a'];
    expect(names.map((name) => inspector.isDecided(name))).toEqual([true, true, true, false, false]);
    expect(names.map((name) => inspector.isNamespaced(name))).toEqual([false, false, true, false, false]);
    expect(names.map((name) => inspector.isOfHost(name))).toEqual([false, true, false, false, false]);
    expect(names.map((name) => inspector.keeps(name, 'ext4'))).toEqual([false, true, false, false, false]);
    expect(names.map((name) => inspector.keeps(name, 'sysfs'))).toEqual([true, true, true, false, false]);
  });
});

describe('a filesystem', () => {
  it('that may not answer is asked nothing', () => {
    const { look, inspector, withFile, files, xattrs } = host();
    expect(look('/slow')).toBeUndefined();
    expect(withFile('/slow', (fd) => inspector.lookUnlisted(fd, TID))).toBeUndefined();
    expect([files.asked.has(SLOW.device), xattrs.read]).toEqual([false, []]);
    const looked = withFile('/slow', (fd) => inspector.look(fd, TID, { answers: true }));
    expect(looked?.inode.filesystem.type).toBe('fuse.sshfs');
  });

  it('of ours answers for its labels itself, but for those that have none', () => {
    const { look, inspector, withFile } = host();
    expect(look('/ours/enforce')).toBeUndefined();
    expect(look('/security/lsm')?.inode).toMatchObject({ path: '/lsm', filesystem: { type: 'securityfs' } });
    const answers = (path: string) => withFile(path, (fd) => [inspector.isOurs(fd), inspector.answersItself(fd)]);
    expect(answers('/ours/enforce')).toEqual([true, true]);
    expect(answers('/security/lsm')).toEqual([true, false]);
    expect(answers('/etc/shadow')).toEqual([false, false]);
  });

  it('whose mount has a number that is used again is another one', () => {
    const { look, files, view } = host();
    expect(look('/etc/shadow')?.inode.filesystem.type).toBe('ext4');
    files.mountInfos.set(TID, MOUNTINFO.replace('ext4 /dev/sda1', 'xfs /dev/sdb1'));
    expect(look('/etc/shadow')?.inode.filesystem.type).toBe('ext4'); // the same f_type: it is remembered
    files.mountInfos.set(TID, '');
    view.forget();
    expect(look('/sys/kernel')).toBeUndefined(); // never seen, and in no list
  });
});

describe('a file whose mount is in no list', () => {
  it('is of the process that made it, when it has no name', () => {
    const { files, inspector } = host();
    const nameless = (magic: number, text: string) => {
      const mount = { device: `0:${magic & 0xff}`, id: 90, magic };
      return inspector.look(files.openNameless(file('', { mode: S_IFIFO }), mount, text), TID)?.inode;
    };
    expect(nameless(PIPEFS_MAGIC, 'pipe:[7]')).toMatchObject({
      class: 'fifo_file',
      filesystem: { type: 'pipefs', id: 'pipefs' },
      process: TID,
    });
    expect(nameless(ANON_INODE_FS_MAGIC, 'anon_inode:[io_uring]')).toMatchObject({
      class: 'anon_inode',
      filesystem: { type: 'anon_inodefs' },
      anonymous: '[io_uring]',
      process: TID,
    });
    expect(anonymousInode(SECRETMEM_MAGIC, '/secretmem (deleted)')).toMatchObject({ anonymous: '[secretmem]' });
    const shared = nameless(ANON_INODE_FS_MAGIC, 'anon_inode:[eventfd]');
    expect(shared).toMatchObject({ class: 'anon_inode' });
    expect(shared).not.toHaveProperty('anonymous');
    expect(shared).not.toHaveProperty('process');
    const memory = nameless(TMPFS_MAGIC, '/memfd:a (deleted)');
    expect(memory).toMatchObject({ filesystem: { type: 'tmpfs' }, process: TID });
    expect(memory).not.toHaveProperty('entry');
    expect(nameless(TMPFS_MAGIC, '/elsewhere')).not.toHaveProperty('process');
    expect(nameless(PROC_SUPER_MAGIC, '/proc/7/status')).toMatchObject({ filesystem: { type: 'proc' }, process: 7 });
    expect(nameless(PROC_SUPER_MAGIC, '/proc/7/task')).toMatchObject({ process: 7 });
    expect(nameless(PROC_SUPER_MAGIC, '/proc/7/task/8/status')).toMatchObject({ process: 8 });
    expect(nameless(STRANGE.magic, '/elsewhere')).toBeUndefined();
  });

  it('has a type when it was announced', () => {
    const { files, inspector } = host();
    inspector.expectDetached(STRANGE.device, 'btrfs');
    const fd = files.openNameless(file(), STRANGE, '/a');
    expect(inspector.look(fd, TID)?.inode).toMatchObject({ filesystem: { type: 'btrfs', id: 'btrfs' }, path: '/a' });
  });

  it('has the type that another mount of its filesystem has, as below a changed root', () => {
    const { files, look } = host();
    files.mountInfos.set('thread-self', MOUNTINFO.replace('1 0', '51 0').replace('4 1', '54 51'));
    files.mountInfos.set(TID, '');
    const file = look('/etc/shadow');
    expect(file).toMatchObject({ path: '/etc/shadow', inode: { filesystem: { type: 'ext4', id: 'sda1' } } });
    expect(file?.inode).not.toHaveProperty('entry');
    expect(look('/sys/kernel')).toBeUndefined();
    files.mountInfos.set(TID, MOUNTINFO);
    expect(look('/etc/shadow')?.inode).toHaveProperty('entry', '/etc/shadow');
  });

  it('tells what does not depend on the mount', () => {
    const { files, inspector, xattrs } = host();
    const inode = file('', { uid: 5, links: 0 });
    xattrs.stored.set(inode, new Map([['user.mime', 'd']]));
    const fd = files.openNameless(inode, STRANGE, '/gone (deleted)');
    expect(inspector.lookUnlisted(fd, TID)).toEqual({
      path: '/gone (deleted)',
      device: STRANGE.device,
      mode: 0o100644,
      links: 0,
      nosuid: false,
      mountId: STRANGE.id,
      inode: {
        class: 'file',
        filesystem: { type: '', id: '' },
        path: '/gone (deleted)',
        ino: expect.any(Number),
        uid: 5,
        gid: 0,
        xattrs: { 'user.mime': 'd' },
      },
    });
  });
});
