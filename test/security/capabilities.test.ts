/** A daemon has the capabilities of its table and no others, in every thread; who uses the world has what he had. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { statusMask } from '../../host/procfs/status.ts';
import { KEPT_CAPABILITIES, KEPT_MASK } from '../../world/launcher/daemon-capabilities.ts';
import { asUser } from '../rootless/user.ts';
import { isClean } from '../support/box.ts';
import { script, UNTIL, worldName } from '../world/program.ts';

/** Shell: what each thread of the process `$pid` has. Threads may end while they are listed. */
const THREADS = `for task in /proc/$pid/task/*; do echo $(sed -n 's/^\\(CapInh\\|CapPrm\\|CapEff\\|CapBnd\\|CapAmb\\):\\t//p' $task/status 2>/dev/null); done | grep . | sort | uniq -c`;

/** Shell, in a world `$W`: what its daemon has, then what we have. */
const LOOK = `pid=$(jq .owner.pid $STATE/$W/world.json)
  getenforce >/dev/null; ${THREADS}
  echo inside $(grep CapEff /proc/self/status)`;

/** Counts and sets as {@link THREADS} prints them. */
function daemonLines(stdout: string): string[][] {
  const lines = stdout.split('\n').filter((line) => /^ *\d+ [0-9a-f]{16} /.test(line));
  return lines.map((line) => line.trim().split(' '));
}

const hex = (mask: bigint): string => mask.toString(16).padStart(16, '0');

it('as root', async () => {
  const W = worldName('caps');
  const result = await script(
    `export W=${W} STATE=/run/lsmfs; $LSMFS run --name $W --lsm=selinux,apparmor -- sh -c "$LOOK"; echo outside $(grep CapEff /proc/self/status)`,
    { env: { LOOK } },
  );
  const given = statusMask(readFileSync('/proc/self/status', 'latin1'), 'CapBnd') ?? 0n;
  const kept = hex(given & KEPT_MASK);
  const lines = daemonLines(result.stdout);
  expect(lines.map((line) => line.slice(1))).toEqual([[hex(0n), kept, kept, kept, hex(0n)]]);
  expect(Number(lines[0]?.[0])).toBeGreaterThan(5);
  const [, inside] = /^inside (.*)$/m.exec(result.stdout) ?? [];
  expect(result.stdout).toContain(`outside ${inside}\n`);
  expect(result.leftovers).toSatisfy(isClean);
});

it('as the server of lsmfs mount', async () => {
  const result = await script(
    `${UNTIL}d=$(mktemp -d); $LSMFS mount $d >$d.out & pid=$!; until_true grep -qs selinux $d.out && echo ready
     ${THREADS}
     kill $pid; wait $pid; echo $?; rmdir $d; rm $d.out`,
  );
  const given = statusMask(readFileSync('/proc/self/status', 'latin1'), 'CapBnd') ?? 0n;
  const kept = hex(given & KEPT_MASK);
  expect(daemonLines(result.stdout).map((line) => line.slice(1))).toEqual([[hex(0n), kept, kept, kept, hex(0n)]]);
  expect(result.stdout).toMatch(/^ready\n(?:.*\n)*0\n$/);
  expect(result.leftovers).toSatisfy(isClean);
});

it('without root, in the user namespace of the world', async () => {
  const result = await asUser(`export W=w STATE=$XDG_RUNTIME_DIR/lsmfs; $LSMFS run --name $W -- sh -c "$LOOK"`, {
    env: { LOOK },
  });
  const lines = daemonLines(result.stdout);
  for (const [, ...sets] of lines)
    expect(sets.map((set) => BigInt(`0x${set}`) & ~KEPT_MASK)).toEqual([0n, 0n, 0n, 0n, 0n]);
  expect(lines).toHaveLength(1);
  expect(BigInt(`0x${lines[0]?.[3]}`) & (1n << 21n)).not.toBe(0n);
  const [, inside] = /^inside CapEff: ([0-9a-f]{16})$/m.exec(result.stdout) ?? [];
  expect(BigInt(`0x${inside}`) & ~KEPT_MASK).not.toBe(0n);
  expect(result.leftovers).toSatisfy(isClean);
});

it('doctor says what a daemon keeps, and which one has more', async () => {
  const W = worldName('doctor');
  const result = await script(
    `${UNTIL}export W=${W}; look() { jq -r '.checks[] | select(.id == "capabilities") | .status, .detail'; }
     $LSMFS doctor --json | look; mkdir /tmp/$W; ln -s /bin/false /tmp/$W/setpriv
     PATH=/tmp/$W:$PATH $LSMFS run --name $W -- sh -c ': > /tmp/$W/ready; while [ -e /tmp/$W/ready ]; do sleep 0.05; done' &
     until_true test -e /tmp/$W/ready
     $LSMFS doctor --json | look; rm -r /tmp/$W; wait`,
  );
  const [status, detail = '', statusOfMore, more] = result.stdout.split('\n');
  expect([status, statusOfMore]).toEqual(['ok', 'warn']);
  expect(detail).toMatch(/^a new daemon keeps dac_override, .*sys_admin/);
  expect(more).toMatch(new RegExp(`; the daemon of ${W} keeps .*\\bcap_\\d+`));
  expect(result.leftovers).toSatisfy(isClean);
});

it('docs/background/security.md has the table', () => {
  const page = readFileSync('docs/background/security.md', 'utf8');
  for (const { name, use } of KEPT_CAPABILITIES) expect(page).toContain(`| ${name} | ${use} |`);
});
