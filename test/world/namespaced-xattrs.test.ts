/** security.ima and security.evm of a file, as two user namespaces and the host have them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

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
});
