/**
 * Random scenes of SELinux beside those about files and other processes: mounts, keys, privileges, and objects without a name in the tree.
 *
 * Left out: rings but that of the session, what is linked or removed there, keys that neither root nor their user may see, and those that
 * two processes give one name or that are made anew under the name of an older one (mediation.md); filesystems that lsmfs serves;
 * bpf(2), which depends on the host's settings; use of keys that were invalidated, which
 * a kernel collects some time later.
 */
import fc from 'fast-check';
import { type Call, type Calls, CURRENT, call, values } from './mediation-file-calls.ts';
import { directoryLabel, domain, fileLabel } from './mediation-names.ts';
import { leaving, mountCalls, PLACE, privilegeCalls } from './mediation-privilege-calls.ts';
import { child, identity, inDomain, logged, quietly, several } from './mediation-scenes.ts';
import type { Step } from './step.ts';

const LABEL = 'security.selinux';
const KEYCREATE = '/proc/thread-self/attr/keycreate';

/** @param before calls of the process before it is in its domain. @param last its last call. */
const scene = (calls: Calls, before: Calls, last: Calls = fc.constant([])): fc.Arbitrary<Step[]> =>
  fc
    .tuple(identity, domain, several(calls), before, fc.option(last, { nil: [], freq: 2 }))
    .map(([who, label, list, earlier, final]) => [
      child([quietly([['!chdir', '@C/a'], ...earlier]), ...who, inDomain(label), logged([...list, ...final])]),
    ]);

const ownMounts: readonly Call[] = [
  ['!unshare', 'mnt'],
  ['-mount', 'none', '/', '', 'MS_REC|MS_PRIVATE'],
];

const mountLabel = fc
  .tuple(fc.constantFrom('context', 'rootcontext', 'fscontext', 'defcontext'), fc.oneof(directoryLabel, fileLabel))
  .map(([option, label]) => `${option}=${label}`);
const below = (name: string) => PLACE.map((where) => `${where}/${name}`);
const labelledMounts: Calls = fc.oneof(
  { weight: 3, arbitrary: call('mount', values('none'), PLACE, values('tmpfs', 'ramfs'), values(0), mountLabel) },
  { weight: 1, arbitrary: call('mount', values('none'), PLACE, values(''), values('MS_REMOUNT'), mountLabel) },
  { weight: 1, arbitrary: call('setxattr', PLACE, values(LABEL), directoryLabel) },
  { weight: 1, arbitrary: call('n=open', below('n0'), values('O_RDWR|O_CREAT', 'O_RDONLY')) },
  { weight: 1, arbitrary: call('mkdir', below('n1')) },
  { weight: 1, arbitrary: call('lgetxattr', below('n0'), values(LABEL)) },
  { weight: 1, arbitrary: call('statfs', PLACE) },
  { weight: 1, arbitrary: call('inotify', PLACE) },
);

const ALL_RIGHTS = 0x3f3f3f3f;
const SESSION = -3;
/** Keys have a name of their own each. */
const keyName = fc.noBias(fc.nat(1_000_000)).map((number) => `key${number}`);
const key = values('%k', '%k', '%y');
const keyctl = (command: string, ...parts: Parameters<typeof call>[1][]) => call('keyctl', values(command), ...parts);

const keyCalls: Calls = fc.oneof(
  { weight: 4, arbitrary: call('k=add_key', keyName, values(SESSION)) },
  { weight: 1, arbitrary: call('put', values(KEYCREATE), fc.oneof(domain, fc.constant('\n'))) },
  ...['read', 'describe', 'security', 'revoke'].map((command) => ({
    weight: command === 'security' || command === 'revoke' ? 1 : 3,
    arbitrary: keyctl(command, key),
  })),
  {
    weight: 1,
    arbitrary: keyName.map((name): Call[] => [
      [`${name}=add_key`, name, SESSION],
      ['keyctl', 'invalidate', `%${name}`],
    ]),
  },
  { weight: 2, arbitrary: keyctl('setperm', key, values(ALL_RIGHTS, 0x3f010000, 0x3f3f0000)) },
  { weight: 2, arbitrary: keyctl('update', values('%k', '%y'), values('zz'), values(2)) },
  { weight: 1, arbitrary: keyctl('timeout', key, values(100)) },
  { weight: 1, arbitrary: keyctl('clear', values(-1, -2)) },
);
const keyScene = fc.tuple(domain, keyName).chain(([label, name]) =>
  scene(
    keyCalls,
    fc.constant<Call[]>([
      ['!keyctl', 'join', 'orc'],
      ['-put', KEYCREATE, label],
      ['-y=add_key', name, SESSION],
      ['-put', KEYCREATE, '\n'],
      ['-keyctl', 'setperm', '%y', ALL_RIGHTS],
    ]),
    keyctl('invalidate', values('%y')),
  ),
);

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_GETROUTE = 26;
const NO_SUCH_TYPE = 200;
const object = values('%m', '%m', '%i', '%e');
const objectCalls: Calls = fc.oneof(
  call('m=memfd', values('one', 'two'), values(1, 3)),
  call('i=io_uring', values(0, 0, 2)),
  call('e=userfaultfd', values(0x80800, 0x80801)),
  call('fstat', object),
  call('fchmod', object, values('600', '755')),
  call('fget', object, values(LABEL)),
  call('fset', values('%m'), values(LABEL), fileLabel),
  call('write', values('%m'), values('x')),
  call('read', values('%m'), values(2)),
  call('mmap', values('%m'), values('r', 'rw', 'rx'), values('private', 'shared')),
  call('reopen', values('%m'), values('O_RDONLY', 'O_RDWR')),
  call('fexec', values('%m')),
  call('ftruncate', values('%m'), values(8)),
  call('ioctl', object, values(0x5401, 0x541b, 0x5421)),
  call('dup2', object, values(20)),
  call('put', values('/proc/thread-self/attr/fscreate'), fc.oneof(fileLabel, fc.constant('\n'))),
  call('put', values(CURRENT), domain),
  fc.constantFrom(RTM_NEWLINK, RTM_GETLINK, RTM_GETROUTE, NO_SUCH_TYPE).map((kind): Call[] => [
    ['s=socket', 'AF_NETLINK', 'SOCK_RAW', 0],
    ['nlsend', '%s', kind],
  ]),
);

const privileged = fc.constant<Call[]>([...ownMounts, ['-o=bystander', 1000], ['-p=bystander', 0]]);

/** Limits of root need a capability that not every host gives (CAP_SYS_RESOURCE) once the caller is another user. */
const privileges = privilegeCalls.map((list) => list.filter(([name]) => name !== 'prlimit'));

export const specialScene: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 3, arbitrary: scene(fc.oneof(mountCalls, labelledMounts), fc.constant([...ownMounts])) },
  { weight: 2, arbitrary: keyScene },
  { weight: 2, arbitrary: scene(privileges, privileged, leaving) },
  { weight: 2, arbitrary: scene(objectCalls, fc.constant([])) },
);
