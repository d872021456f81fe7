/** Labels that were read are remembered by the supervisor; whatever they follow from is changed, and the next look finds the new one. */
import { expect, it } from 'vitest';
import { stepsAroundRelabelling } from './relabelling.ts';

it('a file has the label that follows from the present state, whatever was changed since the last look', async () => {
  const steps = await stepsAroundRelabelling({
    client: 'read-labels-client.py',
    // It lets nobody look at attributes of files.
    policies: ['new-files.33'],
    file: 'f',
    type: 'asked_t',
  });
  expect(steps).toEqual([
    ['policy loaded', 'tmpfs_t'],
    ['labelled', 'dir_t'],
    ['labelled by a child', 'asked_t'],
    ['another file by that name', 'special_t'],
    ['relabelled from outside', 'asked_t'],
    ['a new file', 'tmpfs_t'],
    ['in another domain', 'tmpfs_t'],
    ['enforcing', 'EACCES'],
  ]);
});
