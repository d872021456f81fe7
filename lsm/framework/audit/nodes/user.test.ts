import { beforeEach, describe, expect, it } from 'vitest';
import { CAP } from '../../../../linux/capability.ts';
import { O_WRONLY } from '../../../../linux/fcntl.ts';
import { AuditTree, ROOT, USER_NAMESPACE, without } from './testing.ts';

let tree: AuditTree;

beforeEach(() => {
  tree = new AuditTree();
});

describe('user', () => {
  const log = (): string[] => tree.bodies('log');

  it('writes records of programs, by name or number', () => {
    tree.write('status', 'enabled 1');
    expect(tree.write('user', 'USER_LOGIN op=x\n2107 amtu\ncred_acq y')).toBe('ok');
    expect(log()).toEqual([
      "USER_LOGIN pid=10 uid=0 auid=4294967295 ses=4294967295 msg='op=x'",
      "ANOM_AMTU_FAIL pid=10 uid=0 auid=4294967295 ses=4294967295 msg='amtu'",
      "CRED_ACQ pid=10 uid=0 auid=4294967295 ses=4294967295 msg='y'",
    ]);
  });

  it('takes no other types, and no text that is too long', () => {
    for (const line of [
      '1005 x',
      'USER x',
      '1099 x',
      '1200 x',
      '2099 x',
      '3000 x',
      'NO_SUCH x',
      'USER_LOGIN',
      '',
      'AVC x',
    ])
      expect(tree.write('user', `${line}\n`), line).toBe('EINVAL');
    expect(tree.write('user', `USER_LOGIN ${'x'.repeat(8561)}\n`)).toBe('EMSGSIZE');
    expect(tree.write('user', `USER_LOGIN ${'x'.repeat(8560)}\n`)).toBe('ok');
  });

  it('is for who has CAP_AUDIT_WRITE', () => {
    expect(tree.write('user', 'USER_LOGIN x', without(CAP.AUDIT_WRITE))).toBe('EPERM');
    expect(tree.opened('user').write('USER_LOGIN x', without(CAP.AUDIT_WRITE))).toBe('EPERM');
    expect(tree.open('user', { ...ROOT, userNamespace: USER_NAMESPACE }, O_WRONLY)).toBe('EPERM');
  });
});
