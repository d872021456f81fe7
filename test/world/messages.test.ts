/** What a user reads when something is missing: the cause, then what to do about it. */
import { expect, test } from 'vitest';
import { asUser } from '../rootless/user.ts';
import { isClean } from '../support/box.ts';
import { EMPTY_TMP, script } from './program.ts';

/** As root, in mounts of our own. */
const apart = (text: string, timeoutMs = 30_000) =>
  script(
    `export TEXT='${text}'; exec unshare -m --propagation private bash -c 'mount -t tmpfs -o size=256k none /run; eval "$TEXT"'`,
    { timeoutMs },
  );

test.each([
  [
    'mount --bind /dev/null /dev/fuse; $LSMFS run -- true',
    '/dev/fuse is not the FUSE device.',
    'As root: rm /dev/fuse; mknod -m 666 /dev/fuse c 10 229',
  ],
  [
    'mount -t tmpfs none /dev; $LSMFS run -- true 2>&1',
    '/dev/fuse does not exist.',
    /modprobe fuse.*--device \/dev\/fuse.*--dev-bind/,
  ],
  [
    'mkdir /run/d; mknod -m 666 /run/d/fuse c 10 229; mount --bind /run/d /run/d; mount -o remount,bind,nodev /run/d; mount --bind /run/d/fuse /dev/fuse; $LSMFS run -- true',
    '/dev/fuse cannot be opened: EACCES.',
    /mount without devices.*--dev-bind/,
  ],
  [
    `${EMPTY_TMP}; mount -o remount,ro /tmp; mount -o remount,ro /run; $LSMFS run -- true`,
    'Cannot make /tmp/lsmfs-0: EROFS.',
    /export LSMFS_STATE_DIR=/,
  ],
  ['LSMFS_STATE_DIR=/proc/x $LSMFS run -- true', 'Cannot make /proc/x: ENOENT.', /export LSMFS_STATE_DIR=/],
  [
    'head -c 1m /dev/zero > /run/full 2>/dev/null; $LSMFS run -- true',
    /^Cannot (make|write) \/run\/lsmfs\S*: ENOSPC\.$/,
    /^Make room/,
  ],
  // In a guest whose root is a folder of its host that one's /proc is below.
  [
    'umount -l /proc; [ ! -e /proc/self ] || mount -t tmpfs none /proc; $LSMFS run -- true',
    '/proc is not mounted.',
    'Mount it: mount -t proc proc /proc',
  ],
  [
    '$LSMFS run --lsm=selinx -- true',
    "'selinx' is not a security module.",
    /^Did you mean selinux\?.* smack.* loadpin/,
  ],
  ['$LSMFS run --lsm=smak -- true', "'smak' is not a security module.", /^Did you mean smack\?/],
])('%s', async (text, cause, fix) => {
  const result = await apart(`${text}; echo $?`);
  const lines = (result.stderr || result.stdout).split('\n').filter((line) => line !== '' && line !== '125');
  expect(lines.map((line) => line.startsWith('lsmfs: '))).toEqual([true, true]);
  const [first, second] = lines.map((line) => line.slice('lsmfs: '.length));
  expect(first).toMatch(cause);
  expect(second).toMatch(fix);
  expect(result.stdout).toMatch(/125\n$/);
  expect(result.leftovers).toSatisfy(isClean);
});

test.each([
  [
    '--profile=mainline --lsm=selinux,smack,apparmor',
    'lockdown,capability,selinux,ima,evm',
    ['smack', 'apparmor'].map(
      (name) => `${name} is left out: the profile 'mainline' runs one of its kind, and selinux comes first`,
    ),
  ],
  [
    '--param apparmor=0 --lsm=apparmor,yama',
    'lockdown,capability,yama,ima,evm',
    ['apparmor is left out: a kernel parameter switches it off'],
  ],
  ['--param lsm=selinx,yama', 'lockdown,capability,yama,ima,evm', ["selinx is left out: the build 'debian' lacks it"]],
  [
    '--param selinux=0 --param apparmor=1',
    'lockdown,capability,selinux,ima,evm',
    ["selinux=0 is ignored: the build 'debian' has no such parameter"],
  ],
  ['--build=full --lsm=selinux,yama --param selinux=1', 'lockdown,capability,selinux,yama,ima,evm', []],
  ['--lsm=yama', 'lockdown,capability,yama,ima,evm', []],
])('every module that does not come is named, by a line each: %s', async (options, list, lines) => {
  const result = await script(`$LSMFS run ${options} -- cat /sys/kernel/security/lsm`);
  expect(result.stdout).toBe(list);
  expect(result.stderr).toBe(lines.map((line) => `lsmfs: ${line}\n`).join(''));
  expect(result.leftovers).toSatisfy(isClean);
});

test('every line of every failure begins with the name of the program, and says what is wrong', async () => {
  const image = 'test/data/policies/feature.33';
  const failures: readonly [string, RegExp][] = [
    [`head -c 2000 ${image} > $D/cut; $LSMFS run --policy=$D/cut -- true`, /EINVAL at byte 2000 of 2000/],
    [
      `{ head -c 16 ${image}; printf '\\024'; tail -c +18 ${image}; } > $D/old; $LSMFS run --policy=$D/old -- true`,
      /it has version 20; known are 24 to 33/,
    ],
    [
      '$LSMFS run --policy=/etc/passwd -- true',
      /does not start with the magic number of a policy, 0xf97cff8c, but with 0x746f6f72/,
    ],
    ['$LSMFS run --policy=/nonexistent -- true', /\/nonexistent cannot be read: ENOENT/],
    ['$LSMFS run --lsm=aparmor -- true', /Did you mean apparmor\?/],
    ['$LSMFS run --nmae=x -- true', /Did you mean --name\?/],
    ['$LSMFS rum -- true', /Did you mean run\?/],
    ['$LSMFS run --build=debain -- true', /Allowed choices are debian, /],
    ['$LSMFS exec bluebrid -- true', /Did you mean bluebird\?/],
    ['$LSMFS log bluebrid', /Did you mean bluebird\?/],
    ['$LSMFS stop bluebrid', /Did you mean bluebird\?/],
    ['$LSMFS run --log-file=/ -- true', /The log file \/ cannot be written: EISDIR/],
    ['$LSMFS mount /etc/passwd', /\/etc\/passwd is not a directory/],
  ];
  const result = await apart(
    `D=/run; $LSMFS run --name bluebird -- sh -c ": > /run/ready; while [ -e /run/ready ]; do sleep 0.05; done" & until [ -e /run/ready ]; do sleep 0.05; done
     ${failures.map(([command]) => `{ ${command}; } 2>&1; echo "= $?"`).join('\n')}
     rm /run/ready; wait`.replaceAll("'", `'"'"'`),
    110_000,
  );
  const answers = result.stdout.split(/^= (\d+)\n/m);
  expect(answers.filter((_text, index) => index % 2 === 1)).toEqual(failures.map(() => '125'));
  failures.forEach(([command, expected], index) => {
    const text = answers[2 * index] ?? '';
    expect(text, command).toMatch(expected);
    for (const line of text.trimEnd().split('\n')) expect(line, command).toMatch(/^lsmfs: \S/);
  });
  expect(result.leftovers).toSatisfy(isClean);
});

test('a user who may not open the device', async () => {
  const result = await asUser('$LSMFS run -- true; echo $?', { prepare: 'chmod 600 /run/fuse' });
  expect(result.stderr).toBe('lsmfs: /dev/fuse cannot be opened: EACCES.\nlsmfs: As root: chmod 666 /dev/fuse\n');
  expect(result.stdout).toBe('125\n');
  expect(result.leftovers).toSatisfy(isClean);
});

test('a user who gets no user namespace', async () => {
  const result = await asUser('PATH=$PWD:$PATH; $LSMFS run -- true; echo $?', {
    prepare: "printf '#!/bin/sh\\nexit 1\\n' > /run/home/unshare; chmod 755 /run/home/unshare",
  });
  expect(result.stderr).toMatch(
    /^lsmfs: Making mounts needs CAP_SYS_ADMIN, or a user namespace, and .*\.\nlsmfs: In a container add `--cap-add SYS_ADMIN --device \/dev\/fuse`; .*\n$/,
  );
  expect(result.stdout).toBe('125\n');
  expect(result.leftovers).toSatisfy(isClean);
});

test('scripts/shell of a user on a machine where packages are missing', async () => {
  const result = await asUser('/run/lsmfs-copy/scripts/shell; echo $?', {
    prepare: `cp -r ${process.cwd()}/scripts /run/lsmfs-copy; chmod -R a+rX /run/lsmfs-copy
      printf '#!/bin/sh\\nexit 1\\n' > /run/bin/dpkg-query; chmod 755 /run/bin/dpkg-query`,
  });
  expect(result.stderr).toMatch(/^setup: installing Debian packages needs root; missing are: .*\bselinux-utils\b.*\n$/);
  expect(result.stdout).toBe('125\n');
});

test('doctor tells a user that worlds without root work', async () => {
  const result = await asUser(
    '$LSMFS doctor --json | jq -r \'.usable, (.checks[] | select(.id == "rootless") | .status, .detail)\'',
  );
  expect(result.stdout).toBe(
    'true\nok\nworlds run in a user namespace of user 2000001000, with no further ids (they need newuidmap and /etc/subuid)\n',
  );
  expect(result.leftovers).toSatisfy(isClean);
});
