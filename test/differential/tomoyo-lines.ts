/** What is written to each node of TOMOYO: mostly lines of policies. */
import fc from 'fast-check';
import { joined, mostly, one } from './texts.ts';
import { address, domain, number, path, rule } from './tomoyo-rules.ts';

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

/** Of the directory, by name. */
export const NODES: Readonly<Record<string, fc.Arbitrary<string>>> = {
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
