/** /sys/kernel/security/audit: what audit does by files, with real programs. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const CLIENT = path.join(import.meta.dirname, 'audit-nodes-client.py');

it('does by files what netlink does', async () => {
  const result = await lsmfs(['run', '--lsm=yama', '--', 'python3', CLIENT], { timeoutMs: 120_000 });
  expect(result.stderr).toBe('');
  expect(result.stdout.trimEnd().split('\n')).toEqual([
    'True ok',
    'ok ok ENOENT ENOENT ok ok True',
    '0 EEXIST ok No rules',
    'ok',
    'True True True 1 True',
    'EEXIST True',
    'True True',
    'True True',
    'True ok',
    'EPERM EPERM EPERM EPERM EPERM ok EACCES',
    'ok EEXIST ok',
    'enabled 1 ok ok ok [] True EPERM',
    '-a never,user -F uid=7 True True True EBUSY',
    'ok []',
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});
