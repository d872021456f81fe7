import { beforeEach, describe, expect, it } from 'vitest';
import { CAP } from '../../../../linux/capability.ts';
import { AuditTree, ROOT, USER_NAMESPACE, without } from './testing.ts';

let tree: AuditTree;

beforeEach(() => {
  tree = new AuditTree();
});

describe('status and features', () => {
  it('show what auditctl -s does, and take a line for each write', () => {
    expect(tree.text('status')).toBe(
      `enabled 0\nfailure 1\npid 0\nrate_limit 0\nbacklog_limit 64\nlost 0\nbacklog 0\nbacklog_wait_time 6000\nbacklog_wait_time_actual 0\nloginuid_immutable 0 unlocked\n`,
    );
    const file = tree.opened('status');
    expect(file.handle.write?.(new TextEncoder().encode('enabled 1\nfailure 2\n'), { offset: 0 }, ROOT)).toBe(10);
    expect(file.write('rate_limit 3\n\nbacklog_wait_time 10')).toBe('ok');
    expect(tree.text('status')).toMatch(/^enabled 1\nfailure 1\npid 0\nrate_limit 3\n.*\nbacklog_wait_time 10\n/s);
    expect(tree.bodies('log')[0]).toBe(
      'CONFIG_CHANGE op=set audit_rate_limit=3 old=0 auid=4294967295 ses=4294967295 res=1',
    );
  });

  it.each([
    'enabled 3',
    'enabled',
    'enabled -1',
    'enabled 1 2',
    'enabled 4294967297',
    'failure 3',
    'pid 10',
    'backlog 0',
    'lost 1',
    'no_such 1',
    'constructor 1',
    '__proto__ 0',
    'backlog_wait_time 60001',
  ])('refuse %s', (line) => {
    expect(tree.write('status', line)).toBe('EINVAL');
  });

  it('are set back where they count, with the records', () => {
    tree.write('status', 'enabled 1');
    tree.toys.stack.audit.status.lost = 7;
    expect(tree.write('status', 'lost 0\nbacklog_wait_time_actual 0\n')).toBe('ok');
    expect(tree.bodies('log').map((body) => body.split(' ').slice(1, 4).join(' '))).toEqual([
      'op=set lost=0 old=7',
      'op=set backlog_wait_time_actual=0 old=0',
    ]);
  });

  it('are locked for good', () => {
    expect(tree.write('status', 'enabled 2\n')).toBe('ok');
    expect(tree.write('status', 'enabled 1\n')).toBe('EPERM');
    expect(tree.write('status', 'rate_limit 1\n')).toBe('EPERM');
    expect(tree.bodies('log')).toEqual([
      'CONFIG_CHANGE op=set audit_enabled=1 old=2 auid=4294967295 ses=4294967295 res=0',
      'CONFIG_CHANGE op=set audit_rate_limit=1 old=0 auid=4294967295 ses=4294967295 res=0',
    ]);
  });

  it('have features, of which one that is locked stays', () => {
    expect(tree.text('features')).toBe('only_unset_loginuid 0 unlocked\nloginuid_immutable 0 unlocked\n');
    expect(tree.write('features', 'loginuid_immutable 1 locked\nonly_unset_loginuid 1\n')).toBe('ok');
    expect(tree.text('features')).toBe('only_unset_loginuid 1 unlocked\nloginuid_immutable 1 locked\n');
    expect(tree.write('features', 'loginuid_immutable 0')).toBe('EPERM');
    for (const line of ['loginuid_immutable 2', 'loginuid_immutable', 'x 1', 'loginuid_immutable 1 loose'])
      expect(tree.write('features', line)).toBe('EINVAL');
  });

  it('are for who has CAP_AUDIT_CONTROL, where it counts, also when the file is open', () => {
    const blind = without(CAP.AUDIT_CONTROL);
    for (const name of ['status', 'features', 'rules', 'daemon', 'instances']) {
      expect(tree.open(name, blind), name).toBe('EPERM');
      expect(tree.open(name, { ...ROOT, userNamespace: USER_NAMESPACE }), name).toBe('EPERM');
    }
    expect(tree.opened('status').write('enabled 1', blind)).toBe('EPERM');
  });
});
