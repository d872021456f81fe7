/** Labels of new files are remembered by the supervisor; whatever they follow from is changed, and the next file has the new one. */
import { expect, it } from 'vitest';
import { stepsAroundRelabelling } from './relabelling.ts';

it('a new file has the label that follows from the present state, whatever was changed since the last one', async () => {
  const steps = await stepsAroundRelabelling({
    client: 'new-files-client.py',
    // The second one is without the boolean and has a rule for plain files of maker_t.
    policies: ['new-files.33', 'new-files-2.33'],
    file: '',
    type: 'asked_t',
  });
  expect(steps).toEqual([
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
});
