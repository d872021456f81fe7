/**
 * Random system calls about files, for `calls` steps. Descriptors are kept as %f, %p (O_PATH), %d (a folder), %t (without a name).
 *
 * Left out: opens that wait (O_NONBLOCK is always there); a second name of a file for longer than
 * the call that makes it, as a kernel says any of them in later records.
 */
import fc from 'fast-check';
import { anyPath, FOLDERS, file, folder, newName, PROGRAMS } from './mediation-names.ts';

/** An argument as the probe takes it: text, a number, two limits, [host, port], an address in bytes. */
export type Word = string | number | readonly (string | number)[] | { readonly raw: string };
/** A call's name with the words before it, and its arguments. */
export type Call = readonly Word[];
export type Calls = fc.Arbitrary<readonly Call[]>;

export const values = (...list: Word[]): fc.Arbitrary<Word> => fc.constantFrom(...list);
/** One call with these arguments. */
export const call = (name: string, ...parts: fc.Arbitrary<Word>[]): Calls =>
  fc.tuple(...parts).map((list): Call[] => [[name, ...list]]);

const flags = fc
  .tuple(
    fc.constantFrom('O_RDONLY', 'O_RDONLY', 'O_WRONLY', 'O_RDWR', '3'),
    fc.subarray(['O_APPEND', 'O_TRUNC', 'O_CREAT', 'O_EXCL', 'O_DIRECTORY', 'O_NOFOLLOW'], { maxLength: 2 }),
  )
  .map(([access, more]) => [access, ...more, 'O_NONBLOCK'].join('|'));
const plainFlags = values(
  'O_RDONLY|O_NONBLOCK',
  'O_WRONLY|O_NONBLOCK',
  'O_RDWR|O_NONBLOCK',
  'O_RDWR|O_APPEND|O_NONBLOCK',
);
const modes = values('644', '600', '0', '444', '755', '4755', '2711');
const ids = values(0, 1000, 1001);

const opening = fc.oneof(
  { weight: 4, arbitrary: call('f=open', anyPath, flags) },
  { weight: 4, arbitrary: call('f=open', file, plainFlags) },
  {
    weight: 3,
    arbitrary: call(
      'f=open',
      newName,
      values('O_RDWR|O_CREAT|O_NONBLOCK', 'O_WRONLY|O_CREAT|O_EXCL', 'O_CREAT|O_NONBLOCK'),
      modes,
    ),
  },
  { weight: 2, arbitrary: call('d=open', folder, values('O_RDONLY|O_DIRECTORY')) },
  { weight: 1, arbitrary: call('p=open', anyPath, values('O_PATH', 'O_PATH|O_NOFOLLOW')) },
  { weight: 1, arbitrary: call('f=openat', values('%d'), values('f', 'n0', 'lf', '../b/g', 's'), flags) },
  {
    weight: 1,
    arbitrary: call(
      'f=openat2',
      anyPath,
      flags.map((text) => (text.includes('O_CREAT') ? 'O_RDONLY|O_NONBLOCK' : text)),
    ),
  },
  { weight: 1, arbitrary: call('f=reopen', values('%f', '%p', '%d', '%t'), plainFlags) },
  { weight: 1, arbitrary: call('t=tmpfile', folder, values('O_RDWR', 'O_WRONLY')) },
  { weight: 1, arbitrary: call('e=open', values(...PROGRAMS), values('O_PATH', 'O_RDONLY')) },
  { weight: 1, arbitrary: call('handle', file) },
);

const fd = values('%f', '%f', '%f', '%d', '%p', '%t', '%k');
const openFile = values('%f', '%f', '%t', '%k');
/** A file without a name that gets one: each is another one, as it would get a second otherwise. */
const unnamed: Calls = fc
  .tuple(fc.nat(1_000_000), folder, fc.constantFrom('flink', 'linkproc'), newName)
  .map(([number, where, how, name]): Call[] => [
    [`v${number}=tmpfile`, where],
    ['write', `%v${number}`],
    [how, `%v${number}`, name],
  ]);
const byDescriptor = fc.oneof(
  call('read', openFile, values(3)),
  call('write', openFile, values('x', 'yy')),
  call('pread', openFile, values(2)),
  call('pwrite', openFile, values('z')),
  call('ftruncate', openFile, values(0, 8)),
  call('fallocate', openFile, values(10)),
  call('fstat', fd),
  call('fchmod', fd, modes),
  call('fchown', fd, ids, ids),
  call('futime', fd),
  call('fchdir', values('%d', '%p', '%f')),
  call('fstatfs', fd),
  call('flist', values('%d', '%d', '%f')),
  call('fget', fd, values('security.selinux', 'user.a')),
  call('fset', fd, values('user.a', 'trusted.a'), values('1')),
  call('fremove', fd, values('user.a', 'trusted.a', 'security.selinux')),
  call('flistxattr', fd),
  // FIONREAD, TCGETS, FS_IOC_GETFLAGS, FIONBIO; FIBMAP, FIGETBSZ, FS_IOC_GETVERSION, FS_IOC_SETFLAGS, FIOASYNC
  call('ioctl', openFile, values(0x541b, 0x5401, 0x80086601, 0x5421, 0x6602)),
  call('ioctl', openFile, values(1, 2, 0x80087601, 0x40086602, 0x5452)),
  call('via', values('chmod'), fd, modes),
  call('via', values('stat', 'statfs', 'truncate', 'utime', 'listxattr', 'chdir', 'inotify'), fd),
  call('via', values('readlink'), values('%f', '%d', '%p', '%k')),
  call('via', values('access'), fd, values(0, 1, 4, 6)),
  call('via', values('chown'), fd, ids, ids),
  call('mkdirat', values('%d'), values('n0', 'n1', '../c/n2')),
  call('unlinkat', values('%d'), values('n0', 'n1', 'f', 'lf', '../c/n2')),
  call('fcntl', openFile, values('F_GETFL', 'F_GETOWN', 'F_SETOWN', 'F_GETSIG', 'F_SETSIG'), values(0)),
  // a watch, which is ended at once
  fc
    .tuple(values('%d', '%d', '%f', '%p'), values('DN_RENAME', 'DN_ACCESS|DN_ATTRIB'))
    .map(([which, events]): Call[] => [
      ['fcntl', which, 'F_NOTIFY', events],
      ['-fcntl', which, 'F_NOTIFY', 0],
    ]),
  call('fcntl', openFile, values('F_SETFL'), values('O_NONBLOCK', 'O_APPEND|O_NONBLOCK')),
  call('flock', fd, values('LOCK_SH|LOCK_NB', 'LOCK_EX|LOCK_NB', 'LOCK_UN')),
  call('lockf', openFile, values('F_SETLK', 'F_GETLK', 'F_OFD_SETLK'), values('F_RDLCK', 'F_WRLCK', 'F_UNLCK')),
  call('mmap', openFile, values('r', 'rw', 'rx'), values('private', 'shared')),
  fc
    .tuple(openFile, fc.constantFrom('private', 'shared'), fc.constantFrom('rx', 'rx', 'rwx'))
    .map(([which, how, mode]): Call[] => [
      ['a=mmap', which, 'r', how],
      ['mprotect', '%a', mode],
    ]),
  call('sendfile', openFile, openFile),
  call('copyrange', openFile, openFile),
  fc
    .tuple(openFile, openFile)
    .map(([from, to]): Call[] => [
      ['r=pipes'],
      ['splice', from, '%r2'],
      ['-write', '%r2', 'spliced'],
      ['splice', '%r', to],
    ]),
  unnamed,
  openFile.map((which): Call[] => [
    ['lease', which, 'F_RDLCK'],
    ['lease', which, 'F_UNLCK'],
  ]),
);

const name = values('user.a', 'trusted.a', 'security.other', 'security.selinux');
const marks = values('FAN_MARK_ADD', 'FAN_MARK_ADD|FAN_MARK_MOUNT', 'FAN_MARK_ADD|FAN_MARK_FILESYSTEM');
const byPath = fc.oneof(
  call('stat', anyPath),
  call('lstat', anyPath),
  call('access', anyPath, values(0, 1, 2, 4, 6, 7)),
  call('faccessat2', anyPath, values(1, 2, 4), values('AT_EACCESS', 'AT_SYMLINK_NOFOLLOW')),
  call('statfs', anyPath),
  call('fchmodat2', anyPath, modes, values('AT_SYMLINK_NOFOLLOW', 0)),
  call('list', folder),
  call('readlink', anyPath),
  call('chmod', anyPath, modes),
  call('chown', anyPath, ids, ids),
  call('lchown', anyPath, ids, ids),
  call('truncate', anyPath, values(0, 5)),
  call('utime', anyPath),
  call('lutime', anyPath),
  call('touch', anyPath),
  call('setxattr', anyPath, name, values('1')),
  call('getxattr', anyPath, name),
  call('lgetxattr', anyPath, name),
  call('listxattr', anyPath),
  call('llistxattr', anyPath),
  call('removexattr', anyPath, name),
  call('lremovexattr', anyPath, name),
  call('chdir', fc.oneof(folder, folder, anyPath)),
  call('getcwd'),
  call('inotify', anyPath, values(2, 1, 0x10, 0xfff)),
  call('fanotify', anyPath, values(1, 2, 0x20)),
  call('fanotify', anyPath, values(1, 2, 0x20), values(0, 'FAN_REPORT_FID'), marks),
  call('chroot', values('/')),
);
const changing = fc.oneof(
  call('mkdir', newName, modes),
  call('rmdir', fc.oneof(newName, folder, anyPath)),
  call('unlink', anyPath),
  call('unlink', newName),
  call('rename', anyPath, newName),
  call('rename', anyPath, anyPath),
  call('rename2', anyPath, anyPath, values('RENAME_NOREPLACE', 'RENAME_EXCHANGE')),
  call('rename2', anyPath, newName, values('RENAME_WHITEOUT', 'RENAME_WHITEOUT|RENAME_NOREPLACE')),
  call('symlink', values('f', 'none', '.'), newName),
  call('mknod', newName, values('S_IFIFO', 'S_IFSOCK', 'S_IFREG')),
  call('mknod', newName, values('S_IFCHR'), values(259)),
);

export const CURRENT = '/proc/thread-self/attr/current';
const becoming = fc.oneof(
  { weight: 1, arbitrary: call('cat', values(CURRENT)) },
  { weight: 1, arbitrary: call('setuid', values(0, 1000)) },
  { weight: 1, arbitrary: call('setgid', values(0, 1000)) },
  { weight: 1, arbitrary: call('setpgid', values(0)) },
  { weight: 1, arbitrary: call('setgroups', values(0, 1000)) },
  { weight: 1, arbitrary: call('prctl', values('PR_CAPBSET_DROP'), values(37)) },
  {
    weight: 1,
    arbitrary: fc.constant<Call[]>([['unshare', 'uts'], ['sethostname']]),
  },
);
const executing = fc.oneof(
  { weight: 4, arbitrary: call('run', values(...PROGRAMS)) },
  { weight: 1, arbitrary: call('run', anyPath) },
  { weight: 2, arbitrary: call('fexec', values('%e', '%f', '%p', '%t')) },
);

/** @param ofModule calls about labels, as the module has them. */
export const fileCalls = (ofModule: Calls): Calls =>
  fc.oneof(
    { weight: 7, arbitrary: opening },
    { weight: 7, arbitrary: byDescriptor },
    { weight: 7, arbitrary: byPath },
    { weight: 6, arbitrary: changing },
    { weight: 1, arbitrary: becoming },
    { weight: 1, arbitrary: executing },
    { weight: 3, arbitrary: ofModule },
  );

/** The last call of a process: a file gets another name, which `FORGOTTEN` removes. */
export const linking: Calls = call(
  'link',
  fc.oneof(file, anyPath),
  folder.map((where) => `${where}/second`),
);
export const FORGOTTEN: readonly Call[] = FOLDERS.map((where) => ['-unlink', `${where}/second`]);
