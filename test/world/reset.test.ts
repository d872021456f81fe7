/** `lsmfs reset`: a world is again what it was after its boot. */
import { describe, expect, test } from 'vitest';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';

/** What two looks print, the second after a change and a reset, with a look between the two. */
async function looks(options: string, look: string, change: string): Promise<readonly string[]> {
  const result = await script(
    `world=$($LSMFS run --detach ${options}); look() { $LSMFS exec $world -- sh -c ${quoted(look)} 2>&1; echo ---; }
     look; $LSMFS exec $world -- sh -c ${quoted(change)}; look; $LSMFS reset $world >/dev/null; look; $LSMFS stop --time=1 $world >/dev/null`,
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.split('---\n').slice(0, 3);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const SMALL = '--policy=small --context=login';

describe('after a reset', () => {
  test.each([
    [
      'booleans, pending ones, too',
      SMALL,
      'getsebool -a | sort | head -5',
      'for b in /sys/fs/selinux/booleans/*; do echo 1 > $b; done; echo 1 > /sys/fs/selinux/commit_pending_bools',
    ],
    ['the mode', SMALL, 'getenforce', 'setenforce 1'],
    ['the mode of an enforcing world', `${SMALL} --enforcing`, 'getenforce', 'setenforce 0'],
    [
      'the policy',
      '--policy=/etc/selinux/default/policy/policy.34 --context=login',
      'ls /sys/fs/selinux/booleans | wc -l; id -Z',
      `dd bs=64M if=${process.cwd()}/dist/policies/small/policy/policy.33 of=/sys/fs/selinux/load status=none`,
    ],
    [
      'the limit of the access vector cache',
      SMALL,
      'cat /sys/fs/selinux/avc/cache_threshold',
      'echo 7 > /sys/fs/selinux/avc/cache_threshold',
    ],
    [
      'profiles',
      '--lsm=apparmor',
      'cat /sys/kernel/security/apparmor/profiles',
      `echo 'profile a { /** r, }' | apparmor_parser -qKr`,
    ],
    [
      'rules of Smack',
      '--lsm=smack',
      'cat /sys/fs/smackfs/load2 /sys/fs/smackfs/ambient',
      "echo 'a b rwx' > /sys/fs/smackfs/load2; echo c > /sys/fs/smackfs/ambient",
    ],
    [
      'the scope of Yama',
      '--lsm=yama',
      'cat /proc/sys/kernel/yama/ptrace_scope',
      'echo 3 > /proc/sys/kernel/yama/ptrace_scope',
    ],
    [
      'lockdown',
      '--lsm=lockdown',
      'cat /sys/kernel/security/lockdown',
      'echo confidentiality > /sys/kernel/security/lockdown',
    ],
    [
      'rules of audit',
      SMALL,
      'auditctl -l; auditctl -s | grep -v lost',
      'auditctl -a always,exit -F arch=b64 -S mkdir -k x; auditctl -e 1 -b 99 >/dev/null',
    ],
    [
      'the log',
      `${SMALL} --enforcing`,
      'lsmfs log | grep -v ^audit:',
      'runcon -t httpd_t cat /etc/shadow 2>/dev/null; true',
    ],
  ])('%s', async (_, options, look, change) => {
    const [first, changed, last] = await looks(options, look, change);
    expect(changed).not.toBe(first);
    expect(last).toBe(first);
  });

  test('profiles that were replaced or removed are there again, with their rules, and confine who had them', async () => {
    const result = await script(
      `d=$(mktemp -d); echo 'profile web { /** mrix, deny /etc/shadow r, }
        profile other { /** mrix, }' > $d/web
       world=$($LSMFS run --detach --lsm=apparmor --profiles=$d -- aa-exec -p web -- sleep infinity)
       list() { $LSMFS exec $world -- cat /sys/kernel/security/apparmor/profiles; }
       try() { $LSMFS exec $world -- aa-exec -p web -- head -c 0 /etc/shadow 2>/dev/null && echo read || echo refused; }
       holder() { $LSMFS exec $world -- sh -c 'cat /proc/$(pgrep -f "sleep infinity" -n)/attr/current'; }
       list; try
       $LSMFS exec $world -- sh -c 'echo "profile web { /** mrix, }" | apparmor_parser -qKr; echo -n other > /sys/kernel/security/apparmor/.remove; echo "profile new { }" | apparmor_parser -qKr'
       list; try; $LSMFS reset $world >/dev/null; list; try
       $LSMFS exec $world -- sh -c 'echo "profile web { /** mrix, }" | apparmor_parser -qKr'; try; $LSMFS reset $world > /dev/null; try
       $LSMFS stop --time=1 $world >/dev/null; rm -r $d`,
    );
    expect(result.stderr).toBe('');
    const both = ['other (enforce)', 'web (enforce)'];
    const lines = result.stdout.trim().split('\n');
    const at = (from: number, count: number) => [...lines.slice(from, from + count)].sort();
    expect(at(0, 2)).toEqual(both);
    expect(lines[2]).toBe('refused');
    expect(at(3, 2)).toEqual(['new (enforce)', 'web (enforce)']);
    expect(lines[5]).toBe('read');
    expect(at(6, 2)).toEqual(both);
    expect(lines.slice(8)).toEqual(['refused', 'read', 'refused']);
    expect(result.leftovers).toSatisfy(isClean);
  });

  test('what permissive mode let through is recorded anew', async () => {
    const result = await script(
      `world=$($LSMFS run --detach ${SMALL}); try() { $LSMFS exec $world -- runcon -t httpd_t cat /etc/shadow >/dev/null; $LSMFS log --audit $world | grep -c 'denied  { read }.*shadow'; }
       try; try; $LSMFS reset --json $world | jq -c .modules; try; $LSMFS stop --time=1 $world >/dev/null`,
    );
    const [first, second, modules, third] = result.stdout.trim().split('\n');
    expect([first, second, third]).toEqual(['1', '1', '1']);
    expect(JSON.parse(modules ?? '')).toEqual(['lockdown', 'selinux', 'audit']);
  });
});
