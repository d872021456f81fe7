/** Labels of new files are remembered by the supervisor; whatever they follow from is changed, and the next file has the new one. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, UNTIL } from './program.ts';

const CLIENT = path.resolve('test/world/new-files-client.py');
const POLICY = path.resolve('test/data/policies/new-files.33');
/** The same without the boolean and with a rule for plain files of maker_t. */
const RELOADED = path.resolve('test/data/policies/new-files-2.33');

it('a new file has the label that follows from the present state, whatever was changed since the last one', async () => {
  const result = await script(
    // A filesystem in memory, so that labels do not depend on paths; the host may write its security.* there.
    `${UNTIL} d=$(mktemp -d /dev/shm/lsmfs-XXXXXX); trap 'rm -rf $d' EXIT
     $LSMFS run --lsm=selinux -- python3 ${CLIENT} $d ${POLICY} ${RELOADED} & world=$!
     until_true test -e $d/warm && setfattr -n security.selinux -v u:object_r:asked_t $d && touch $d/relabelled
     wait $world`,
    { timeoutMs: 60_000 },
  );
  expect(result.stderr).toBe('');
  expect(result.stdout.trim().split('\n').map(parsed)).toEqual([
    ['not labelled', 'tmpfs_t'],
    ['in another directory, by its descriptor', 'dir_t'],
    ['not labelled, again', 'tmpfs_t'],
    ['directory labelled', 'dir_t'],
    ['name of a rule', 'special_t'],
    ['another name', 'dir_t'],
    ['fscreate', 'asked_t'],
    ['fscreate taken back', 'dir_t'],
    ['boolean that is pending', 'dir_t'],
    ['boolean', 'flagged_t'],
    ['boolean taken back', 'dir_t'],
    ['another domain', 'others_t'],
    ['the former domain', 'dir_t'],
    ['child with another label', 'others_t'],
    ['the parent of it', 'dir_t'],
    ['child', 'dir_t'],
    ['another child with its number', 'others_t'],
    ['in a directory', 'dir_t'],
    ['in another by that name', 'dir_t'],
    ['in what a symbolic link has in its place', 'dir_t'],
    ['directory relabelled from outside', 'asked_t'],
    ['policy reloaded', 'reloaded_t'],
    ['after execve', 'others_t'],
    ['a name again', 'others_t'],
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});

function parsed(line: string): [string, unknown] {
  const { step, value } = JSON.parse(line) as { step: string; value: unknown };
  return [step, value];
}
