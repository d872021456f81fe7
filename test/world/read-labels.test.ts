/** Labels that were read are remembered by the supervisor; whatever they follow from is changed, and the next look finds the new one. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, UNTIL } from './program.ts';

const CLIENT = path.resolve('test/world/read-labels-client.py');
/** It lets nobody look at attributes of files. */
const POLICY = path.resolve('test/data/policies/new-files.33');

it('a file has the label that follows from the present state, whatever was changed since the last look', async () => {
  const result = await script(
    `${UNTIL} d=$(mktemp -d /dev/shm/lsmfs-XXXXXX); trap 'rm -rf $d' EXIT
     $LSMFS run --lsm=selinux -- python3 ${CLIENT} $d ${POLICY} & world=$!
     until_true test -e $d/warm && setfattr -n security.selinux -v u:object_r:asked_t $d/f && touch $d/relabelled
     wait $world`,
    { timeoutMs: 60_000 },
  );
  expect(result.stderr).toBe('');
  expect(result.stdout.trim().split('\n').map(parsed)).toEqual([
    ['policy loaded', 'tmpfs_t'],
    ['labelled', 'dir_t'],
    ['labelled by a child', 'asked_t'],
    ['another file by that name', 'special_t'],
    ['relabelled from outside', 'asked_t'],
    ['a new file', 'tmpfs_t'],
    ['in another domain', 'tmpfs_t'],
    ['enforcing', 'EACCES'],
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});

function parsed(line: string): [string, unknown] {
  const { step, value } = JSON.parse(line) as { step: string; value: unknown };
  return [step, value];
}
