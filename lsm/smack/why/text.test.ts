import { expect, it } from 'vitest';
import { createWorld } from '../../library/index.ts';

function ask(rules: string, subject: string, object: string, access: string): string {
  const world = createWorld({ lsm: 'smack' });
  if (rules !== '') world.fs.writeFileSync('/sys/fs/smackfs/load2', rules);
  const words = [subject, object, access];
  const told = world.stack.explanations.get('smack')?.({ query: 'access', words });
  if (told === undefined) throw new Error('it does not explain itself');
  return 'problem' in told ? told.problem : told.text;
}

it.each([
  ['', '* _ r', 'denied  r\n  built in: a subject labelled * is denied everything\n'],
  ['A B r', 'A _ rx', 'allowed  rx\n  built in: everybody may read, execute and lock an object labelled _\n'],
  ['A B rx', 'A B xr', 'allowed  rx\n  rule: A B rx\n'],
  ['A B rb', 'A B r', 'allowed  r\n  rule: A B rb\n  bring-up mode (b in the rule): each use is logged\n'],
  ['A B rx', 'A B w', "denied  w\n  rule: A B rx\n  to allow it:\n    echo 'A B rwx' > /sys/fs/smackfs/load2\n"],
  [
    'A B -',
    'A B w',
    "denied  w\n  the rule for A B is empty\n  to allow it:\n    echo 'A B w' > /sys/fs/smackfs/load2\n",
  ],
  [
    'A B r',
    'A C w',
    "denied  w\n  there is no rule for A C\n  no rule and no task has the label C yet\n  to allow it:\n    echo 'A C w' > /sys/fs/smackfs/load2\n",
  ],
  ['', 'a/b C w', "'a/b' is not a Smack label."],
  ['', 'A B q', "'q' is not an access."],
])('%s: %s', (rules, question, expected) => {
  const [subject = '', object = '', access = ''] = question.split(' ');
  expect(ask(rules, subject, object, access)).toBe(expected);
});
