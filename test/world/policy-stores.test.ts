/**
 * What semodule(8), semanage(8) and setsebool(8) change in a world is its own: the machine's store is as it was.
 *
 * `$HERE` has stores and programs of their own at /etc/selinux and /var/lib/selinux: what went wrong would not meet the machine's.
 */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';

const TIMEOUT_MS = 180_000;
/** Shell, in mounts of its own: a store with one module, which `semodule -B` has built, and `sums`, which tells all that is in it. */
const STORE = `set -e
  mount -t tmpfs -o mode=755 none /mnt; cd /mnt; mkdir -p etc lib/small etc/small/contexts/files
  printf 'SELINUX=permissive\\nSELINUXTYPE=small\\n' > etc/config; cp /etc/selinux/semanage.conf etc
  cp -r ${process.cwd()}/policies/small/store/. etc/small
  mount --bind etc /etc/selinux; mount --bind lib /var/lib/selinux
  cat ${process.cwd()}/policies/small/{base,types,rules,objects}.cil > base.cil
  printf '(type local_t)\\n(roletype system_r local_t)\\n(allow local_t shadow_t (file (read open)))\\n(boolean local_on false)\\n' > local.cil
  semodule -n -i base.cil
  sums() { (cd /mnt; find etc lib -printf '%p %i %m %U %G %T@ %C@\\n'; find etc lib -type f -exec sha256sum {} +) | sort | sha256sum; }
  before=$(sums)
`;

function inOwnStores(text: string, inside: string) {
  return script(`unshare -m --propagation private bash -c "$ALL"`, {
    env: { ALL: `${STORE}\n${text}\n[ "$(sums)" = "$before" ] && echo unchanged`, INSIDE: inside },
    timeoutMs: TIMEOUT_MS,
  });
}

const CHANGE = `set -e
  cd /mnt; stat -f -c %T /etc/selinux; semodule -l; semodule -i local.cil; semodule -l
  sesearch -A -s local_t -t shadow_t -c file /sys/fs/selinux/policy
  compute_av system_u:system_r:local_t:s0 system_u:object_r:shadow_t:s0 file | grep allowed
  setsebool -P local_on on; getsebool local_on; rm /var/lib/selinux/small/active/booleans.local
  chcon system_u:object_r:shadow_t:s0 /etc/selinux/config; ls -Z /etc/selinux/config`;
const CHANGED = `base
base
local
allow local_t shadow_t:file { open read };
allowed= { read open }
local_on --> on
system_u:object_r:shadow_t:s0 /etc/selinux/config
`;

it(
  'a module, a boolean and a label of a world end with it',
  async () => {
    const { stdout, stderr, leftovers } = await inOwnStores(`$LSMFS run --policy=auto -- bash -c "$INSIDE"`, CHANGE);
    expect(stderr).toBe('');
    expect(stdout).toBe(`overlayfs\n${CHANGED}unchanged\n`);
    expect(leftovers).toSatisfy(isClean);
  },
  TIMEOUT_MS,
);

it(
  'they do so where no overlay can be mounted',
  async () => {
    const overlay = `mkdir -p layers/u layers/w; mount -t tmpfs none layers
      for i in 1 2; do for p in etc lib; do t=/etc/selinux; [ $p = etc ] || t=/var/lib/selinux
        mkdir -p layers/$p$i/u layers/$p$i/w; mount -t overlay none -o lowerdir=$t,upperdir=layers/$p$i/u,workdir=layers/$p$i/w $t; done; done`;
    const { stdout, stderr } = await inOwnStores(`${overlay}\n$LSMFS run --policy=auto -- bash -c "$INSIDE"`, CHANGE);
    expect(stderr).toBe('');
    expect(stdout).toBe(`tmpfs\n${CHANGED}unchanged\n`);
  },
  TIMEOUT_MS,
);

it('--host-policy changes the store of the machine', async () => {
  const { stdout } = await inOwnStores(
    `$LSMFS run --policy=auto --host-policy -- bash -c "$INSIDE"; cat /etc/selinux/small/new`,
    'echo mine > /etc/selinux/small/new',
  );
  expect(stdout).toBe('mine\n');
});

it('owner, mode and label of the directory itself stay', async () => {
  const { stdout } = await inOwnStores(
    `chown 7:8 etc; chmod 2750 etc; setfattr -n security.selinux -v system_u:object_r:shadow_t:s0 etc; before=$(sums)
     $LSMFS run --policy=auto -- stat -c '%u %g %a %C' /etc/selinux`,
    '',
  );
  expect(stdout).toBe('7 8 2750 system_u:object_r:shadow_t:s0\nunchanged\n');
});

it('a store that --policy names can be changed, too, and --host-policy is refused', async () => {
  const { stdout, stderr } = await inOwnStores(
    `mv etc/small etc/other; before=$(sums)
     $LSMFS run --policy=/etc/selinux/other -- bash -c 'echo mine > /etc/selinux/other/new; cat /etc/selinux/other/new; grep TYPE= /etc/selinux/config'
     $LSMFS run --host-policy --policy=/etc/selinux/other -- true || echo $?`,
    '',
  );
  expect(stdout).toBe('mine\nSELINUXTYPE=other\n125\nunchanged\n');
  expect(stderr).toContain('--policy names another one');
});
