/** What `lsmfs run` says on its terminal when the command has ended. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, worldName } from './program.ts';

const ON_TERMINAL = `python3 ${path.resolve('test/world/last-lines-client.py')} $LSMFS run`;
const PROFILE =
  'echo "profile closed { /** rmix, deny /etc/shadow r, audit deny /etc/passwd r, }" | apparmor_parser -qKr';

it('no line without a refusal and without a process that is left', async () => {
  const result = await script(`${ON_TERMINAL} -- true`);
  expect(result.stdout).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
});

it('how many accesses were refused, and how to see why', async () => {
  const name = worldName('last');
  const text = `${PROFILE}; aa-exec -p closed -- cat /etc/passwd 2>/dev/null; exit 1`;
  const result = await script(`${ON_TERMINAL} --lsm=apparmor --name=${name} -- sh -c '${text}'`);
  expect(result.stdout).toBe(
    `lsmfs: 1 access was refused. While a world runs, \`lsmfs why --last ${name}\` says why: lsmfs run ... -- sh -c 'COMMAND; lsmfs why --last'\n`,
  );
  expect(result.leftovers).toSatisfy(isClean);
});

it('not what permissive mode let through', async () => {
  const text = 'load_policy; runcon system_u:system_r:httpd_t:s0 head -c 4 /etc/shadow >/dev/null';
  const result = await script(`${ON_TERMINAL} -- sh -c '${text}'`);
  expect(result.stdout).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
});

it('that the world goes on because processes are left in it', async () => {
  const name = worldName('last');
  const result =
    await script(`${ON_TERMINAL} --name=${name} -- sh -c 'trap "" HUP; setsid sleep 600 </dev/null >/dev/null 2>&1 & exit 0'
    $LSMFS ps | grep -c ${name}; $LSMFS stop ${name} >/dev/null`);
  expect(result.stdout).toBe(
    `lsmfs: 1 process is left in world ${name}, which goes on (sleep); to end it: lsmfs stop ${name}\n1\n`,
  );
  expect(result.leftovers).toSatisfy(isClean);
});

it('not without a terminal, and lsmfs is on PATH in a world', async () => {
  const result = await script(
    `cd /; $LSMFS run -- sh -c 'lsmfs ps >/dev/null && echo found; trap "" HUP; setsid sleep 600 </dev/null >/dev/null 2>&1 & exit 0' 2>&1; $LSMFS stop --all --yes >/dev/null`,
  );
  expect(result.stdout).toBe('found\n');
  expect(result.leftovers).toSatisfy(isClean);
});
