/** `lsmfs log -i` beside the program whose form it has. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, PROGRAM } from './program.ts';

const DIVIDER = /^===$/m;

/** Records in one order (ausearch turns those of an event round), with single blanks: it writes one more behind decoded names. */
function records(output: string | undefined): string[] {
  return (
    (output ?? '')
      .split('\n')
      .filter((line) => line.startsWith('type='))
      .map((line) => line.replace(/ +/g, ' ').trimEnd())
      // Arguments stay numbers here; ausearch knows those of some calls.
      .map((line) => (line.includes(' syscall=openat ') ? line.replace(/ a[0-3]=\S+/g, '') : line))
      .sort()
  );
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
