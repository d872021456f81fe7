/** What suites of tests use, as a user without root: worlds in the background, reset, refusals, lsmfs/testing. */
import { expect, test } from 'vitest';
import { isClean } from '../support/box.ts';
import { asUser } from './user.ts';

test('a detached world is entered, asked, reset and waited for', async () => {
  const result = await asUser(
    `world=$($LSMFS run --detach --policy=small --context=login --enforcing -- sh -c 'until [ -e go ]; do sleep 0.05; done; exit 3')
     $LSMFS exec $world -- runcon -t httpd_t cat /etc/hostname >/dev/null; $LSMFS exec $world -- runcon -t httpd_t cat /etc/ssh/sshd_config 2>/dev/null
     $LSMFS exec $world -- setenforce 0; $LSMFS exec $world -- getenforce
     $LSMFS reset $world >/dev/null; $LSMFS exec $world -- getenforce; $LSMFS log --denials $world | wc -l
     : > go; $LSMFS wait $world`,
  );
  expect(result.stderr).toBe('');
  expect(result.stdout).toBe('Permissive\nEnforcing\n0\n3\n');
  expect(result.leftovers).toSatisfy(isClean);
});

test('with --end-with-command a world ends with its command', async () => {
  const result = await asUser(
    `$LSMFS run --end-with-command -- sh -c 'setsid sleep 1000 & echo $$ > pid; exec sleep 1000' & until_true test -s pid; exec 2>/dev/null
     kill -KILL $(cat pid); none() { [ -z "$($LSMFS ps --json | jq -r '.[].name')" ]; }; until_true none && echo none`,
  );
  expect(result.stdout).toBe('none\n');
  expect(result.leftovers).toSatisfy(isClean);
});

test('lsmfs/testing starts worlds', async () => {
  const result = await asUser(
    `cat > one.mjs <<'END'
import { startWorld } from '/run/lsmfs-copy/dist/testing.cjs';
const world = await startWorld({ policy: 'small', context: 'login', enforcing: true });
await world.exec('setenforce 0');
world.reset();
console.log((await world.exec('getenforce')).stdout.trim(), world.denials().length);
console.log(world.why('system_u:system_r:httpd_t:s0', 'system_u:object_r:shadow_t:s0', 'file', 'read').split('\\n')[0]);
await world.dispose();
END
     node one.mjs`,
  );
  expect(result.stderr).toBe('');
  expect(result.stdout).toBe('Enforcing 0\ndenied  read\n');
  expect(result.leftovers).toSatisfy(isClean);
});
