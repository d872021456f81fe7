/**
 * What is remembered of a call is forgotten by whatever changes its answer: each case makes a call 400 times, which is allowed, makes one
 * change, and the next call is refused. They run in one world, each in a process of its own that begins with the policy loaded anew.
 */
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script } from '../program.ts';

const CLIENT = path.resolve('test/world/fast-path/invalidation.py');
const LIMIT_MS = 180_000;

/** Functions of the client. */
const CASES = {
  'what decides': ['policy_load', 'boolean', 'setenforce'],
  'a label of a file': [
    ...['chcon', 'chcon_writing', 'chcon_accessed', 'chcon_by_descriptor', 'chcon_times', 'chcon_chmod'],
    ...['chcon_of_an_attribute', 'chcon_of_a_default_label', 'chcon_of_listed_attributes'],
    ...['chcon_of_an_attribute_from_outside', 'boolean_of_an_attribute', 'chcon_by_the_fast_path'],
    ...['chcon_of_a_file_to_send', 'chcon_of_a_file_to_send_to'],
    ...['chcon_of_an_inherited_file', 'chcon_of_an_inherited_file_from_outside', 'boolean_of_a_pipe'],
    ...['chcon_mapped', 'chcon_from_outside', 'chcon_of_a_file_to_move', 'chcon_of_a_file_to_replace'],
  ],
  'a label of a directory': [
    'chcon_of_a_directory_to_make_in',
    'chcon_of_a_directory_to_remove_from',
    ...['chcon_of_a_directory_to_remove_directories_from', 'chcon_of_a_directory_to_remove'],
    ...['chcon_of_a_directory_on_the_way', 'chcon_of_the_parent_directory'],
    ...['chcon_of_a_directory_to_move_from', 'chcon_of_a_directory_to_move_to'],
    'chcon_of_a_directory_on_the_way_to_move_to',
  ],
  'what a name means': [
    ...['secret_file_in_its_place', 'removed_and_made_again', 'rename_on_the_way', 'closed_directory_on_the_way'],
    ...['link_on_the_way', 'mounted_over', 'unmounted', 'bind_of_a_file'],
    ...['directory_made_again', 'directory_made_again_where_many_were', 'link_made_again'],
  ],
  'a program': [
    ...['program_policy_load', 'program_boolean', 'program_setenforce', 'program_chcon', 'program_chcon_from_outside'],
    ...['program_in_its_place', 'program_on_the_way', 'program_mounted_over', 'program_by_a_link', 'program_chroot'],
    ...['program_of_another_label', 'program_of_another_user'],
  ],
  'its own entry in procfs': [
    ...['own_entry_boolean', 'own_entry_of_a_descriptor', 'own_entry_mounted_over', 'own_entry_own_label'],
    'own_entry_of_another_label',
  ],
  'from where the caller looks': [
    ...['chroot', 'chdir', 'directory_descriptor', 'descriptor', 'setns', 'unshared_and_mounted'],
  ],
  'what the caller is': [
    ...['setuid', 'own_label', 'execve', 'thread_id_used_again', 'child_of_another_user'],
    'child_of_a_program_of_another_label',
  ],
};

let outcomes: ReadonlyMap<string, string>;

beforeAll(async () => {
  const names = Object.values(CASES).flat().join(' ');
  const inside = `for name in ${names}; do python3 ${CLIENT} inside $name; done`;
  const result = await script(
    `python3 ${CLIENT} outside $LSMFS run --lsm=selinux --policy=none --file-contexts=none -- bash -c "$INSIDE"`,
    { timeoutMs: LIMIT_MS, env: { INSIDE: inside } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  const lines = result.stdout.trim().split('\n');
  outcomes = new Map(lines.map((line): [string, string] => [line.replace(/: .*/, ''), line.replace(/.*?: /, '')]));
}, LIMIT_MS);

describe.each(Object.entries(CASES))('%s', (_title, names) => {
  it.each(names)('%s', (name) => expect(outcomes.get(name)).toBe('ok, EACCES'));
});
