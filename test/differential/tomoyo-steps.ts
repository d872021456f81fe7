/**
 * Random operations on the nodes of TOMOYO.
 *
 * Left out, because the probe's own domain would be held by it: profiles of `<kernel>` and the modes of its profile 0; `query` and
 * `audit`, which show what programs do. Numbers of bytes are normalised: structures of a kernel have other sizes.
 */
import fc from 'fast-check';
import type { Step } from './step.ts';

const DIRECTORY = '/sys/kernel/security/tomoyo';
const at = (node: string): string => `${DIRECTORY}/${node}`;

const one = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const mostly = (usual: fc.Arbitrary<string>, odd: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 10, arbitrary: usual }, { weight: 1, arbitrary: odd });
const joined = (by: string, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((list) => list.filter((text) => text !== '').join(by));
const several = (of: readonly string[], by: string): fc.Arbitrary<string> =>
  fc.subarray([...of], { minLength: 1, maxLength: Math.min(3, of.length) }).map((list) => list.join(by));

const path = mostly(
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
const number = mostly(
  one('0', '1', '7', '0755', '0x1f', '10-20', '0-65535', '@N', '0777-0xfff', '4294967295'),
  one('x', '20-10', '1-', '-1', '08', '0x', '18446744073709551615', '18446744073709551616', '@', '1-2-3'),
);
const address = mostly(
  one('10.0.0.1', '10.0.0.0-10.0.0.255', '::1', 'fe80::-fe80::ff', '@A', '0.0.0.0', '010.0.0.09', '1:2:3:4:5:6:7:8'),
  one('10.0.0', '10.0.0.256', '::1-10.0.0.1', 'x', '10.0.0.2-10.0.0.1', '1.2.3.4/8', ':::'),
);

const SUB_DOMAINS = ['/bin/sh', '/bin/sh /bin/cat', '/usr/sbin/sshd', '/bin/sh /usr/sbin/sshd /bin/bash'];
/** None of these is one that a task of the probe is in. */
const domain = mostly(
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
const rule = joined(
  ' ',
  fc.oneof(
    { weight: 6, arbitrary: joined(' ', one('file'), file) },
    { weight: 3, arbitrary: joined(' ', one('network'), network) },
    { weight: 1, arbitrary: joined(' ', one('misc env'), one('PATH', 'A=B', '\\*', '', 'HOME')) },
    { weight: 1, arbitrary: joined(' ', one('task manual_domain_transition'), domain) },
  ),
  fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary: conditions }),
);

const removed = (line: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 4, arbitrary: line }, { weight: 1, arbitrary: line.map((text) => `delete ${text}`) });
const spaced = (line: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  mostly(
    line,
    fc.tuple(line, one(' ', '  ', '\t')).map(([text, by]) => `${by}${text.replaceAll(' ', by)}${by}`),
  );
const lines = (line: fc.Arbitrary<string>, ending = one('\n', '\n', '\n', '')): fc.Arbitrary<string> =>
  fc.tuple(fc.array(spaced(line), { minLength: 1, maxLength: 6 }), ending).map(([list, end]) => list.join('\n') + end);

const domainLine = fc.oneof(
  { weight: 10, arbitrary: removed(rule) },
  { weight: 1, arbitrary: removed(one('use_profile 1', 'use_profile 255', 'use_profile 256', 'use_profile x')) },
  { weight: 1, arbitrary: removed(one('use_group 0', 'use_group 255', 'use_group 256', 'use_group x')) },
  { weight: 1, arbitrary: removed(one('quota_exceeded', 'transition_failed', 'bogus', '')) },
);
/** Each block begins with a domain of its own, so that no line is about that of the probe. */
const domainPolicy = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(domain, lines(domainLine)).map(([name, text]) => `${name}\n${text}`) },
  { weight: 1, arbitrary: domain.map((name) => `delete ${name}\n`) },
  { weight: 1, arbitrary: lines(domainLine) },
);
const program = one('/bin/sh', '/usr/sbin/sshd', 'any', '/\\*', 'relative', 'fs:/x', './x', '');
const from = fc.oneof(fc.constant(''), joined(' ', one('from'), fc.oneof(one('any', '/bin/sh', 'x'), domain)));
const control = [
  'initialize_domain',
  'no_initialize_domain',
  'keep_domain',
  'no_keep_domain',
  'reset_domain',
  'no_reset_domain',
];
const exceptionLine = joined(
  ' ',
  mostly(fc.constant(''), one('<ns1>', '<kernel>', '<ns1', '<>')),
  removed(
    fc.oneof(
      joined(' ', one(...control), program, from),
      joined(' ', one('aggregator'), path, one('proc:exe', '/bin/x', '\\*', '')),
      joined(' ', one('path_group'), one('TMP', 'X', '@Y', ''), path),
      joined(' ', one('number_group'), one('N', 'M', ''), number),
      joined(' ', one('address_group'), one('A', 'B', ''), address),
      joined(' ', one('acl_group'), one('0', '1', '255', '256', 'x'), rule),
      one('bogus', 'path_group', 'reset', 'select transition_only'),
    ),
  ),
);
const mode = mostly(one('disabled', 'learning', 'permissive', 'enforcing'), one('bogus', 'enforcing learning', ''));
const setting = fc
  .tuple(mode, one('', 'grant_log=yes', 'grant_log=no'), one('', 'reject_log=no', 'reject_log=x'))
  .map(([name, grant, reject]) => `={ mode=${name} ${grant} ${reject} }`);
const category = one(
  ...[
    '',
    '::file',
    '::network',
    '::misc',
    '::file::execute',
    '::file::mkdir',
    '::network::inet_stream_bind',
    '::misc::env',
  ],
  ...['::bogus', '::file::bogus', '::', 'x', '::network::unix_raw_send'],
);
const profileLine = fc.oneof(
  joined(
    '',
    one('1-', '2-', '255-', '<ns1> 0-', '<ns1> 3-'),
    one('CONFIG'),
    category,
    fc.oneof(setting, one('=use_default', '')),
  ),
  joined(
    '',
    one('0-', '1-', '255-', '256-', '<ns1> 1-', '-'),
    one('COMMENT='),
    one('', 'x', 'two words', 'a\\040b', '\xe9'),
  ),
  joined(
    '',
    one('1-', '2-'),
    one('PREFERENCE={ max_audit_log='),
    one('10', 'x', '4294967296'),
    one(' max_learning_entry=7 }', ''),
  ),
  one('PROFILE_VERSION=20150505', 'PROFILE_VERSION=1', 'bogus', '<ns1> PROFILE_VERSION=20150505', '1-BOGUS=1', '1-'),
);
const managerLine = removed(
  fc.oneof(one('/usr/sbin/tomoyo-editpolicy', '/\\*', 'x', 'manage_by_non_root', ''), domain, path),
);
const statLine = one(
  'Memory used by policy: 0',
  'Memory used by audit log: 10',
  'Memory used by bogus: 1',
  'x',
  'Memory used by query message: 4294967297',
);

const NODES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  domain_policy: domainPolicy,
  exception_policy: lines(exceptionLine),
  profile: lines(profileLine),
  manager: lines(managerLine),
  stat: lines(statLine),
  self_domain: mostly(domain, one('', 'x', '<kernel> /never')),
  version: one('x\n'),
  audit: one('x\n'),
  '.process_status': one('1\n', 'x\n', '999999999\n', '4294967296\n', ''),
};
const WEIGHTS: Readonly<Record<string, number>> = { domain_policy: 8, exception_policy: 6, profile: 4, manager: 2 };
const node = fc.oneof(
  ...Object.keys(NODES).map((name) => ({ weight: WEIGHTS[name] ?? 1, arbitrary: fc.constant(name) })),
);

const NORM = [
  ['\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d', 'DATE'],
  ['(Memory used by [a-z ]+:|Total memory used:) +\\d+', '\\1 N'],
];
const SHOWN = ['domain_policy', 'exception_policy', 'profile', 'manager', 'stat', 'self_domain', 'version'];
const size = 262_144;
const show = (name: string): Step => ({ op: 'read', path: at(name), size, norm: NORM });
const write = node.chain((name) =>
  (NODES[name] as fc.Arbitrary<string>).map((data): Step => ({ op: 'write', path: at(name), data })),
);
const read = fc.constantFrom(...SHOWN).map(show);
/** One that selects, then reads the same descriptor. */
const selection = fc.oneof(
  domain.map((name) => `select domain=${name}`),
  domain.map((name) => `select ${name}`),
  one('select transition_only', 'select pid=1', 'select pid=999999999', 'select Q=7', 'select bogus', 'reset'),
);
const selected = selection.map(
  (text): Step => ({ op: 'txn', path: at('domain_policy'), data: `${text}\n`, readanyway: true, size, norm: NORM }),
);
/** In two writes of one descriptor. */
const split = fc.tuple(one('exception_policy', 'manager', 'profile'), fc.nat(20)).chain(([name, where]) =>
  (NODES[name] as fc.Arbitrary<string>).map(
    (data): Step => ({
      op: 'fd',
      path: at(name),
      flags: 'O_WRONLY',
      do: [
        ['write', data.slice(0, where)],
        ['write', data.slice(where)],
      ],
    }),
  ),
);
const asOther = fc
  .tuple(
    fc.oneof(write, read),
    fc.constantFrom(1000, { drop: ['CAP_MAC_ADMIN'] }, { uid: 1000, keep: ['CAP_DAC_OVERRIDE'] }),
  )
  .map(([step, as]): Step => ({ ...step, as }));
const status = one('1', 'x', '999999999', 'global-pid 1', '+1', '-1', '').map(
  (data): Step => ({ op: 'txn', path: at('.process_status'), data: `${data}\n`, readanyway: true }),
);
const step = fc.oneof(
  { weight: 10, arbitrary: write },
  { weight: 3, arbitrary: read },
  { weight: 2, arbitrary: selected },
  { weight: 2, arbitrary: split },
  { weight: 1, arbitrary: asOther },
  { weight: 1, arbitrary: status },
);

/** @returns `count` steps, then all that there is to read; the same for the same seed. */
export function tomoyoSteps(seed: number, count: number): Step[] {
  return [...fc.sample(step, { seed, numRuns: count }), ...SHOWN.map(show)];
}
