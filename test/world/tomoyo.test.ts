/** TOMOYO in a world: domains follow the programs that real processes execute; and every module there is at once. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const POLICY = '/sys/kernel/security/tomoyo';
/** The trigger; nothing else executes it. */
const TRIGGER = '/usr/bin/true';

async function session(text: string, ...options: string[]): Promise<string[]> {
  const result = await lsmfs(['run', ...options, '--', '/bin/bash', '-c', text]);
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}

it('domains follow programs, by the links they are called by; rules are learned, then enforced', async () => {
  const lines = await session(
    `cd ${POLICY}; P=$(readlink -f /bin/bash); S=$(dirname $P)/sh
    printf '%s\\n' '0-CONFIG={ mode=learning }' '1-CONFIG={ mode=enforcing }' > profile
    echo $P > manager
    echo "initialize_domain $S from any" > exception_policy
    ${TRIGGER}
    /bin/sh -c 'read domain < self_domain; echo $domain; exec /usr/bin/env -u A /usr/bin/printf ""' | sed "s,$S,SH,"
    grep -A 4 "^<kernel> $S\\$" domain_policy | sed "s,$S,SH,"
    echo "<kernel> $S
use_profile 1" > domain_policy
    /bin/sh -c '/usr/bin/env -u A /usr/bin/printf allowed; echo; /usr/bin/tr a b </dev/null || echo refused $?' 2>/dev/null
    grep enforcing stat | tr -s ' '`,
    '--lsm=tomoyo',
    '--param',
    `TOMOYO_trigger=${TRIGGER}`,
  );
  expect(lines).toEqual([
    '<kernel> SH',
    '<kernel> SH',
    'use_profile 0',
    '',
    'file execute /usr/bin/env exec.realpath="/usr/bin/env" exec.argv[0]="/usr/bin/env"',
    '',
    'allowed',
    'refused 126',
    expect.stringMatching(/^Policy violation in enforcing mode: 1 \(Last: \d{4}\/\d\d\/\d\d [\d:]{8}\)$/),
  ]);
});

it('all modules run at once, each with its files', async () => {
  const list = 'lockdown,yama,loadpin,safesetid,selinux,smack,apparmor,tomoyo,landlock,bpf,ipe,ima,evm';
  const lines = await session(
    `cat /sys/kernel/security/lsm; echo; ls -d /sys/kernel/security/{apparmor,ipe,loadpin,safesetid,tomoyo} /sys/fs/selinux/enforce /sys/fs/smackfs/load2
    for name in selinux smack apparmor; do tr '\\0' '\\n' < /proc/self/attr/$name/current | head -n 1; echo; done
    cat ${POLICY}/self_domain`,
    `--lsm=${list}`,
    '--allow-unimplemented',
  );
  expect(lines.filter((line) => line !== '')).toEqual([
    list.replace('lockdown,', 'lockdown,capability,'),
    '/sys/fs/selinux/enforce',
    '/sys/fs/smackfs/load2',
    ...['apparmor', 'ipe', 'loadpin', 'safesetid', 'tomoyo'].map((name) => `/sys/kernel/security/${name}`),
    'kernel',
    '_',
    'unconfined',
    '<kernel>',
  ]);
});
