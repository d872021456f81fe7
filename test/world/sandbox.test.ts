/**
 * Our filter of system calls does not set no_new_privs, so programs that make sandboxes (Landlock, seccomp) see what
 * they see without a world.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { asUser } from '../rootless/user.ts';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';

const CLIENT = readFileSync(new URL('sandbox-client.py', import.meta.url), 'utf8');
/** As a user without capabilities. */
const AS_USER =
  'setpriv --reuid 2000001000 --regid 2000001000 --clear-groups --inh-caps=-all /usr/bin/python3 -c "$CLIENT"';
/** In the user namespace of a world without root a command has all capabilities; programs that drop them are those of a user. */
const WITHOUT = 'setpriv --inh-caps=-all --ambient-caps=-all /usr/bin/python3 -c "$CLIENT"';

/** Without Landlock in the host's kernel there is a third answer. */
const REFUSED =
  /^uid 2000001000 no_new_privs 0 seccomp EACCES landlock (EPERM|ENOSYS|EOPNOTSUPP) \S+\nprctl 0 no_new_privs 1 seccomp 0 landlock \S+\n$/;

it.each(['', '--lsm=selinux,landlock --mediate=all'])('a user in a world of root: %s', async (options) => {
  const env = { CLIENT };
  const outside = await script(AS_USER, { env });
  const inside = await script(`exec $LSMFS run ${options} -- ${AS_USER}`, { env });
  expect(outside.stdout).toMatch(REFUSED);
  expect(inside.stdout).toBe(outside.stdout);
  expect(inside.leftovers).toSatisfy(isClean);
});

it('root in a world of root', async () => {
  const env = { CLIENT };
  const outside = await script('exec python3 -c "$CLIENT"', { env });
  const inside = await script('exec $LSMFS run -- python3 -c "$CLIENT"', { env });
  expect(outside.stdout).toMatch(/^uid 0 no_new_privs 0 seccomp 0 /);
  expect(inside.stdout).toBe(outside.stdout);
});

it('a world without root', async () => {
  const env = { CLIENT };
  const outside = await asUser(WITHOUT, { env });
  const inside = await asUser(`$LSMFS run -- ${WITHOUT}`, { env });
  expect(outside.stdout).toMatch(REFUSED);
  expect(inside.stdout).toBe(outside.stdout);
  expect(inside.leftovers).toSatisfy(isClean);
});
