/** security.ima and security.evm of a file, as two user namespaces and the host have them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script } from './program.ts';

const [FIRST, SECOND] = [4721, 4722];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-xattrs-'));
  chmodSync(folder, 0o755);
  writeFileSync(path.join(folder, 'file'), 'content');
  chownSync(path.join(folder, 'file'), FIRST, FIRST);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Shell: a command as the root of a user namespace of its own, which has this id alone. */
const within = (id: number, command: string): string =>
  `setpriv --reuid=${id} --regid=${id} --clear-groups unshare -Ur bash -c '${command}' 2>&1`;

const SHOW = 'getfattr -d -m - -e hex file | grep =';

function inWorld(commands: readonly string[]) {
  return lsmfs(['run', '--lsm=', '--', 'bash', '-c', commands.join('\n')], { cwd: folder });
}

/** The same on a tmpfs below the folder. @returns the lines that are printed. */
async function onTmpfs(commands: readonly string[]): Promise<string[]> {
  const made = 'mkdir -p tmpfs && mount -t tmpfs none tmpfs && cd tmpfs && chmod 755 . && echo content > file';
  const inside = [made, `chown ${FIRST}:${FIRST} file`, ...commands, 'cd ..; umount tmpfs'].join('\n');
  const text = '$LSMFS run --lsm= -- bash -c "$INSIDE" 2>&1';
  const { stdout, leftovers } = await script(text, { cwd: folder, env: { INSIDE: inside } });
  expect(leftovers).toSatisfy(isClean);
  return stdout.split('\n').filter(Boolean);
}

describe('attributes of user namespaces', () => {
  it('are three values of one file, and each sees its own', async () => {
    const result = await inWorld([
      'setfattr -n security.ima -v 0x0402aa file',
      within(
        FIRST,
        `${SHOW}; setfattr -n security.ima -v 0x040211 file; setfattr -n security.evm -v 0x030211 file; ${SHOW}`,
      ),
      `chown ${SECOND}:${SECOND} file`,
      within(SECOND, `${SHOW}; setfattr -n security.ima -v 0x040222 file; ${SHOW}`),
      `echo host; ${SHOW}`,
      within(FIRST, SHOW),
    ]);
    const plain = 'security.ima=0x0402aa';
    const first = ['security.evm=0x030211', 'security.ima=0x040211'];
    const second = 'security.ima=0x040222';
    const lines = result.stdout.split('\n').filter(Boolean);
    expect(lines).toEqual([plain, ...first, plain, second, 'host', plain, ...first]);
    expect(result.leftovers).toSatisfy(isClean);
    const stored = execFileSync('getfattr', ['-d', '-m', 'trusted.lsmns', path.join(folder, 'file')], {
      encoding: 'utf8',
    });
    expect(stored.match(/^trusted[^=]*/gm)).toEqual([
      'trusted.lsmns.00001271.evm',
      'trusted.lsmns.00001271.ima',
      'trusted.lsmns.00001272.ima',
    ]);
  });

  it('are removed one by one, and belong to files whose owner is known inside', async () => {
    const result = await inWorld([
      `chown ${SECOND}:${SECOND} file`,
      within(FIRST, 'setfattr -n security.ima -v 0x040233 file'),
      within(SECOND, `setfattr -x security.ima file; ${SHOW}; setfattr -n trusted.lsmns.00001271.ima -v 1 file`),
      'getfattr -n trusted.lsmns.00001271.ima file 2>&1; setfattr -n trusted.lsmns.00001271.ima -v 1 file 2>&1',
      within(SECOND, 'setfattr -n security.ima -v 0x07 file; setfattr -n security.evm -v 0x02 file'),
    ]);
    expect(result.stdout.split('\n').filter(Boolean)).toEqual([
      'setfattr: file: Operation not permitted',
      'security.ima=0x0402aa',
      'setfattr: file: Operation not permitted',
      'file: trusted.lsmns.00001271.ima: No such attribute',
      'setfattr: file: Operation not permitted',
      'setfattr: file: Invalid argument',
      'setfattr: file: Operation not permitted',
    ]);
  });

  it('follow the file: renamed, by another name, and copied up on overlayfs', async () => {
    const result = await onTmpfs([
      within(FIRST, 'setfattr -n security.ima -v 0x040211 file'),
      ...['mv file moved', 'ln moved link', 'mkdir low up work merged; mv moved low/file'],
      'mount -t overlay none -o lowerdir=low,upperdir=up,workdir=work merged && touch merged/file && umount merged && stat -c %u up/file',
      within(FIRST, 'for file in link low/file up/file; do getfattr -n security.ima -e hex $file; done | grep ='),
    ]);
    expect(result).toEqual([String(FIRST), ...Array(3).fill('security.ima=0x040211')]);
  });

  it('are set on an overlayfs that the host has mounted, and copied up by it', async () => {
    const set = 'setfattr -n security.ima -v 0x040211';
    const shown = 'getfattr -n security.ima -e hex $file';
    const inside = [
      ...['setfattr -n security.ima -v 0x0402aa low/one low/two', within(FIRST, `${set} low/one low/two`)],
      ...['echo more >> one; mv one moved; ln moved link', within(FIRST, `${set.replace('11', '22')} two`)],
      within(FIRST, `for file in link two ../low/two; do ${shown}; done | grep =`),
      `for file in link two; do ${shown}; done | grep =`,
    ].map((command) => command.replaceAll(' low/', ' ../low/'));
    const text = `mkdir overlay && mount -t tmpfs none overlay && cd overlay && chmod 755 . && mkdir low up work merged
      for file in one two; do echo content > low/$file; done; chown ${FIRST}:${FIRST} low/one low/two
      mount -t overlay none -o lowerdir=low,upperdir=up,workdir=work merged; cd merged
      $LSMFS run --lsm= -- bash -c "$INSIDE" 2>&1; cd ../..; umount overlay/merged overlay; rmdir overlay`;
    const { stdout, leftovers } = await script(text, { cwd: folder, env: { INSIDE: inside.join('\n') } });
    const [first, second, host] = ['0x040211', '0x040222', '0x0402aa'].map((value) => `security.ima=${value}`);
    expect(stdout.split('\n').filter(Boolean)).toEqual([first, second, first, host, host]);
    expect(leftovers).toSatisfy(isClean);
  });

  it('are set on an overlayfs that the world has mounted, copied up by it, and follow its files', async () => {
    const set = 'setfattr -n security.ima -v 0x040211';
    const shown = (...files: readonly string[]) =>
      files.map((file) => `getfattr -n security.ima -e hex ${file} | grep =`);
    const result = await onTmpfs([
      ...['mkdir low up work merged', `for file in one two; do echo content > low/$file; done`],
      ...[`chown ${FIRST}:${FIRST} low/*`, 'setfattr -n security.ima -v 0x0402aa low/one low/two'],
      'mount -t overlay none -o lowerdir=low,upperdir=up,workdir=work merged',
      within(FIRST, `${set} low/one; ${shown('merged/one', 'merged/two').join('; ')}`),
      ...['echo more >> merged/one; mv merged/one merged/moved; ln merged/moved merged/link'],
      within(
        FIRST,
        `${set.replace('11', '22')} merged/two; ${shown('merged/link', 'merged/two', 'low/two').join('; ')}`,
      ),
      ...shown('merged/link', 'merged/two', 'up/two'),
      `umount merged; mkdir own own/up own/work own/merged; chown -R ${FIRST}:${FIRST} own`,
      within(
        FIRST,
        'unshare -m bash -c "mount -t overlay none -o lowerdir=low,upperdir=own/up,workdir=own/work own/merged && getfattr -n security.ima -e hex own/merged/one" | grep ima=',
      ),
    ]);
    const [first, second, host] = ['0x040211', '0x040222', '0x0402aa'].map((value) => `security.ima=${value}`);
    // What a namespace mounts itself may lead to any filesystem: it is not looked at.
    expect(result).toEqual([first, host, first, second, host, host, host, host, host]);
  });

  it('have the limits and errors of the filesystem', async () => {
    const sizes = `/usr/bin/python3 -c 'import os, errno
for size in (3, 5000, 65536, 65537):
  try: print(size, os.setxattr("file", "security.ima", b"\\x04\\x04" + bytes(size - 2)) or len(os.getxattr("file", "security.ima")))
  except OSError as error: print(size, errno.errorcode[error.errno])
os.removexattr("file", "security.ima")'`;
    writeFileSync(path.join(folder, 'sizes'), sizes);
    const limits = ['3 3', '5000 5000', '65536 65536', '65537 E2BIG'];
    expect(await onTmpfs(['. ../sizes', within(FIRST, '. ../sizes')])).toEqual([...limits, ...limits]);
  });
});
