/**
 * The acceptance list of audit and of its container ids, and input that is wrong, line by line in a world.
 *
 * Elsewhere: ids by network namespace, end and reuse (audit-containers.test.ts), labels of several modules and records of a call
 * (audit.test.ts), settings, rules and messages of every kind beside a kernel (j-audit-* of the conformance run,
 * test/differential/audit.test.ts).
 */
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { linesByStep } from './containers.ts';
import { lsmfs, PROGRAM } from './program.ts';

const CLIENT = path.join(import.meta.dirname, 'audit-acceptance-client.py');
let said: Record<string, string[]>;

beforeAll(async () => {
  const result = await lsmfs(['run', '--lsm=yama', '--', 'python3', CLIENT], { timeoutMs: 120_000 });
  expect(result.stderr).toBe('');
  said = linesByStep(result);
});

it.each([
  [
    'wrong texts',
    ['EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL ERANGE EINVAL', 'EINVAL EINVAL EINVAL ERANGE 18446744073709551615'],
  ],
  ['wrong targets', ['ESRCH', 'EBUSY EBUSY EBUSY EBUSY EXDEV']],
  ['without the capability', ['EPERM EPERM', 'EPERM']],
  ['0 is a number, given once', ['ok 0 EEXIST EEXIST', 'ok']],
  ['in use', ['ENOTUNIQ', 'ENOTUNIQ', 'ok']],
  ['inherited', ['ok ok 1', 'ok 2', '2 0 2', '1']],
  // Of each message in a container two records: of the message, and of its container.
  ['a container that does not read', ['ok ok ok', '200', '0 100']],
  ['a container that excludes', ['ok ok 0', '1']],
  ['two listeners', ['1 True']],
  ['one daemon', ['ok EEXIST EINVAL', 'EEXIST EACCES', 'ok 0']],
  ['a daemon that is gone', ['ok', 'ok True ok', 'ok', 'ok', 'True', '0']],
  ['a burst', ['True']],
  ['locked', ['ok', 'EPERM EPERM EPERM EPERM EPERM EPERM', 'res=0', 'ok ok']],
])('%s', (title, lines) => {
  expect(said[title]).toEqual(lines);
});

it('what a world has logged is read by ausearch and aureport', async () => {
  const command = `
load_policy; setenforce 1
runcon system_u:system_r:init_t:s0 ls / >/dev/null 2>&1; setenforce 0
runcon system_u:system_r:init_t:s0 true
$LSMFS log --audit >log; $LSMFS log --audit | grep -c '^type=AVC '
ausearch -if log -m AVC --format raw | grep -c '^type=AVC '
aureport -if log --avc | grep -c ' denied '
aureport -if log --mac | grep -c MAC_POLICY_LOAD`;
  const result = await lsmfs(
    ['run', '--lsm=selinux', '--param', 'audit=1', '--', 'sh', '-c', `cd $(mktemp -d); ${command}; rm log; rmdir $PWD`],
    { env: { LSMFS: `${process.execPath} ${PROGRAM}` } },
  );
  const [logged, found, denied, loads] = result.stdout.trim().split('\n').map(Number);
  expect(logged, result.stderr).toBeGreaterThan(0);
  expect([found, denied]).toEqual([logged, logged]);
  expect(loads).toBe(1);
  expect(result.leftovers).toSatisfy(isClean);
});
