/** Rules of TOMOYO: operations, operands, conditions, and the domains that they are about. */
import fc from 'fast-check';
import { joined, mostly, one, several } from './texts.ts';

export const path = mostly(
  one(
    '/bin/sh',
    '/bin/cat',
    '/etc/\\*',
    '/tmp/',
    '/tmp/\\{a\\}/',
    '/dev/pts/\\$',
    '/a\\040b',
    '/usr/\\-bin/x',
    '/\\\\',
  ),
  one(
    'relative',
    '/a\\',
    '/a\\101',
    '/\\{a',
    '/a\\}/',
    '@TMP',
    '@',
    'pipe:[\\$]',
    '/x"y',
    '/\xe9',
    '\\*',
    '/a\\{b\\}/',
  ),
);
export const number = mostly(
  one('0', '1', '7', '0755', '0x1f', '10-20', '0-65535', '@N', '0777-0xfff', '4294967295'),
  one('x', '20-10', '1-', '-1', '08', '0x', '18446744073709551615', '18446744073709551616', '@', '1-2-3'),
);
export const address = mostly(
  one('10.0.0.1', '10.0.0.0-10.0.0.255', '::1', 'fe80::-fe80::ff', '@A', '0.0.0.0', '010.0.0.09', '1:2:3:4:5:6:7:8'),
  one('10.0.0', '10.0.0.256', '::1-10.0.0.1', 'x', '10.0.0.2-10.0.0.1', '1.2.3.4/8', ':::'),
);

const SUB_DOMAINS = ['/bin/sh', '/bin/sh /bin/cat', '/usr/sbin/sshd', '/bin/sh /usr/sbin/sshd /bin/bash'];
/** None of these is one that a task of the probe is in. */
export const domain = mostly(
  one(...SUB_DOMAINS.map((name) => `<kernel> ${name}`), '<ns1> /bin/sh', '<ns1>', '<ns/2> /bin/x'),
  one(
    '<kernel> relative',
    '<kernel> fs:/x',
    '<kernel> a.b/c',
    '<ns1',
    '<> /x',
    '<kernel>/x',
    '<kernel> /a\\101',
    '<ns 1> /x',
  ),
);

const PATH_OPERATIONS = ['execute', 'read', 'write', 'append', 'unlink', 'getattr', 'rmdir', 'truncate', 'symlink'];
const NUMBERED = ['create', 'mkdir', 'mkfifo', 'mksock', 'ioctl', 'chmod', 'chown', 'chgrp'];
const file = fc.oneof(
  joined(
    ' ',
    mostly(several([...PATH_OPERATIONS, 'chroot', 'unmount'], '/'), one('reads', 'read/', '/read', 'bogus')),
    path,
  ),
  joined(' ', several(['link', 'rename', 'pivot_root'], '/'), path, path),
  joined(' ', several(NUMBERED, '/'), path, number),
  joined(' ', several(['mkblock', 'mkchar'], '/'), path, number, number, number),
  joined(' ', one('mount'), path, path, one('ext4', '--remount', '--bind', 'tmpfs', '\\*'), number),
);
const port = mostly(one('22', '80', '1024-65535', '@N', '0'), one('65536', 'x', '80-70', '65535-65536'));
const socketOperations = several(['bind', 'listen', 'connect', 'send'], '/');
const network = fc.oneof(
  joined(' ', one('inet'), one('stream', 'dgram', 'raw', 'seqpacket', 'x'), socketOperations, address, port),
  joined(' ', one('unix'), one('stream', 'dgram', 'raw', 'seqpacket', 'x'), socketOperations, path),
);
const side = one(
  ...['task.uid', 'task.euid', 'task.gid', 'task.pid', 'task.ppid', 'exec.argc', 'exec.envc', 'path1.uid'],
  ...[
    'path2.ino',
    'path1.parent.uid',
    'path1.perm',
    'path1.type',
    'path1.parent.perm',
    'path1.dev_major',
    'path1.minor',
  ],
  ...['file', 'socket', 'setuid', 'owner_read', 'others_execute', '0', '1-5', '@N', '0755', 'task.type', 'bogus', ''],
);
const quoted = mostly(one('"/bin/sh"', '"/etc/\\*"', '""', '@TMP'), one('"a b"', '"', 'x', '"/a\\"', 'NULL'));
const condition = fc.oneof(
  joined('', side, one('=', '!='), side),
  joined('', one('exec.realpath', 'symlink.target'), one('=', '!='), quoted),
  joined(
    '',
    one('exec.argv[0]', 'exec.argv[1]', 'exec.argv[01]', 'exec.argv[x]', 'exec.argv[]'),
    one('=', '!='),
    quoted,
  ),
  joined(
    '',
    one('exec.envp["PATH"]', 'exec.envp["A\\040B"]', 'exec.envp[""]', 'exec.envp[PATH]'),
    one('=', '!='),
    one('"x"', 'NULL', '""', 'y'),
  ),
  one('grant_log=yes', 'grant_log=no', 'grant_log=maybe', 'grant_log!=yes'),
);
const transition = one(
  '',
  '',
  '',
  'keep',
  'reset',
  'initialize',
  'child',
  'parent',
  '/bin/other',
  '<ns1> /x',
  '<kernel>',
);
const conditions = fc
  .tuple(transition, fc.array(condition, { maxLength: 2 }))
  .map(([leads, list]) => [leads, ...list].filter((text) => text !== '').join(' '));
export const rule = joined(
  ' ',
  fc.oneof(
    { weight: 6, arbitrary: joined(' ', one('file'), file) },
    { weight: 3, arbitrary: joined(' ', one('network'), network) },
    { weight: 1, arbitrary: joined(' ', one('misc env'), one('PATH', 'A=B', '\\*', '', 'HOME')) },
    { weight: 1, arbitrary: joined(' ', one('task manual_domain_transition'), domain) },
  ),
  fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary: conditions }),
);
