/** EVM on real files: the HMAC follows what the processes of a world do, and what others do is found out. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const KEY = 'the key of these tests, of 64 bytes, as evm-key usually has them';
/** Owner of the files that a rule of the test appraises. */
const OWNER = 4731;
/** A tmpfs: there EVM lets files have their first attributes, and keeps HMACs, which on overlayfs it does not. */
const PLACE = '/dev/shm/lsmfs-evm-';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(PLACE);
  chmodSync(folder, 0o755);
  writeFileSync(path.join(folder, 'key'), KEY);
  writeFileSync(path.join(folder, 'file'), 'content\n');
  chownSync(path.join(folder, 'file'), OWNER, OWNER);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ON = 'echo 1 > /sys/kernel/security/evm';
const SHOW = 'getfattr -n security.evm -e hex file 2> /dev/null | grep -o 0x.*';
/** Gives the file the digest of its content. */
const LABEL = 'setfattr -n security.ima -v 0x0404$(sha256sum < file | cut -c 1-64) file';
const APPRAISE = `echo 'appraise func=FILE_CHECK fowner=${OWNER}' > /sys/kernel/security/ima/policy`;
const CLIENT = `python3 ${path.join(import.meta.dirname, 'evm-client.py')}`;
/** The same HMAC by somebody else. */
const COMPUTE = `${CLIENT} hmac security.ima key`;
const FACTS = `${CLIENT} evmctl`;

function inWorld(commands: readonly string[], options: readonly string[] = []) {
  const argv = ['run', '--lsm=', '--evm-hmac-key', 'key', ...options, '--', 'bash', '-c', commands.join('\n')];
  return lsmfs(argv, { cwd: folder });
}

const linesOf = ({ stdout }: { readonly stdout: string }): string[] => stdout.trimEnd().split('\n');

describe('the HMAC of a file', () => {
  it('follows its owner, its mode and its attributes', async () => {
    const result = await inWorld([
      ...[ON, LABEL, SHOW, 'chmod 604 file', SHOW, 'chown 9:10 file', SHOW],
      ...[`chmod 644 file; chown ${OWNER}:${OWNER} file`, SHOW, 'setfattr -n user.note -v x file', SHOW],
      ...['setfattr -n security.selinux -v x file', SHOW, 'setfattr -x security.selinux file', SHOW],
      ...['setfattr -n security.evm -v 0x02ab file 2>&1', COMPUTE],
    ]);
    const [first, mode, owner, back, user, label, without, refused, computed] = linesOf(result);
    expect(first).toMatch(/^0x02[0-9a-f]{40}$/);
    expect(new Set([first, mode, owner, label]).size).toBe(4);
    expect([back, user, without, computed]).toEqual([first, first, first, first]);
    expect(refused).toBe('setfattr: file: Operation not permitted');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('follows a mode that fchmodat2(2) sets without following links, and links have none', async () => {
    const chmod = (name: string) =>
      `python3 -c "import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.syscall(452, -100, b'${name}', 0o604, 0x100), ctypes.get_errno())"`;
    const result = await inWorld([ON, LABEL, SHOW, 'ln -s file link', chmod('link'), chmod('file'), SHOW, COMPUTE]);
    const [first, link, file, mode, computed] = linesOf(result);
    expect([link, file, mode]).toEqual(['-1 95', '0 0', computed]);
    expect(mode).not.toBe(first);
  });

  it('goes with the digest that is made anew when the file was written', async () => {
    const result = await inWorld([ON, LABEL, APPRAISE, 'cat file; echo more >> file; cat file', SHOW, COMPUTE]);
    const [one, two, more, stored, computed] = linesOf(result);
    expect([one, two, more]).toEqual(['content', 'content', 'more']);
    expect(stored).toBe(computed);
  });

  it('is no longer right when somebody outside of the world changed the file', async () => {
    const world = inWorld([
      ...[ON, LABEL, APPRAISE, 'cat file; touch ready; until [ -e changed ]; do sleep 0.05; done', 'cat file 2>&1'],
      ...['chmod 644 file 2>&1', 'dmesg | grep -o "op=.* cause=[^ ]*"'],
    ]);
    await expect.poll(() => existsSync(path.join(folder, 'ready')), { timeout: 60_000 }).toBe(true);
    chmodSync(path.join(folder, 'file'), 0o666);
    writeFileSync(path.join(folder, 'changed'), '');
    expect(linesOf(await world)).toEqual([
      'content',
      'cat: file: Permission denied',
      "chmod: changing permissions of 'file': Operation not permitted",
      'op=policy_update cause=completed',
      'op=appraise_data cause=invalid-HMAC',
      'op=appraise_metadata cause=fail',
    ]);
  });

  it('takes the place of a signature by a known key when the file is appraised', async () => {
    const request = 'req -x509 -newkey rsa:2048 -nodes -subj /CN=evm -keyout evm.pem -outform DER -out evm.der';
    execFileSync('openssl', request.split(' '), { cwd: folder, stdio: 'ignore' });
    const result = await inWorld(
      [
        ...[LABEL, `evmctl sign $(${FACTS}) -a sha256 --key evm.pem file > said 2>&1 || cat said`, SHOW],
        ...['echo 2 > /sys/kernel/security/evm', ON, 'cat /sys/kernel/security/evm; echo', APPRAISE],
        ...[SHOW, 'cat file file', SHOW, COMPUTE, 'chmod 640 file; cat file', 'dmesg | grep -c cause=invalid'],
      ],
      ['--evm-key', 'evm.der'],
    );
    const [signed, bits, before, one, two, stored, computed, after, refused] = linesOf(result);
    expect(signed).toMatch(/^0x0302/);
    expect([bits, before]).toEqual(['3', signed]);
    expect([one, two, after]).toEqual(['content', 'content', 'content']);
    expect(stored).toMatch(/^0x02/);
    expect(stored).toBe(computed);
    expect(refused).toBe('0');
  });

  it('is made by evm=fix for a file that has none', async () => {
    const label = await inWorld(['echo 4 > /sys/kernel/security/evm', LABEL, ON, 'chmod 640 file 2>&1', SHOW]);
    expect(linesOf(label)).toEqual(["chmod: changing permissions of 'file': Operation not permitted"]);
    const fixed = await inWorld([ON, 'chmod 640 file', SHOW, COMPUTE], ['--param', 'evm=fix']);
    const [stored, computed] = linesOf(fixed);
    expect(stored).toBe(computed);
    expect(linesOf(await inWorld([ON, APPRAISE, 'cat file; chmod 600 file && echo changed']))).toEqual([
      'content',
      'changed',
    ]);
  });
});

it('covers the label that a file is made with', async () => {
  const show = 'getfattr -n security.selinux file | grep -c =; getfattr -n security.evm -e hex file | grep -o 0x.*';
  const commands = [
    ...['load_policy; setfattr -n security.selinux -v system_u:object_r:tmp_t:s0 .', ON],
    ...['rm file; echo content > file', show, `${CLIENT} hmac security.selinux key`, 'chmod 600 file && echo changed'],
  ];
  const argv = ['run', '--lsm=selinux', '--evm-hmac-key', 'key', '--', 'bash', '-c', commands.join('\n')];
  const result = await lsmfs(argv, { cwd: folder });
  expect(result.stderr).toBe('');
  const [labelled, value, computed, changed] = linesOf(result);
  expect(labelled).toBe('1');
  expect(value).toMatch(/^0x02[0-9a-f]{40}$/);
  expect([computed, changed]).toEqual([value, 'changed']);
});

describe('a user without privileges', () => {
  it('changes a file of its own, and only that', async () => {
    const as = (command: string) => `setpriv --reuid=${OWNER} --regid=${OWNER} --clear-groups ${command} 2>&1`;
    const result = await inWorld([
      ...[ON, LABEL, as('chmod 600 file'), SHOW, COMPUTE, as('chown 0:0 file'), 'chown 0:0 file', as('chmod 777 file')],
      ...['stat -c "%u %a" file', SHOW, COMPUTE],
    ]);
    const [one, sameOne, chown, chmod, state, two, sameTwo] = linesOf(result);
    expect(one).toBe(sameOne);
    expect(chown).toBe("chown: changing ownership of 'file': Operation not permitted");
    expect(chmod).toBe("chmod: changing permissions of 'file': Operation not permitted");
    expect(state).toBe('0 600');
    expect(two).toBe(sameTwo);
  });

  it('has no wrong HMAC put right by a change that is refused', async () => {
    await inWorld([ON, LABEL]);
    chmodSync(path.join(folder, 'file'), 0o666);
    // The later calls of a thread show that the earlier ones are over.
    const tries = 'for i in range(4):\n try: os.chmod("file", 0o600)\n except OSError as error: print(error.strerror)';
    const refused = `setpriv --reuid=${OWNER + 1} --clear-groups /usr/bin/python3 -c 'import os\n${tries}'`;
    const result = await inWorld([ON, SHOW, refused, SHOW], ['--param', 'evm=fix']);
    const [before, ...others] = linesOf(result);
    expect(before).toMatch(/^0x02/);
    expect(others).toEqual([...Array(4).fill('Operation not permitted'), before]);
  });
});
