/** `lsmfs log --denials`: refusals of any module, with the module's answer. */
import { expect, test } from 'vitest';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';

const SMALL = '--policy=small --context=login --enforcing';
const REFUSED = 'runcon -t httpd_t cat /etc/shadow 2>/dev/null';

test('it prints the records of refusals alone, and why', async () => {
  const result = await script(
    `$LSMFS run ${SMALL} -- sh -c '${REFUSED}; runcon -t httpd_t cat /etc/gshadow 2>/dev/null; lsmfs log --denials --why'`,
  );
  expect(result.stdout.replaceAll(/msg=audit\([^)]*\)| pid=\d+| (?:dev|ino)=\S+/g, '')).toMatch(
    new RegExp(
      '^type=AVC : avc:  denied  \\{ read \\} for .*name="shadow".*\ndenied  read\n  no allow rule\n  to allow it:\n    allow httpd_t shadow_t:file read;\n' +
        'type=AVC : avc:  denied  \\{ read \\} for .*name="gshadow".*\ndenied  read\n',
    ),
  );
  expect(result.leftovers).toSatisfy(isClean);
});

test('as JSON each has what it is about; --since leaves out what was before', async () => {
  const result = await script(
    `$LSMFS run ${SMALL} -- sh -c '${REFUSED}; lsmfs log --denials --json --why; later=$(($(date +%s) + 60)); lsmfs log --denials --since=$later'`,
  );
  const [line = '', ...rest] = result.stdout.trim().split('\n');
  expect(rest).toEqual([]);
  expect(JSON.parse(line)).toMatchObject({
    kind: 'audit',
    type: 'AVC',
    fields: { tclass: 'file', permissive: '0' },
    refusal: {
      module: 'selinux',
      subject: 'httpd_t',
      object: 'shadow_t',
      kind: 'file',
      access: 'read',
      permissive: false,
    },
    why: expect.stringContaining('allow httpd_t shadow_t:file read;'),
  });
});

test.each([
  ['--why', '--why and --since are for refusals.'],
  ['--since=1', '--why and --since are for refusals.'],
  ['--denials --since=yesterday', 'it must be seconds since 1970.'],
])('%s is a usage error', async (words, message) => {
  const result = await script(`$LSMFS run -- lsmfs log ${words}`);
  expect(result.stderr).toContain(message);
  expect(result.status).toBe(125);
});
