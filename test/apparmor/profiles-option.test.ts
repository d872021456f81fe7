/** `lsmfs run --profiles`: profiles that a world boots with, from text and from images. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asUser } from '../rootless/user.ts';
import { isClean } from '../support/box.ts';
import { script } from '../world/program.ts';

const WEB = 'profile web { /** rix, deny /etc/shadow r, }\n';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-profiles-'));
  mkdirSync(path.join(folder, 'several'));
  writeFileSync(path.join(folder, 'web'), WEB);
  writeFileSync(path.join(folder, 'several/one'), 'profile one { }\n');
  writeFileSync(path.join(folder, 'several/two'), 'profile two flags=(complain) { }\n');
  writeFileSync(path.join(folder, 'broken'), 'profile broken {\n  nothing\n');
});

afterAll(() => rmSync(folder, { recursive: true }));

const inFolder = (text: string) => script(text, { cwd: folder });
const LOADED = '/sys/kernel/security/apparmor/profiles';

it('files and directories are in force when the command begins, and end with the world', async () => {
  const { stdout, stderr, leftovers } = await inFolder(
    `$LSMFS run --lsm=apparmor --profiles=web --profiles=several -- sh -c 'sort ${LOADED}; aa-exec -p web cat /etc/shadow'`,
  );
  expect(stdout).toBe('one (enforce)\ntwo (complain)\nweb (enforce)\n');
  expect(stderr).toBe('cat: /etc/shadow: Permission denied\n');
  expect(leftovers).toSatisfy(isClean);
});

it('text is compiled for what the kernel of the world can do', async () => {
  const { stdout } = await inFolder(
    `$LSMFS run --lsm=apparmor --profiles=web -- sh -c '
       cat /sys/kernel/security/apparmor/policy/profiles/web.*/raw_data | sha256sum; apparmor_parser -KQqS web | sha256sum'`,
  );
  const [loaded, compiled] = stdout.split('\n');
  expect(loaded).toBe(compiled);
});

it('an image is taken as it is, where there is no compiler, too', async () => {
  const { stdout, stderr, status } = await inFolder(
    `apparmor_parser -KQq -o image web 2> /dev/null
     exec unshare -m --propagation private sh -c 'mount -t tmpfs none /usr/sbin
       '"$LSMFS"' run --lsm=apparmor --profiles=image -- cat ${LOADED}; exec '"$LSMFS"' run --lsm=apparmor --profiles=web -- true'`,
  );
  expect(stdout).toBe('web (enforce)\n');
  expect(stderr).toBe(
    'lsmfs: apparmor_parser is not installed, which is needed here.\nlsmfs: Install it: apt install apparmor\n',
  );
  expect(status).toBe(125);
});

it('a user without root has them, too', async () => {
  const { stdout, stderr } = await asUser(
    `echo '${WEB.trim()}' > web; $LSMFS run --lsm=apparmor --profiles=web -- aa-exec -p web cat /proc/self/attr/current`,
  );
  expect(stderr).toBe('');
  expect(stdout).toBe('web (enforce)\n');
});

it.each([
  ['--profiles=broken', /^lsmfs: apparmor_parser fails: .* for broken .* at line 3: .*\nlsmfs: Check --profiles\.\n$/],
  [
    '--profiles=missing',
    /^lsmfs: The profiles in \/\S+\/missing cannot be read: ENOENT\.\nlsmfs: Check --profiles\.\n$/,
  ],
  ['--profiles=/dev/null', /^lsmfs: \/dev\/null is not a file or a directory\.\nlsmfs: Check --profiles\.\n$/],
  [
    '--lsm=selinux --profiles=web',
    /^lsmfs: The world has no module that loads profiles\.\nlsmfs: Add one to --lsm: apparmor\.\n$/,
  ],
])('%s is one cause and one remedy', async (words, said) => {
  const { stderr, status, leftovers } = await inFolder(`$LSMFS run --lsm=apparmor ${words} -- true`);
  expect(stderr).toMatch(said);
  expect(status).toBe(125);
  expect(leftovers).toSatisfy(isClean);
});

it('a directory with a FIFO is a usage error: no process waits for its writer', async () => {
  const { stderr, status } = await inFolder(
    'mkdir d; mkfifo d/pipe; exec $LSMFS run --lsm=apparmor --profiles=d -- true',
  );
  expect(stderr).toBe('lsmfs: d/pipe is a FIFO, and no profile.\nlsmfs: Check --profiles.\n');
  expect(status).toBe(125);
});

it('an image that the kernel does not take is one cause, too', async () => {
  const { stderr, status } = await inFolder(
    'apparmor_parser -KQq -o image web 2> /dev/null; head -c 100 image > cut; exec $LSMFS run --lsm=apparmor --profiles=cut -- true',
  );
  expect(stderr).toMatch(/^lsmfs: The kernel refuses profiles of --profiles: .*\.\nlsmfs: .*\n$/);
  expect(status).toBe(125);
});
