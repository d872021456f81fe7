/** What a new user has, who gives no options: on a machine without /etc/selinux, and on Debian with its policy. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { asUser } from '../rootless/user.ts';
import { isClean } from '../support/box.ts';
import { WITHOUT_POLICY } from '../support/without-policy.ts';
import { script } from '../world/program.ts';

/** Shell. */
const DEFAULTS = `unset ${Object.keys(WITHOUT_POLICY).join(' ')} XDG_RUNTIME_DIR\nexport LSMFS\n`;
const SMALL = path.resolve('policies/small/store/policy/policy.33');
const HIDDEN = 'mount -t tmpfs none /etc/selinux';
const LOGIN = 'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023';

it('a user without root and without /etc/selinux has our policy and the context of a login', async () => {
  const { stdout, stderr, leftovers } = await asUser(
    `${DEFAULTS}$LSMFS run -- sh -c 'id -Z; getenforce; sestatus | sed -n "s/^Loaded.*: *//p"'
     $LSMFS run --enforcing -- sh -c 'echo x > secret; chcon -t shadow_t secret; runcon -t httpd_t cat secret; $LSMFS why --last | tail -n +2'`,
    { prepare: HIDDEN },
  );
  expect(stderr).toBe('cat: secret: Permission denied\n');
  const why = 'denied  read\n  no allow rule\n  to allow it:\n    allow httpd_t shadow_t:file read;\n';
  expect(stdout).toBe(`${LOGIN}\nPermissive\nsmall\n${why}`);
  expect(leftovers).toSatisfy(isClean);
});

it('owner and mode are judged before the modules, and `why --last` says so, and what the policy says of it', async () => {
  const { stdout, stderr } = await asUser(
    `${DEFAULTS}$LSMFS run --enforcing -- sh -c 'runcon -t httpd_t cat /etc/shadow; $LSMFS why --last; echo $?
       $LSMFS why --last --json | jq -c "[.allowed, .refusedByMode.path, .modules[].lsm]"'`,
    { prepare: HIDDEN },
  );
  expect(stderr).toBe('cat: /etc/shadow: Permission denied\n');
  expect(
    stdout
      .replace(/process \d+/, 'process N')
      .trim()
      .split('\n'),
  ).toEqual([
    'Owner and mode of /etc/shadow refused cat (process N, unconfined_u:unconfined_r:httpd_t:s0-s0:c0.c1023) to read it, before a module was asked.',
    'Asked now, selinux says:',
    '/etc/shadow  system_u:object_r:shadow_t:s0  file',
    'denied  read',
    '  no allow rule',
    '  to allow it:',
    '    allow httpd_t shadow_t:file read;',
    '1',
    '[false,"/etc/shadow","selinux"]',
  ]);
});

it('root without /etc/selinux is refused what httpd_t may not, and `why --last` says so', async () => {
  const { stdout, stderr, leftovers } = await script(
    `unshare -m --propagation private sh -c '${HIDDEN}; exec "$0" "$@"' bash -c '${DEFAULTS}exec $LSMFS "$@"' bash \\
       run --enforcing -- sh -c 'runcon -t httpd_t cat /etc/shadow; $LSMFS why --last'`,
  );
  expect(stderr).toBe('cat: /etc/shadow: Permission denied\n');
  expect(stdout).toContain(
    'scontext=unconfined_u:unconfined_r:httpd_t:s0-s0:c0.c1023 tcontext=system_u:object_r:shadow_t',
  );
  expect(stdout).toContain('denied  read\n  no allow rule\n  to allow it:\n    allow httpd_t shadow_t:file read;\n');
  expect(leftovers).toSatisfy(isClean);
});

it("the machine's policy is the default, and none without SELinux", async () => {
  const { stdout, stderr } = await script(
    `${DEFAULTS}$LSMFS run -- sh -c 'id -Z; sestatus | sed -n "s/^Loaded.*: *//p"'
     $LSMFS run --lsm=apparmor -- cat /proc/self/attr/current; LSMFS_POLICY=none $LSMFS run -- id -Z`,
  );
  expect(stderr).toBe('');
  expect(stdout).toBe(`${LOGIN}\ndefault\nunconfined\nkernel\n`);
});

it('a world on standby has it, too', async () => {
  const { stdout } = await script(
    `${DEFAULTS}name=$($LSMFS standby); $LSMFS run -- sh -c "id -Z; $LSMFS ps" | grep -o -e "$name" -e '^unconfined.*'`,
  );
  expect(stdout).toMatch(new RegExp(`^${LOGIN}\n\\S+\n$`));
});

it('a policy of the machine that cannot be loaded is left out with a line, where SELinux is', async () => {
  const machine = (make: string) =>
    `${HIDDEN}; mkdir -p /etc/selinux/new/policy; echo SELINUXTYPE=new > /etc/selinux/config; ${make}`;
  const policy = '/etc/selinux/new/policy/policy.36';
  const image = `head -c 16 ${SMALL} > ${policy}; printf '\\044\\0\\0\\0' >> ${policy}`;
  const run = `${DEFAULTS}$LSMFS run -- sestatus | sed -n "s/^Loaded.*: *//p"; $LSMFS run --lsm=apparmor -- true`;
  const newer = await asUser(run, { prepare: machine(image) });
  expect(newer).toMatchObject({
    stdout: 'small\n',
    stderr: `lsmfs: ${policy} has version 36, the newest that is loaded is 34: the world has our small policy (--policy=small).\n`,
  });
  const closed = await asUser(run, { prepare: machine(`cp ${SMALL} ${policy}; chmod 600 ${policy}`) });
  expect(closed).toMatchObject({
    stdout: 'small\n',
    stderr: `lsmfs: ${policy} cannot be read (EACCES): the world has our small policy (--policy=small).\n`,
  });
});
