import { describe, expect, it } from 'vitest';
import { ALL_CAPABILITIES } from '../../../linux/capability.ts';
import { KERNEL_BUILDS } from '../../builds.ts';
import type { AskedFile, WhyRequest } from '../../framework/inspection/why.ts';
import { createWorld } from '../../library/index.ts';

const USER = { uid: 0, euid: 0, gid: 0, egid: 0 };
const FILE: AskedFile = { magic: 0xef53, type: 'ext4', uid: 1000, gid: 0, mode: 0o100644, user: USER };
const RULES = [
  'dont_measure fsmagic=0x9fa0',
  'measure func=FILE_CHECK mask=MAY_READ uid=5',
  'measure func=BPRM_CHECK mask=MAY_EXEC fowner=1000 pcr=11',
  'dont_appraise fsname=ext4',
  'appraise func=BPRM_CHECK',
  'audit func=FILE_CHECK mask=MAY_WRITE fowner=0',
];

function ask(words: readonly string[], file: AskedFile = FILE) {
  const world = createWorld({ lsm: '' });
  world.fs.writeFileSync('/sys/kernel/security/ima/policy', RULES.map((rule) => `${rule}\n`).join(''));
  const told = world.stack.explanations.get('ima')?.({ query: 'access', words, file });
  if (told === undefined) throw new Error('it does not explain itself');
  return 'problem' in told ? told.problem : told.text;
}

describe('lsmfs why --lsm=ima', () => {
  it('names the rule of each action', () => {
    expect(ask(['/f', 'bprm_check'])).toBe(
      `/f  BPRM_CHECK MAY_EXEC
  measured: measure func=BPRM_CHECK mask=MAY_EXEC pcr=11 fowner=1000
  not appraised: dont_appraise fsname=ext4
  not audited: no rule matches
  not hashed: no rule matches
`,
    );
  });

  it('tells what of the other rules does not hold', () => {
    expect(ask(['/f'])).toBe(
      `/f  FILE_CHECK MAY_READ
  not measured: no rule matches
    dont_measure fsmagic=0x9fa0: not fsmagic=0x9fa0
    measure func=FILE_CHECK mask=MAY_READ uid=5: not uid=5
  not appraised: dont_appraise fsname=ext4
  not audited: no rule matches
    audit func=FILE_CHECK mask=MAY_WRITE fowner=0: not mask=MAY_WRITE, not fowner=0
  not hashed: no rule matches
`,
    );
  });

  it('refuses questions without a meaning', () => {
    expect(ask(['/f', 'OPEN'])).toBe("'OPEN' is not a hook that uses files (func=).");
    expect(ask(['/f', 'KEY_CHECK'])).toBe("'KEY_CHECK' is not a hook that uses files (func=).");
    expect(ask(['/f', 'FILE_CHECK', 'READ'])).toBe("'READ' is not an access mode (mask=).");
    expect(ask(['/f'], { ...FILE, mode: 0o040755 })).toBe(
      '/f is not a regular file. Rules apply to regular files only.',
    );
  });

  it('asks each namespace of a task, the nearest first, and tells where its list has the file', () => {
    const world = createWorld({ lsm: '', build: KERNEL_BUILDS['debian-policy'] });
    const ids = [{ inside: 0, first: 1000, count: 1 }];
    const userNamespace = { id: 77, ancestors: [], rootUid: 1000, rootGid: 1000, uids: ids, gids: ids };
    const task = world.spawn({ userNamespace, capabilities: ALL_CAPABILITIES, uid: 1000, gid: 1000 });
    task.mount('securityfs');
    const why = (request: Partial<WhyRequest>, of = world.stack.find(task.tid)) => {
      const told = world.stack.explanations.get('ima')?.({ query: 'access', words: ['f'], file: FILE, ...request }, of);
      return told === undefined || 'problem' in told ? told?.problem : told.text;
    };
    const heads = (text = '') => text.split('\n').filter((line) => /^in |measured/.test(line));
    expect(heads(why({}))).toEqual([
      ...['in 77 (not active: its rules do not count)', '  not measured: no rule matches'],
      ...['in init', '  not measured: no rule matches'],
    ]);
    task.fs.writeFileSync('/sys/kernel/security/ima/active', '1');
    task.fs.writeFileSync('/sys/kernel/security/ima/policy', 'measure func=FILE_CHECK mask=MAY_READ fowner=0\n');
    const file = { ...FILE, path: 'boot_aggregate' };
    expect(heads(why({ file }))).toEqual([
      ...['in 77', '  measured: measure func=FILE_CHECK mask=MAY_READ fowner=0'],
      ...['in init', '  not measured: no rule matches'],
    ]);
    expect(why({ file, namespace: '77' })).toContain('fowner=0\n    listed: entry 1\n  not appraised');
    expect(why({ namespace: 'init' })).not.toContain('in init');
    expect(why({ namespace: '78' })).toBe("There is no ima namespace '78'.");
  });
});
