/** What paths of a caller mean, decided over an imagined host. */
import { describe, expect, it } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, RESOLVE_CACHED } from '../../../linux/fcntl.ts';
import { type CallerFd, callerFd, tidOf } from '../../../linux/ids.ts';
import { STX } from '../../../linux/stat.ts';
import { FD, jailedCaller, OUTSIDE_FD, ROOT, SLOW, TID } from './testing/jailed-caller.ts';

const { EACCES, EAGAIN, ELOOP, ENOENT, ENOTDIR, ESRCH } = ERRNO;

const GONE = tidOf(404);
const CWD = callerFd(AT_FDCWD);

describe('a path of a caller', () => {
  it('begins at its root, its working directory, or its descriptor', () => {
    const { view, files, passwd, note, srv, jail } = jailedCaller();
    expect(view.find(TID, CWD, '/etc/passwd')).toBe(passwd);
    expect(view.find(TID, FD, '/etc/passwd')).toBe(passwd);
    expect(view.find(TID, CWD, 'note')).toBe(note);
    expect(view.find(TID, CWD, '../etc/passwd')).toBe(passwd);
    expect(view.find(TID, FD, 'note')).toBe(note);
    expect(view.find(TID, FD, '', O_DIRECTORY)).toBe(srv);
    expect(view.find(TID, CWD, '/')).toBe(jail);
    expect(files.descriptors).toBe(0);
  });

  it('stays below the root: by .. and by absolute symbolic links', () => {
    const { view, passwd, jail } = jailedCaller();
    expect(view.find(TID, CWD, '/../../etc/passwd')).toBe(passwd);
    expect(view.find(TID, CWD, '/home/absolute')).toBe(passwd);
    expect(view.find(TID, CWD, '/home/up')).toBe(passwd);
    expect(view.find(TID, CWD, '/home/absolute', O_NOFOLLOW)).toBe(jail.names?.home?.names?.absolute);
  });

  it('fails as the kernel says, and leaves nothing open', () => {
    const { view, files } = jailedCaller();
    expect(view.find(TID, CWD, '/etc/shadow')).toBe(-ENOENT);
    expect(view.find(TID, CWD, 'note/below')).toBe(-ENOTDIR);
    expect(view.find(TID, CWD, 'note', O_DIRECTORY)).toBe(-ENOTDIR);
    expect(view.find(TID, CWD, 'loop')).toBe(-ELOOP);
    expect(view.find(TID, callerFd(99), 'note')).toBe(-ENOENT); // no such link
    expect(view.find(GONE, CWD, '/etc/passwd')).toBe(-ENOENT);
    expect(files.descriptors).toBe(0);
  });

  it('is followed with the rights of the caller', () => {
    const user = jailedCaller();
    expect(user.view.find(TID, CWD, 'private/secret')).toBe(-EACCES);
    expect(user.view.find(TID, CWD, 'mine/note')).toBe(user.note);
    const root = jailedCaller({ uid: 0, capabilities: 'ffffffff' });
    expect(root.view.find(TID, CWD, 'private/secret')).toBe(root.secret);
    expect(root.thread.log).toEqual([]); // it is what we are
  });
});

describe("a caller's own links", () => {
  it('in /proc/self lead to its files, and below them', () => {
    const { view, stdin, srv, note, jail } = jailedCaller();
    expect(view.find(TID, CWD, '/proc/self/fd/0')).toBe(stdin);
    expect(view.find(TID, CWD, '/proc/thread-self/fd/3')).toBe(srv);
    expect(view.find(TID, CWD, '/proc/self/fd/3/note')).toBe(note);
    expect(view.find(TID, CWD, '/proc/self/fd/3//note')).toBe(note);
    expect(view.find(TID, CWD, '/proc/self/root')).toBe(jail);
    expect(view.find(TID, CWD, '/proc/self/cwd/note')).toBe(note);
    expect(view.find(TID, CWD, '/proc/self/fd/9')).toBe(-ENOENT);
    expect(view.find(TID, CWD, '/proc/self/fd/3/none')).toBe(-ENOENT);
  });

  it('are themselves where a last link is not followed', () => {
    const { view, files } = jailedCaller();
    const fd = view.resolveForCaller(TID, CWD, '/proc/self/fd/3', O_NOFOLLOW);
    expect(files.at(fd)?.target).toBe('/jail/srv');
    view.close(fd);
    expect(files.descriptors).toBe(0);
  });

  it('of /dev lead to the same', () => {
    const { view, stdin, srv, note, dev } = jailedCaller();
    expect(view.find(TID, CWD, '/dev/stdin')).toBe(stdin);
    expect(view.find(TID, CWD, '/dev/fd/3')).toBe(srv);
    expect(view.find(TID, CWD, '/dev/fd/3/note')).toBe(note);
    expect(view.find(TID, CWD, '/dev/stdin', O_NOFOLLOW)).toBe(dev.names?.stdin);
    expect(view.find(TID, CWD, '/dev/stdout')).toBe(-ENOENT);
  });

  it('make /proc/self its entry in its own procfs, unless that link itself is meant', () => {
    const { view, status, self, theirProc } = jailedCaller();
    expect(view.find(TID, CWD, '/proc/self/status')).toBe(status);
    expect(view.find(TID, CWD, '/proc/thread-self/status', O_NOFOLLOW)).toBe(status);
    expect(view.find(TID, CWD, '/proc/self')).toBe(theirProc.names?.[TID]);
    expect(view.find(TID, CWD, '/proc/self', O_NOFOLLOW)).toBe(self);
    expect(view.find(TID, CWD, '/home/../proc/self/status')).toBe(status);
    expect(view.find(TID, CWD, '../proc/self')).toBe(theirProc.names?.[TID]);
    expect(view.find(TID, CWD, '../proc/self', O_NOFOLLOW)).toBe(self);
  });

  it('are followed with its rights, and with ours where they are known to be its own', () => {
    const { view, thread, theirProc, outside, files } = jailedCaller();
    expect(view.find(TID, CWD, '/proc/100/root')).toBe(outside);
    const entry = view.resolveForCaller(TID, CWD, '/proc/100', 0);
    expect(files.at(entry)).toBe(theirProc.names?.[TID]);
    for (const [process, asked] of [
      [undefined, 9],
      [TID, 0],
    ] as const) {
      thread.log.length = 0;
      const fd = view.processLinks.follow(TID, entry, 'root', process);
      expect([files.at(fd), thread.log.length]).toEqual([outside, asked]);
      view.close(fd);
    }
    // Neither is known: that does not make them the same.
    expect(view.processLinks.follow(GONE, entry, 'root', GONE)).toBe(-ESRCH);
    view.close(entry);
    expect(files.descriptors).toBe(0);
  });
});

describe('a filesystem that may not answer', () => {
  function slowHost(options = {}) {
    const made = jailedCaller({ uncached: true, ...options });
    made.hazards.waiting.add(SLOW.device);
    return made;
  }

  it('is never asked for a name', () => {
    const { view, files } = slowHost();
    expect(view.find(TID, CWD, '/slow/far')).toBe(-EAGAIN);
    expect(view.find(TID, CWD, '../slow/far')).toBe(-EAGAIN);
    expect(view.find(TID, OUTSIDE_FD, 'far')).toBe(-EAGAIN);
    expect(files.asked.has(SLOW.device)).toBe(false);
    expect(files.descriptors).toBe(0);
  });

  it('is asked when nothing says that it would not answer', () => {
    const { view, far } = jailedCaller({ uncached: true, rootText: '/' });
    expect(view.find(TID, CWD, '/slow/far')).toBe(far);
  });

  it('lets the others be walked, name by name', () => {
    const { view, files, passwd, note, slow, jail, outside } = slowHost();
    expect(view.find(TID, CWD, '/etc/passwd')).toBe(passwd);
    expect(view.find(TID, CWD, '/../home/absolute')).toBe(passwd);
    expect(view.find(TID, CWD, '/home/up')).toBe(passwd);
    expect(view.find(TID, CWD, '/home/absolute', O_NOFOLLOW)).toBe(jail.names?.home?.names?.absolute);
    expect(view.find(TID, CWD, '/quick/note')).toBe(note);
    expect(view.find(TID, CWD, '/slow')).toBe(slow); // arriving there asks nobody
    expect(view.find(TID, CWD, '/home/loop')).toBe(-ELOOP);
    expect(view.find(TID, CWD, '/home/note/')).toBe(-ENOTDIR);
    expect(view.find(TID, CWD, '/home/note', O_DIRECTORY)).toBe(-ENOTDIR);
    expect(view.find(TID, CWD, '/home/none')).toBe(-ENOENT);
    expect(view.find(TID, CWD, '/home/private/secret')).toBe(-EACCES);
    expect(view.find(TID, CWD, '/home/root')).toBe(outside.names?.etc); // through a link of a process
    expect(view.find(TID, CWD, '/home/root', 0, RESOLVE_CACHED)).toBe(-EAGAIN);
    expect(files.asked.has(SLOW.device)).toBe(false);
    expect(files.descriptors).toBe(0);
  });

  it('does not matter for what the kernel has in its caches', () => {
    const cached = jailedCaller();
    cached.hazards.waiting.add(SLOW.device);
    expect(cached.view.find(TID, CWD, '/home/note')).toBe(cached.note);
    expect(cached.view.find(TID, CWD, '/slow/far', 0, RESOLVE_CACHED)).toBe(-EAGAIN);
    expect(cached.files.asked.has(SLOW.device)).toBe(false);
  });

  it('keeps its type to itself', () => {
    const { view, files } = slowHost();
    const fd = view.openDescriptor(TID, OUTSIDE_FD);
    expect(view.filesystemMagic(fd, TID)).toBe(0);
    expect(view.mayAsk(fd, TID)).toBe(false);
    view.close(fd);
    expect(files.asked.has(SLOW.device)).toBe(false);
  });

  it('is trusted when it is in no list, is not FUSE, and root has it', () => {
    const may = (options: Parameters<typeof jailedCaller>[0], descriptor: CallerFd, device: string): boolean => {
      const { view, hazards } = jailedCaller(options);
      hazards.unlisted.add(device);
      const fd = view.openDescriptor(TID, descriptor);
      const answer = view.mayAsk(fd, TID);
      view.close(fd);
      return answer;
    };
    const admin = { uid: 0, capabilities: 'ffffffff' };
    expect(may(admin, FD, ROOT.device)).toBe(true);
    expect(may(admin, OUTSIDE_FD, SLOW.device)).toBe(false);
    expect(may({ uid: 0, capabilities: '1ff' }, FD, ROOT.device)).toBe(false);
    expect(may({ uid: 1000, capabilities: 'ffffffff' }, FD, ROOT.device)).toBe(false);
  });

  it('is not named where audit would look at it', () => {
    const { view, files, hazards } = slowHost();
    const result = new DataView(new ArrayBuffer(256));
    const named: string[] = [];
    let answer = 0;
    const ask = (_directory: number, path: string): number => {
      named.push(path);
      const slow = path.endsWith(`fd/${OUTSIDE_FD}`) || path === 'slow';
      const [major = 0, minor = 0] = (slow ? SLOW : ROOT).device.split(':').map(Number);
      result.setUint32(STX.DEV_MAJOR, major, true);
      result.setUint32(STX.DEV_MINOR, minor, true);
      return answer;
    };
    hazards.audit = { stat: { ask, result } };
    expect(view.openDescriptor(TID, OUTSIDE_FD)).toBe(-EAGAIN);
    expect(view.find(TID, CWD, '/slow')).toBe(-EAGAIN);
    const fd = view.openDescriptor(TID, FD);
    expect(fd).toBeGreaterThan(0);
    view.close(fd);
    answer = -EACCES;
    expect(view.openDescriptor(TID, FD)).toBe(-EACCES);
    expect(named).toContain(`/proc/${TID}/fd/${FD}`);
    expect(files.asked.has(SLOW.device)).toBe(false);
    expect(files.descriptors).toBe(0);
  });
});

describe('what is asked about a caller', () => {
  it('is answered for its descriptors, and leaves none open', () => {
    const { view, files } = jailedCaller();
    expect(view.identityOf(TID, FD)).toMatchObject({ major: 8, minor: 1, directory: true, link: false });
    expect(view.identityOf(TID, OUTSIDE_FD)).toMatchObject({ minor: 77, mountRoot: true });
    expect(view.identityOf(TID, callerFd(9))).toBeUndefined();
    expect(files.descriptors).toBe(0);
  });

  it('is what it may do, or that it is gone', () => {
    const { view } = jailedCaller();
    const fd = view.open('/jail/home/private', 0);
    expect(view.permits(TID, fd, 4)).toBe(-EACCES);
    expect(view.permits(GONE, fd, 4)).toBe(-ESRCH);
    expect(view.resolve(GONE, fd, 'secret', 0, 0)).toBe(-ESRCH);
    view.close(fd);
  });

  it('is read once for a call', () => {
    const { view } = jailedCaller();
    const status = view.status(TID);
    expect(status).toMatchObject({ tgid: TID, fsuid: 1000, groups: [7] });
    expect(view.status(TID)).toBe(status);
    view.forget();
    expect(view.status(TID)).not.toBe(status);
    expect(view.status(GONE)).toBeUndefined();
  });
});
