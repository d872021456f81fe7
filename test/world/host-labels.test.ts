/**
 * A host whose kernel runs the modules of a world itself: labels of files are the host's, and stay so. Which modules it runs is read from
 * /proc/filesystems, over which the tests mount a list with one more type.
 */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';

/**
 * Shell: `xattr FILE NAME` (a file or the number of a descriptor) prints what is stored, `list FILE` which names are,
 * but for those that the real host gives every file; `on TYPE` makes this a host with it; `$d` is an empty filesystem.
 */
const HOST = `
set -e; mount -t tmpfs none $d; cd $d
FILE='import errno, os, sys
def file(): return int(sys.argv[1]) if sys.argv[1].isdigit() else sys.argv[1]'
export FILE
xattr() { /usr/bin/python3 -c "$FILE"'
try: print(os.getxattr(file(), sys.argv[2]).decode().strip(chr(0)))
except OSError as e: print(errno.errorcode[e.errno])' "$1" "security.$2"; }
store() { /usr/bin/python3 -c "$FILE"'
try: os.setxattr(file(), sys.argv[2], sys.argv[3].encode(), int(sys.argv[4]))
except OSError as e: print(errno.errorcode[e.errno])' "$1" "security.$2" "$3" "\${4:-0}"; }
drop() { /usr/bin/python3 -c "$FILE"'
try: os.removexattr(file(), sys.argv[2])
except OSError as e: print(errno.errorcode[e.errno])' "$1" "security.$2"; }
touch plain; OF_HOST=$(/usr/bin/python3 -c 'import os; print(*os.listxattr("plain"))')
list() { /usr/bin/python3 -c 'import os, sys; print(*sorted(set(os.listxattr(sys.argv[1])) - set(sys.argv[2].split())))' "$1" "$OF_HOST"; }
on() { mkdir -p lists; mount -t tmpfs none lists; { grep -vE 'selinuxfs|smackfs' /proc/filesystems; printf 'nodev\\t%s\\n' $1; } > lists/filesystems
  mount --bind lists/filesystems /proc/filesystems; }
export OF_HOST; export -f xattr store drop list
`;

/** What a new file has: an error, or the label that a host with Smack gives it. */
const FRESH = (await onHost('xattr plain SMACK64')).trim();
const isSmackHost = FRESH !== 'ENODATA';

/** What `list` prints of these. */
const listed = (...names: readonly string[]): string =>
  names
    .filter((name) => !(isSmackHost && name === 'SMACK64'))
    .map((name) => `security.${name}`)
    .join(' ');

const NO_LOOP = 'no loop devices\n';

async function onHost(text: string): Promise<string> {
  const result = await script(
    'export d=$(mktemp -d); unshare -m --propagation private bash -c "$HOST$TEXT" 2>&1; rmdir $d',
    { env: { HOST, TEXT: text } },
  );
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout;
}

it('a world with Smack neither reads nor changes labels of a host with Smack', async () => {
  const output = await onHost(`
    touch f exec new; mkdir dir; store f SMACK64 Host; store exec SMACK64EXEC Host; store f other mine
    on smackfs
    $LSMFS run --lsm=smack -- bash -c '
      xattr f SMACK64; xattr exec SMACK64EXEC; list f; list exec; echo
      store f SMACK64 World; store exec SMACK64EXEC World; xattr f SMACK64; xattr exec SMACK64EXEC; list exec
      store exec SMACK64EXEC Again 1; store new SMACK64EXEC None 2; store exec SMACK64EXEC Again 2; xattr exec SMACK64EXEC; echo
      drop exec SMACK64EXEC; drop exec SMACK64EXEC; xattr exec SMACK64EXEC; drop f SMACK64; xattr f SMACK64
      (printf App > /proc/self/attr/current; touch made); xattr made SMACK64
      store f SMACK64 Last; mount -t tmpfs -o ro none dir; store dir SMACK64 World; drop dir SMACK64; umount dir; echo'
    for file in f exec made new; do xattr $file SMACK64; xattr $file SMACK64EXEC; done; list f`);
  expect(output.split('\n')).toEqual([
    ...['_', 'ENODATA', listed('SMACK64', 'other'), listed('SMACK64'), ''],
    ...['World', 'World', listed('SMACK64', 'SMACK64EXEC'), 'EEXIST', 'ENODATA', 'Again', ''],
    ...['ENODATA', 'ENODATA', '_', 'App', 'EROFS', 'EROFS', ''],
    ...['Host', 'ENODATA', FRESH, 'Host', FRESH, 'ENODATA', FRESH, 'ENODATA'],
    listed('SMACK64', 'other'),
    '',
  ]);
});

it('a file that is on no mount of its caller has no label of the host', async (context) => {
  const output = await onHost(`
    mkdir disk; truncate -s 4M image
    { mkfs.ext2 -q image && mount -o loop image disk; } 2> /dev/null || { echo no loop devices; exit; }
    touch disk/f; store disk/f SMACK64 Host; on smackfs
    $LSMFS run --lsm=smack -- bash -c '
      exec 5< disk/f; umount -l disk; xattr 5 SMACK64; store 5 SMACK64 World; xattr 5 SMACK64; drop 5 SMACK64'
    xattr disk/f SMACK64; umount disk`);
  if (output === NO_LOOP) context.skip('the host has no loop devices');
  expect(output).toBe('_\nWorld\nHost\n');
});

it('a file that gets the number of one that is gone does not get its label', async (context) => {
  const output = await onHost(`
    mkdir disk; truncate -s 4M image
    { mkfs.ext2 -q -N 16 image && mount -o loop image disk; } 2> /dev/null || { echo no loop devices; exit; }
    on smackfs
    $LSMFS run --lsm=smack -- bash -c '
      touch disk/f; before=$(stat -c %i disk/f); store disk/f SMACK64 Old; store disk/f SMACK64EXEC Old; rm disk/f
      # Some kernels take the number again when no other is left.
      touch disk/f; while [ $before != $(stat -c %i disk/f) ]; do mv disk/f disk/$((i += 1)); touch disk/f || break; done
      xattr disk/f SMACK64; xattr disk/f SMACK64EXEC'
    umount disk`);
  if (output === NO_LOOP) context.skip('the host has no loop devices');
  expect(output).toBe('_\nENODATA\n');
});

it('chcon in a world with SELinux leaves the labels of a host with SELinux', async () => {
  const output = await onHost(`
    touch f; store f selinux system_u:object_r:shadow_t:s0; on selinuxfs
    $LSMFS run --lsm=selinux -- bash -c '
      load_policy; stat -c %C f; chcon -t etc_t f; stat -c %C f; drop f selinux; mkdir dir; chcon -t bin_t dir; touch dir/new; stat -c %C dir/new'
    xattr f selinux; for file in dir dir/new; do [ $(xattr $file selinux) = $(xattr plain selinux) ] && echo as others; done`);
  expect(output.split('\n')).toEqual([
    expect.not.stringContaining('shadow_t'),
    expect.stringMatching(/:etc_t:s0$/),
    'EACCES',
    expect.stringMatching(/:bin_t:s0$/),
    'system_u:object_r:shadow_t:s0',
    'as others',
    'as others',
    '',
  ]);
});

it('labels are stored with files where the host has other modules', async (context) => {
  if (isSmackHost) context.skip('the host has Smack, which this test is not about');
  const output = await onHost(`
    touch f; on selinuxfs; $LSMFS run --lsm=smack -- bash -c 'store f SMACK64 World'; xattr f SMACK64`);
  expect(output).toBe('World\n');
});

it('doctor tells', async () => {
  const output = await onHost(`$LSMFS doctor | grep host-labels; on smackfs; $LSMFS doctor | grep -A1 host-labels`);
  if (!isSmackHost) expect(output).toMatch(/^(?:ok|warn) +host-labels +(?!.*smack)/);
  expect(output).toMatch(/\nwarn +host-labels +.*\bsmack\b.*\n +fix: .*\n$/);
});
