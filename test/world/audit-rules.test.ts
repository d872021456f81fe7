/**
 * A host with audit on and a rule: the kernel asks for an attribute of each file that a system call names, so nothing that a serving thread names may
 * be its own. The host has such a rule for the second that this takes, if it lets us; what keeps the rule is tested in daemon/stage.test.ts too.
 */
import path from 'node:path';
import { expect, it } from 'vitest';
import { UnauditedStat } from '../../host/files/unaudited-stat.ts';
import { isClean } from '../support/box.ts';
import { PROGRAM, script } from './program.ts';

const WITH_RULE = path.resolve('test/world/audit-rule.py');
/** Says so where audit cannot be changed (a container, a kernel without it). */
const REFUSED = 77;

it.each([
  ['with a supervisor', '', '0\nPermissive\n28\nselinuxfs DIR selinuxfs\n'],
  ['files only', '--no-seccomp', '0\n'],
])('has worlds as elsewhere: %s', async (_title, options, expected) => {
  const inside =
    options === ''
      ? 'cat /sys/fs/selinux/enforce; echo; load_policy; getenforce; d=$(mktemp -d); mount -t selinuxfs none $d; ls $d | wc -l; grep $d /proc/self/mounts | cut -d " " -f 1-3 | sed "s,$d,DIR,"; umount $d; rmdir $d'
      : 'cat /sys/fs/selinux/enforce; echo';
  const result = await script(
    `python3 ${WITH_RULE} true 2>/dev/null; [ $? = ${REFUSED} ] && rule= || rule='python3 ${WITH_RULE}'
     $rule timeout -k 1 20 $LSMFS run ${options} -- sh -c "$INSIDE"`,
    { env: { INSIDE: inside } },
  );
  expect(result.stdout).toBe(expected);
  expect(result.status).toBe(0);
  expect(result.leftovers).toSatisfy(isClean);
});

/** Without it nothing is done against that. */
const uring = new UnauditedStat().ask(-100, '/', true, 0) === 0;

it.runIf(uring)('does not hold a world in a world', async () => {
  const result = await script(
    `python3 ${WITH_RULE} true 2>/dev/null; [ $? = ${REFUSED} ] && rule= || rule='python3 ${WITH_RULE}'
     $rule timeout -k 1 20 $LSMFS run -- node ${PROGRAM} run -- true`,
  );
  expect(result.stderr).toContain('cannot be nested');
  expect(result.status).toBe(125);
  expect(result.leftovers).toSatisfy(isClean);
});

it('is named by doctor', async () => {
  const result = await script(
    `python3 ${WITH_RULE} true 2>/dev/null; [ $? = ${REFUSED} ] && echo refused || python3 ${WITH_RULE} $LSMFS doctor`,
  );
  expect(result.stdout).toMatch(/^refused$|^ok +audit +on, (?:one rule|\d+ rules)$/m);
});
