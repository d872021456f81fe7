/** `lsmfs log -i` beside the program whose form it has. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { auditArch, syscallNumbers } from '../../linux/syscall-numbers.ts';
import { accountNames, interpreter } from '../../world/log/interpret.ts';
import { INTERPRETED_CALLS } from '../../world/log/interpret-arguments.ts';
import { isClean } from '../support/box.ts';
import { lsmfs, PROGRAM } from './program.ts';

const DIVIDER = /^===$/m;

/** Records in one order (ausearch turns those of an event round), with single blanks: it writes one more behind decoded names. */
function records(output: string | undefined): string[] {
  return (output ?? '')
    .split('\n')
    .filter((line) => line.startsWith('type='))
    .map((line) => line.replace(/ +/g, ' ').trimEnd())
    .sort();
}

it('lsmfs log -i prints records as ausearch -i does', async () => {
  const result = await lsmfs(
    [
      'run',
      '--lsm=selinux',
      '--param',
      'audit=1',
      '--',
      'bash',
      '-c',
      `
exec 3>&1 >/dev/null
directory=$(mktemp -d); cd $directory
auditctl -e 1; auditctl -w /etc/passwd -p wa -k passwd; auditctl -w /etc/group -k 'two words'; auditctl -m hello
echo 1000 >/proc/self/loginuid
load_policy; runcon system_u:system_r:init_t:s0 id; setsebool allow_execmem=1
auditctl -r 5; auditctl -b 99; auditctl -D
(echo x >/proc/self/loginuid) 2>/dev/null
cp /usr/bin/true 'a b'; runcon system_u:system_r:init_t:s0 './a b'
setpriv --reuid=65534 --clear-groups runcon system_u:system_r:init_t:s0 ls /
sleep 1000 & echo 5 >/proc/$!/audit_containerid; kill $!; wait $!
$LSMFS log --audit >raw
$LSMFS log -i --audit >&3
echo === >&3
ausearch -i -if raw >&3
cd /; rm -r $directory`,
    ],
    { timeoutMs: 120_000, env: { LSMFS: `${process.execPath} ${PROGRAM}` } },
  );
  const [ours, theirs] = result.stdout.split(DIVIDER).map(records);
  expect(ours?.length, result.stderr).toBeGreaterThan(30);
  expect(ours).toEqual(theirs);
  for (const text of [
    'auid=unset',
    'uid=nobody',
    'key=two words',
    'syscall=execve',
    'list=exit',
    'saddr={ saddr_fam=netlink',
  ])
    expect(ours?.join('\n')).toContain(text);
  expect(result.leftovers).toSatisfy(isClean);
});

it('lsmfs log -i and --json exclude each other', async () => {
  const result = await lsmfs(['log', '-i', '--json']);
  expect(result.stderr).toContain("'-i, --interpret' cannot be used with option '--json'");
  expect(result.status).toBe(125);
});

it('lsmfs log -i prints arguments of calls as ausearch -i does', () => {
  const values = [
    '0',
    '1',
    '2',
    '3',
    '1ed',
    '41',
    '89ed',
    '10f41',
    '241',
    '280800',
    '7fffabcd',
    'ffffff9c',
    'ffffffff',
    'fffffffffffffff6',
  ];
  const arch = auditArch('x64').toString(16);
  const numbers = syscallNumbers('x64');
  const lines = INTERPRETED_CALLS.flatMap((name) =>
    values.map((_, shift) => {
      const args = [0, 1, 2, 3].map((index) => ` a${index}=${values[(index * 3 + shift) % values.length]}`).join('');
      return `arch=${arch} syscall=${numbers[name]} success=yes exit=0${args} items=0 ppid=1 pid=2 comm="c"`;
    }),
  ).map((body, serial) => `type=SYSCALL msg=audit(1700000000.000:${serial + 1}): ${body}`);
  // By a pipe: what is our end of its standard input cannot be opened by a path.
  const options = { input: `${lines.join('\n')}\n`, encoding: 'latin1' } as const;
  const { stdout } = spawnSync('sh', ['-c', 'cat | ausearch -i --input /dev/stdin'], options);
  const interpret = interpreter(accountNames());
  expect(records(lines.map(interpret).join('\n'))).toEqual(records(stdout));
});
