/** A world in a world there is not, and no world under a policy that V8 cannot run under: both say so. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, PROGRAM, script } from './program.ts';

/** The start script. */
const START = path.resolve('bin/lsmfs');

it('cannot be nested yet, and says so', async () => {
  const result = await lsmfs(['run', '--', 'node', PROGRAM, 'run', '--', 'true']);
  expect(result.status).toBe(125);
  expect(result.stderr).toContain('cannot be nested');
});

it('is told by doctor, too, which judges no host there', async () => {
  const result = await script(
    `$LSMFS run --name=outer -- ${START} doctor --json | jq -r '.usable, (.checks[] | select(.status == "fail") | .id, .detail, .fix), (.checks[] | select(.id == "host-labels"))'`,
  );
  expect(result.stdout).toBe(
    'false\nworlds-in-worlds\nthis is inside the world outer, and a world has none in it\nLeave it first; `lsmfs exec NAME -- CMD` enters an existing world from outside.\n',
  );
  expect(result.leftovers).toSatisfy(isClean);
});

it('says in one line what fails under a policy that allows no executable memory', async () => {
  const inside = `load_policy; setenforce 1; ${START} run -- true; echo $?; env -u LSMFS_WORLD ${START} mount /nowhere; echo $?`;
  const result = await script('$LSMFS run -- sh -c "$INSIDE"', { env: { INSIDE: inside } });
  const nested = 'lsmfs: Worlds cannot be nested yet: this process is in one already.\n';
  const refused = 'lsmfs: The SELinux policy in force does not let Node.js make memory executable (execmem).\n';
  expect(result.stdout).toBe('125\n125\n');
  expect(result.stderr).toBe(
    `${nested}lsmfs: Leave it first; \`lsmfs exec NAME -- CMD\` enters an existing world from outside.\n${refused}lsmfs: Allow it: setsebool allow_execmem on, or a rule for the domain in which lsmfs runs.\n`,
  );
  expect(result.leftovers).toSatisfy(isClean);
});
