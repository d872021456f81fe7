/**
 * A host with audit on and a rule: the kernel asks for an attribute of each file that a system call names, so nothing
 * that a serving thread names may be its own. The host has such a rule for the second that this takes, if it lets us;
 * what keeps the rule is tested in daemon/served/stage.test.ts too.
 */
import path from 'node:path';
import { expect, it } from 'vitest';
import { UnauditedStat } from '../../host/files/unaudited-stat.ts';
import { isClean } from '../support/box.ts';
import { PROGRAM, script, UNTIL } from './program.ts';

const CLIENT = path.resolve('test/world/supervisor-client.py');
const WITH_RULE = path.resolve('test/world/audit-rule.py');
/** Says so where audit cannot be changed (a container, a kernel without it). */
const REFUSED = 77;

/** Shell: `$rule CMD` has a rule where audit can be changed. */
const RULE = `python3 ${WITH_RULE} true 2>/dev/null; [ $? = ${REFUSED} ] && rule= || rule='python3 ${WITH_RULE}';`;

it.each([
  ['with a supervisor', '', '0\nPermissive\n28\nselinuxfs DIR selinuxfs\n'],
  ['files only', '--no-seccomp', '0\n'],
])('has worlds as elsewhere: %s', async (_title, options, expected) => {
  const inside =
    options === ''
      ? 'cat /sys/fs/selinux/enforce; echo; load_policy; getenforce; d=$(mktemp -d); mount -t selinuxfs none $d; ls $d | wc -l; grep $d /proc/self/mounts | cut -d " " -f 1-3 | sed "s,$d,DIR,"; umount $d; rmdir $d'
      : 'cat /sys/fs/selinux/enforce; echo';
  const result = await script(`${RULE} $rule timeout -k 1 20 $LSMFS run ${options} -- sh -c "$INSIDE"`, {
    env: { INSIDE: inside },
  });
  expect(result.stdout).toBe(expected);
  expect(result.status).toBe(0);
  expect(result.leftovers).toSatisfy(isClean);
});

/**
 * What a mount without a place holds is found, and what mount(8) wants for a new one is done: nothing may be asked of
 * it before it is known.
 */
const DETACHED = `
load_policy; d=$(mktemp -d)
python3 ${CLIENT} opens $d | grep detached
for in in '' 'unshare -m' 'unshare -Urm'; do $in sh -c '
  mount -t tmpfs -o context=system_u:object_r:etc_t:s0 none '$d'; touch '$d'/file; stat -c %C '$d' '$d'/file; umount '$d; done
rmdir $d`;

it.each([
  ['elsewhere', ''],
  ['here', RULE],
])('knows mounts without a place: %s', async (_title, rule) => {
  const result = await script(`${rule} $rule timeout -k 1 20 $LSMFS run -- sh -c "$INSIDE"`, {
    env: { INSIDE: DETACHED },
  });
  expect([result.stderr, result.status]).toEqual(['', 0]);
  const opened = ['detached procfs', 'opened again below detached procfs', 'opened again in fd of detached procfs'].map(
    (step) => `{"step": "${step}", "value": "system_u:system_r:kernel_t:s0\\u0000"}\n`,
  );
  expect(result.stdout).toBe(`${opened.join('')}${'system_u:object_r:etc_t:s0\n'.repeat(6)}`);
  expect(result.leftovers).toSatisfy(isClean);
});

it('answers a scenario of label options as recorded', async () => {
  const result = await script(
    `${RULE} $rule timeout -k 1 100 node_modules/.bin/tsx test/conformance/main.ts --only=h-mount-labels`,
    { timeoutMs: 110_000 },
  );
  expect(result.stdout).toMatch(/^total +(\d+) +\1 +0 +0 /m);
  expect(result.status).toBe(0);
  expect(result.leftovers).toSatisfy(isClean);
});

/** Without it nothing is done against that. */
const uring = new UnauditedStat().ask(-100, '/', true, 0) === 0;

it.runIf(uring)('does not hold a world in a world', async () => {
  const result = await script(`${RULE} $rule timeout -k 1 20 $LSMFS run -- node ${PROGRAM} run -- true`);
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

it('is served below a directory as elsewhere', async () => {
  const serve = `d=$(mktemp -d); $LSMFS mount --lsm=selinux,apparmor $d > $d.out & pid=$!; until_true grep -qs selinux $d.out
    cat $d/sys/fs/selinux/enforce; ls $d/proc/$$/attr | head -1; kill -TERM $pid; wait $pid; echo $?; rmdir $d; rm $d.out`;
  const result = await script(`${RULE} $rule timeout -k 1 60 bash -c "$SERVE"`, { env: { SERVE: UNTIL + serve } });
  expect(result.stdout).toBe('0apparmor\n0\n');
  expect(result.leftovers).toSatisfy(isClean);
});
