/**
 * As invalidation.test.ts, of rules about paths: each case makes a call 400 times, which is allowed, and one more after a change, or about
 * another path, which is refused.
 */
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script } from '../program.ts';

const CLIENT = path.resolve('test/world/fast-path/rules.py');
const LIMIT_MS = 180_000;

/** Functions of the client. */
const CASES = {
  'what decides': ['profile_replaced', 'profile_changed', 'executed'],
  'where a file is': [
    ...['renamed', 'descriptor_of_a_renamed_file', 'directory_renamed_above_the_caller'],
    ...['directory_renamed_below_the_way', 'bound_elsewhere'],
  ],
  'another name by a link': ['link_renamed', 'link_made_again', 'links_exchanged'],
  'who may pass a directory': [
    ...['closed_directory_on_the_way', 'closed_directory_by_descriptor', 'given_away_directory_on_the_way'],
  ],
  'another path': ['another_name', 'another_new_name', 'another_name_of_the_file'],
  'another use': ['mapped_as_code'],
};

let outcomes: ReadonlyMap<string, string>;

beforeAll(async () => {
  const names = Object.values(CASES).flat().join(' ');
  const inside = `for name in ${names}; do python3 ${CLIENT} $name; done`;
  const result = await script(`$LSMFS run --lsm=apparmor -- bash -c "$INSIDE"`, {
    timeoutMs: LIMIT_MS,
    env: { INSIDE: inside },
  });
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  const lines = result.stdout.trim().split('\n');
  outcomes = new Map(lines.map((line): [string, string] => [line.replace(/: .*/, ''), line.replace(/.*?: /, '')]));
}, LIMIT_MS);

describe.each(Object.entries(CASES))('%s', (_title, names) => {
  it.each(names)('%s', (name) => expect(outcomes.get(name)).toBe('ok, EACCES'));
});
