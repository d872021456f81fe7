/**
 * `security.capability` between user namespaces, which the kernel keeps apart by the value: in worlds and below labelled mounts as
 * without them, beside attributes that each namespace has of its own.
 */
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, UNTIL } from './program.ts';

/** Roots of two namespaces; the first owns the file. There are no such users. */
const [FIRST, SECOND] = [2_000_004_771, 2_000_004_772];
let folder: string;
/** What the running kernel says without a world. */
let plain: string[];

/** Its arguments are FILE and `get`, `set HEX` or `remove`; it prints what the call gives. */
const CLIENT = `import os, sys, errno
file, what, *value = sys.argv[1:]
try:
    if what == "get": print(os.getxattr(file, "security.capability").hex())
    if what == "set": print(os.setxattr(file, "security.capability", bytes.fromhex(value[0])))
    if what == "remove": print(os.removexattr(file, "security.capability"))
except OSError as error: print(errno.errorcode[error.errno])
`;

const SETS = '01040000000000000800000000000000';
const V2 = `01000002${SETS}`;
const v3 = (root: number): string => `01000003${SETS}${Buffer.from(Uint32Array.of(root).buffer).toString('hex')}`;

/** Shell, with the file in $f: one line for each step, which begins with who acts. */
const STEPS = `
as() { setpriv --reuid=$1 --regid=$1 --clear-groups unshare -Ur "\${@:2}" 2>&1; }
try() { echo "$1: $("\${@:2}")"; }
caps="/usr/bin/python3 $D/caps.py $f"
try 'owner sets revision 2' as ${FIRST} $caps set ${V2}
try host $caps get; try owner as ${FIRST} $caps get; try nested as ${FIRST} unshare -Ur $caps get; try other as ${SECOND} $caps get
try 'other sets it' as ${SECOND} $caps set ${V2}; try 'other removes it' as ${SECOND} $caps remove
try 'owner sets revision 3' as ${FIRST} $caps set ${v3(0)}; try host $caps get
try 'owner sets it for another' as ${FIRST} $caps set ${v3(1)}
for bad in '' 00 ${V2.slice(2)} ${V2}00 ${v3(0)}00 01000001${SETS.slice(0, 16)} 01000002${SETS}00000000 03000002${SETS}; do
  try "host sets \${#bad}" $caps set "$bad"; try "owner sets \${#bad}" as ${FIRST} $caps set "$bad"
done
try 'host sets revision 2' $caps set ${V2}; try owner as ${FIRST} $caps get; try host $caps get
try 'host sets it for other' $caps set ${v3(SECOND)}; try owner as ${FIRST} $caps get; try other as ${SECOND} $caps get
try 'owner removes it' as ${FIRST} $caps remove; try host $caps get; try owner as ${FIRST} $caps get
try 'user without a namespace' setpriv --reuid=${FIRST} --regid=${FIRST} --clear-groups $caps set ${V2}
`;

/** @param empty what the running kernel says to a value of no bytes: an older one does not look at it, Linux 6.18.44 refuses it. */
const expected = (empty: 'None' | 'EINVAL'): string[] => [
  'owner sets revision 2: None',
  ...[`host: ${v3(FIRST)}`, `owner: ${V2}`, `nested: ${V2}`, 'other: EOVERFLOW'],
  ...['other sets it: EPERM', 'other removes it: EPERM'],
  ...['owner sets revision 3: None', `host: ${v3(FIRST)}`, 'owner sets it for another: EINVAL'],
  ...[`host sets 0: ${empty}`, `owner sets 0: ${empty}`],
  ...[2, 38, 42, 50, 24, 48, 40].flatMap((size) => [`host sets ${size}: EINVAL`, `owner sets ${size}: EINVAL`]),
  ...['host sets revision 2: None', `owner: ${V2}`, `host: ${V2}`],
  ...['host sets it for other: None', 'owner: EOVERFLOW', `other: ${V2}`],
  ...['owner removes it: None', 'host: ENODATA', 'owner: ENODATA', 'user without a namespace: EPERM'],
];

beforeAll(async () => {
  folder = mkdtempSync('/dev/shm/lsmfs-caps-');
  chmodSync(folder, 0o755);
  writeFileSync(path.join(folder, 'caps.py'), CLIENT);
  writeFileSync(path.join(folder, 'file'), '');
  chownSync(path.join(folder, 'file'), FIRST, FIRST);
  plain = await linesOf('bash -c "$STEPS"');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function linesOf(text: string): Promise<string[]> {
  const { stdout, stderr, leftovers } = await script(text, {
    cwd: folder,
    timeoutMs: 120_000,
    env: { D: folder, STEPS, f: `${folder}/file` },
  });
  expect(stderr).toBe('');
  expect(leftovers).toSatisfy(isClean);
  return stdout.split('\n').filter(Boolean);
}

describe('file capabilities of user namespaces', () => {
  it('are what a kernel says without a world', () => {
    expect([expected('None'), expected('EINVAL')]).toContainEqual(plain);
  });

  it.each(['', 'selinux', 'smack'])('are the same in a world with [%s]', async (modules) => {
    expect(await linesOf(`$LSMFS run --lsm=${modules} -- bash -c "$STEPS"`)).toEqual(plain);
  });

  it('leave what a namespace has of its own, and the host, in a world', async () => {
    const shown = 'getfattr -d -m - -e hex file | grep =';
    const own = `setpriv --reuid=${FIRST} --regid=${FIRST} --clear-groups unshare -Ur`;
    const lines = await linesOf(`$LSMFS run --lsm= -- bash -c '
      setfattr -n security.ima -v 0x0402aa file
      ${own} setfattr -n security.ima -v 0x040211 file; ${own} /usr/bin/python3 caps.py file set ${V2}
      ${own} bash -c "${shown}"; ${shown}; ${own} /usr/bin/python3 caps.py file remove; ${own} bash -c "${shown}"
      ${own} setfattr -x security.ima file; setfattr -x security.ima file'`);
    const ima = (value: string) => `security.ima=0x${value}`;
    expect(lines).toEqual([
      ...['None', `security.capability=0x${V2}`, ima('040211')],
      ...[`security.capability=0x${v3(FIRST)}`, ima('0402aa'), 'None', ima('040211')],
    ]);
  });

  it.each(['', 'apparmor'])('are the same below a labelled mount with [%s]', async (modules) => {
    const lines = await linesOf(`${UNTIL}
      m=$(mktemp -d); out=$(mktemp); $LSMFS mount --lsm=${modules} --labels=$D $m > $out & pid=$!; until_true grep -qsx $m $out
      f=$m/file bash -c "$STEPS"; kill -TERM $pid; wait $pid; rmdir $m; rm $out`);
    expect(lines).toEqual(plain);
  });
});
