/** Random rules as command lines of auditctl: of all lists, with fields that it lets pass, and some that it or the kernel refuses. */
import fc from 'fast-check';
import { joined, mostly, one, several } from './texts.ts';

const id = one('0', '1000', '65534', 'root', 'nobody', 'unset', '4294967295', '-1');
const number = one('0', '1', '2', '77', '4294967295', '-1', '0x10');
const compare = mostly(one('=', '!='), one('<', '>', '<=', '>='));
const equal = one('=', '!=');
const field = (names: readonly string[], op: fc.Arbitrary<string>, value: fc.Arbitrary<string>) =>
  fc.tuple(fc.constantFrom(...names), op, value).map((parts) => `-F '${parts.join('')}'`);

const ids = field(
  ['uid', 'euid', 'suid', 'fsuid', 'gid', 'egid', 'sgid', 'fsgid', 'auid', 'obj_uid', 'obj_gid'],
  compare,
  id,
);
const numbers = field(['pid', 'ppid', 'sessionid', 'inode', 'devmajor', 'devminor', 'success'], compare, number);
const exits = field(['exit'], compare, one('0', '-EACCES', '-ENOENT', '1', '-1', 'EPERM'));
const args = field(['a0', 'a1', 'a2', 'a3'], mostly(compare, one('&', '&=')), number);
const labels = field(
  ['subj_user', 'subj_role', 'subj_type', 'subj_sen', 'subj_clr', 'obj_user', 'obj_role', 'obj_type', 'obj_lev_low'],
  compare,
  one('nosuch_t', 's0', 'x y'),
);
const files = fc.oneof(
  field(['path'], one('='), one('/etc/passwd', '/etc/nosuch', '/nosuch/x', 'relative')),
  field(['dir'], one('='), one('/etc', '/tmp', '/nosuch')),
);
const exe = field(['exe'], equal, one('/bin/ls', '/usr/bin/nosuch', '/nosuch/x'));
const perm = field(['perm'], one('='), one('r', 'w', 'wa', 'rwxa'));
const filetype = field(['filetype'], equal, one('file', 'dir', 'socket', 'fifo', 'link', 'character', 'block'));
const family = field(['saddr_fam'], compare, one('inet', 'inet6', 'local', 'netlink', '2'));
const type = field(['msgtype'], compare, one('USER_LOGIN', 'CWD', 'AVC', 'USER', '1100', '1399'));
const between = fc
  .tuple(
    one('auid', 'uid', 'euid', 'gid', 'egid'),
    equal,
    one('obj_uid', 'obj_gid', 'uid', 'suid', 'fsuid', 'gid', 'sgid', 'fsgid'),
  )
  .map((parts) => `-C '${parts.join('')}'`);
const fstype = field(['fstype'], equal, one('debugfs', 'tracefs', '0x64626720'));

const arch = mostly(one('-F arch=b64', '-F arch=b64', '-F arch=b32'), one('', '-F arch=x86_64', '-F arch!=b64'));
const calls = mostly(
  several(['-S open,openat', '-S mkdir', '-S kill', '-S 83', '-S execve', '-S bind,connect'], ' '),
  one('', '-S all', '-S nosuchcall', '-S 2047', '-S 5000'),
);
const key = mostly(one('', '-k key', "-k 'two words'"), one(`-k ${'x'.repeat(31)}`, `-k ${'x'.repeat(300)}`));
const some = (of: fc.Arbitrary<string>, most = 3) => fc.array(of, { maxLength: most }).map((list) => list.join(' '));
const add = mostly(one('-a', '-A'), one('-d'));
const onList = (list: string, fields: fc.Arbitrary<string>) =>
  joined(
    ' ',
    add,
    mostly(one(`always,${list}`, `never,${list}`), one(`possible,${list}`, `${list},always`)),
    fields,
    key,
  );

const ofCalls = joined(
  ' ',
  arch,
  calls,
  some(fc.oneof(ids, numbers, exits, args, labels, files, exe, filetype, family, between, perm)),
);
const watch = joined(
  ' ',
  mostly(one('-w'), one('-W')),
  one('/etc/passwd', '/etc', '/etc/nosuch', '/tmp/', '/nosuch/x', 'relative'),
  one('', '-p wa', '-p rwxa', '-p x'),
  key,
);

export const auditRule: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: onList('exit', ofCalls) },
  { weight: 2, arbitrary: onList('exclude', some(fc.oneof(type, ids, labels, exe))) },
  { weight: 2, arbitrary: onList('user', some(fc.oneof(type, ids, numbers, labels))) },
  { weight: 1, arbitrary: onList('task', some(fc.oneof(ids, numbers))) },
  { weight: 1, arbitrary: onList('filesystem', some(fstype, 1)) },
  {
    weight: 1,
    arbitrary: onList(
      'io_uring',
      joined(' ', one('-S openat', '-S all', '-S uring_cmd'), some(fc.oneof(ids, exits, files))),
    ),
  },
  { weight: 3, arbitrary: watch },
);
