/**
 * Random system calls that need privileges, and mounts, for `calls` steps; the processes have a mount namespace of their own.
 *
 * %o is a process of a user, %p one of root, whose limits need no capability that not every host gives (CAP_SYS_RESOURCE).
 *
 * Left out: what goes on after a user namespace was made; syslog(2) and bpf(2), which depend on the host's settings; limits that are
 * raised; mounts by somebody without CAP_SYS_ADMIN, whom a kernel with AppArmor tells first what is not there.
 */
import fc from 'fast-check';
import { type Call, type Calls, call, values } from './mediation-file-calls.ts';
import { anyPath, file, newName } from './mediation-names.ts';

export const privilegeCalls: Calls = fc.oneof(
  call('open', file, values('O_RDONLY|O_NONBLOCK', 'O_RDWR')),
  call('access', anyPath, values(2, 4)),
  call('chown', file, values(0, 5, 1000), values(0, 5)),
  call('chmod', file, values('600', '644')),
  call('utime', file),
  call('setxattr', file, values('trusted.a', 'security.other'), values('1')),
  call('mknod', newName, values('S_IFCHR'), values(259)),
  call('chroot', values('/')),
  call('sethostname'),
  fc.constantFrom('uts', 'net', 'ipc').map((kind): Call[] => [['unshare', kind]]),
  call('setuid', values(0, 0, 1000)),
  call('setgid', values(0, 0, 1000)),
  call('setgroups', values(0)),
  call('socket', values('AF_INET'), values('SOCK_RAW'), values(1)),
  fc.constant<Call[]>([
    ['b=socket', 'AF_INET', 'SOCK_DGRAM'],
    ['bind', '%b', ['127.0.0.1', 77]],
    ['close', '%b'],
  ]),
  call('setnice', values(0), values(-5, 5)),
  call('prctl', values('PR_CAPBSET_DROP'), values(38)),
  fc.constantFrom(0, 'SIGTERM').map((signal): Call[] => [['kill', '%o', signal]]),
  file.map((path): Call[] => [
    ['r=open', path],
    ['lease', '%r', 'F_RDLCK'],
    ['close', '%r'],
  ]),
  call('handle', file),
  call('fanotify', file, values(2)),
  call('setrlimit', values('RLIMIT_NOFILE'), values(100), values(200)),
  call('setrlimit', values('RLIMIT_CORE'), values(0), values(0)),
  call('prlimit', values('%p'), values('RLIMIT_CORE', 'RLIMIT_NOFILE')),
);

/** The last call of a process. */
export const leaving: Calls = fc.constant([['unshare', 'user']]);

const PLACES = ['@C/m/a', '@C/m/a', '@C/m/b', '@C/m/c'];
const place = values(...PLACES);
/** Where something is mounted. */
export const PLACE = fc.constantFrom(...PLACES);
const source = values('@C/m/src', '@C/m/src', '@C/m/a', '@C/m/none');
const kind = values('tmpfs', 'tmpfs', 'ramfs', 'proc', 'nosuchfs');
const none = values('none');
const noType = values('');

export const mountCalls: Calls = fc.oneof(
  { weight: 4, arbitrary: call('mount', values('none', 'tm'), place, kind) },
  { weight: 2, arbitrary: call('mount', values('none', 'tm'), place, kind, values('MS_RDONLY|MS_NOSUID', 'MS_NODEV')) },
  { weight: 1, arbitrary: call('mount', none, place, values('tmpfs'), values(0), values('size=1m')) },
  { weight: 4, arbitrary: call('mount', source, place, noType, values('MS_BIND', 'MS_BIND|MS_REC')) },
  {
    weight: 2,
    arbitrary: call(
      'mount',
      none,
      place,
      noType,
      values('MS_REMOUNT|MS_BIND|MS_RDONLY', 'MS_REMOUNT', 'MS_REMOUNT|MS_NODEV'),
    ),
  },
  {
    weight: 3,
    arbitrary: call(
      'mount',
      none,
      place,
      noType,
      values('MS_PRIVATE', 'MS_SLAVE', 'MS_SHARED|MS_REC', 'MS_UNBINDABLE'),
    ),
  },
  { weight: 2, arbitrary: call('mount', place, place, noType, values('MS_MOVE')) },
  { weight: 5, arbitrary: call('umount', place) },
  { weight: 1, arbitrary: call('umount', place, values('MNT_DETACH')) },
  {
    weight: 1,
    arbitrary: place.map((where): Call[] => [
      ['f=fsopen', 'tmpfs'],
      ['fsconfig', '%f'],
      ['m=fsmount', '%f'],
      ['move_mount', '%m', where],
      ['close', '%m'],
      ['close', '%f'],
    ]),
  },
  {
    weight: 1,
    arbitrary: place.map((where): Call[] => [
      ['t=open_tree', '@C/m/src'],
      ['move_mount', '%t', where],
      ['close', '%t'],
    ]),
  },
  // what is in it is the machine's, if it is procfs
  {
    weight: 1,
    arbitrary: place.map((where): Call[] => [
      ['l=open', where, 'O_RDONLY|O_DIRECTORY'],
      ['close', '%l'],
    ]),
  },
);
/** The last call of a process. */
export const pivoting: Calls = call('pivot_root', place, values('@C/m/a/old', '@C/m/a', '@C/m/b'));
export const MOUNT_POINTS: readonly Call[] = ['', '/a', '/b', '/c', '/src', '/a/old'].map((where) => [
  '-mkdir',
  `@C/m${where}`,
]);
