/** `lsmfs xattr`: attributes of user namespaces, as they lie on a disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { script, UNTIL } from './program.ts';

/** Roots of namespaces; there are no such users. */
const [LIVING, ENDED, OTHER] = [4741, 4742, 4743];
const idOf = (root: number): string => root.toString(16).padStart(8, '0');
const storedAs = (root: number, name: string): string => `trusted.lsmns.${idOf(root)}.${name}`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-stored-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Files of both, and names that are to be left alone: of the host, behind a link, below a mount. */
const FILES = `umask 022; mkdir -p tree/deep tree/mount elsewhere
for file in tree/one tree/deep/two tree/mount/three elsewhere/four; do echo content > $file; done
mount -t tmpfs none tree/mount; echo content > tree/mount/three
set_on() { setfattr -n "$2" -v "$3" "$1"; }
for file in tree/one tree/deep/two tree/mount/three elsewhere/four; do set_on $file ${storedAs(ENDED, 'ima')} old; done
set_on tree/one ${storedAs(ENDED, 'evm')} old; set_on tree/one ${storedAs(LIVING, 'ima')} young
set_on tree/one security.ima plain; set_on tree/one trusted.lsmns.note x
ln -s ../elsewhere tree/link; ln -s ../../elsewhere/four tree/deep/link
exec 2>&1
xattr() { $LSMFS xattr "$@"; echo "= $?"; }
names() { getfattr -m - -h --absolute-names "$@" | grep -v '^#\\|^$' | sort; }
`;

async function onTree(commands: string): Promise<string[]> {
  const inside = `${UNTIL}${FILES}${commands}`;
  const result = await script(`unshare -m --propagation private bash -c "$INSIDE"`, {
    cwd: folder,
    timeoutMs: 60_000,
    env: { INSIDE: inside },
  });
  return result.stdout.split('\n').filter(Boolean);
}

const row = (root: number, state: string, names: string, file: string): string =>
  `${idOf(root)}  ${root}  ${state}  ${names}  ${file}`;

describe('lsmfs xattr', () => {
  it('lists what each namespace has, neither through links nor below mounts, and which of them live', async () => {
    const lines = await onTree(`
      setpriv --reuid=${LIVING} --regid=${LIVING} --clear-groups unshare -Ur sleep 600 &
      lives() { $LSMFS xattr list tree | grep -q living; }; until_true lives
      xattr list tree; xattr list tree/link tree/deep/two; xattr list --json tree/one; xattr list nothing; kill %1`);
    const text = lines.map((line) => line.replace(/ {2,}/g, '  '));
    const header = 'ID  ROOT  STATE  ATTRIBUTES  PATH';
    const json = text.slice(text.indexOf('['), text.indexOf(']') + 1);
    const inode: unknown = expect.stringMatching(/^\d+:\d+ \d+$/);
    expect(JSON.parse(json.join(''))).toEqual([
      { path: 'tree/one', inode, id: idOf(LIVING), root: LIVING, living: true, names: ['security.ima'] },
      { path: 'tree/one', inode, id: idOf(ENDED), root: ENDED, living: false, names: ['security.evm', 'security.ima'] },
    ]);
    expect(text.filter((line) => !json.includes(line))).toEqual([
      header,
      row(ENDED, 'ended', 'security.ima', 'tree/deep/two'),
      row(LIVING, 'living', 'security.ima', 'tree/one'),
      row(ENDED, 'ended', 'security.evm,security.ima', 'tree/one'),
      ...['= 0', header, row(ENDED, 'ended', 'security.ima', 'tree/deep/two'), '= 0', '= 0'],
      ...['lsmfs: nothing: ENOENT', header, '= 1'],
    ]);
  });

  it('removes what belongs to a namespace that has ended, once it is told to', async () => {
    const lines = await onTree(`
      setpriv --reuid=${LIVING} --regid=${LIVING} --clear-groups unshare -Ur sleep 600 &
      lives() { $LSMFS xattr list tree | grep -q living; }; until_true lives; ln tree/one tree/same
      xattr gc --id=${idOf(ENDED)} tree < /dev/null
      xattr gc --id=${idOf(ENDED)} --dry-run tree | tail -n +2
      xattr gc --id=${idOf(LIVING)} --yes tree
      xattr gc --id=${idOf(ENDED)} --yes tree
      xattr gc --id=${idOf(ENDED)} --yes --json tree
      names tree/one; for file in tree/deep/two tree/mount/three elsewhere/four; do echo $file; names $file; done; kill %1`);
    const what = `3 attributes of 2 files, of ${idOf(ENDED)}`;
    const kept = storedAs(ENDED, 'ima');
    expect(lines).toEqual([
      ...[`lsmfs: xattr gc would remove ${what}`, 'lsmfs: Say --yes as well, or --dry-run.', '= 125'],
      expect.stringMatching(/two$/),
      expect.stringMatching(/ended +security.evm,security.ima +tree\/one$/),
      expect.stringMatching(/ended +security.evm,security.ima +tree\/same$/),
      '= 0',
      ...['removed 0 attributes of 0 files', '= 0', 'removed 3 attributes of 2 files', '= 0'],
      ...['{', '  "files": 0,', '  "attributes": 0', '}', '= 0'],
      ...['security.ima', storedAs(LIVING, 'ima'), 'trusted.lsmns.note'],
      ...['tree/deep/two', 'tree/mount/three', kept, 'elsewhere/four', kept],
    ]);
  });

  it('moves them to another id, and overwrites nothing', async () => {
    const lines = await onTree(`set_on tree/one ${storedAs(OTHER, 'ima')} taken
      xattr rekey ${idOf(ENDED)} ${idOf(ENDED)} tree
      xattr rekey ${idOf(ENDED)} ${idOf(OTHER)} tree
      getfattr -d -m 'trusted.*(${idOf(ENDED)}|${idOf(OTHER)})' tree/one tree/deep/two | grep '=' | sort`);
    expect(lines).toEqual([
      `lsmfs: ${idOf(ENDED)} would be moved to itself.`,
      ...['lsmfs: Name another id.', '= 125'],
      'lsmfs: security.ima of tree/one: EEXIST',
      'moved 2 attributes of 2 files',
      '= 1',
      `${storedAs(ENDED, 'ima')}="old"`,
      `${storedAs(OTHER, 'evm')}="old"`,
      `${storedAs(OTHER, 'ima')}="old"`,
      `${storedAs(OTHER, 'ima')}="taken"`,
    ]);
  });

  it('says who cannot see them, and when it is not known which namespaces have ended', async () => {
    const lines = await onTree(`chmod 755 .
      setpriv --reuid=${OTHER} --clear-groups $LSMFS xattr list tree; echo "= $?"
      $LSMFS run --lsm= -- $LSMFS xattr list tree; echo "= $?"
      unshare -pf --mount-proc $LSMFS xattr gc --yes tree; echo "= $?"`);
    expect(lines.filter((line) => line.startsWith('='))).toEqual(['= 125', '= 125', '= 125']);
    const told = lines.join('\n');
    expect(told).toContain('CAP_SYS_ADMIN of the initial user namespace alone');
    expect(told).toContain('In a world these attributes are shown to nobody');
    expect(told).toContain('Name one that has: --id=ID');
  });
});
