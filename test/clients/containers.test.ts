/**
 * Container runtimes with AppArmor: runc and crun with `apparmorProfile` (and `selinuxLabel` beside it), alone and in a
 * policy namespace; LXC with a profile of its own and with one that it generates.
 */
import { expect, it } from 'vitest';
import { removeTree } from '../support/box/directories.ts';
import { isClean } from '../support/box.ts';
import { script } from '../world/program.ts';
import { type ContainerProcess, makeBundle, RUNTIMES } from './oci-bundle.ts';

const LABELS = 'cat /proc/self/attr/apparmor/current; tr "\\0" "\\n" < /proc/self/attr/selinux/current';
const BROAD = 'file, capability, network, mount, umount, pivot_root, signal, ptrace, unix,';

/** Runs a shell script in a world of both modules. */
async function inWorld(text: string, env: Record<string, string> = {}): Promise<string[]> {
  const result = await script('$LSMFS run --lsm=selinux,apparmor -- sh -c "$TEXT" 2>&1', {
    env: { ...env, TEXT: text },
  });
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.split('\n').slice(0, -1);
}

/** The same; the script finds the bundle of a container of this process in `$BUNDLE`. */
async function inContainer(process: ContainerProcess, text: string, env = {}): Promise<string[]> {
  const bundle = makeBundle(process);
  try {
    return await inWorld(text, { ...env, BUNDLE: bundle });
  } finally {
    removeTree(bundle);
  }
}

it.each(Object.entries(RUNTIMES))(
  '%s gives a container an AppArmor profile and an SELinux label',
  async (_name, run) => {
    const lines = await inContainer(
      {
        args: ['sh', '-c', `exec 2>&1; ${LABELS}; id -u; aa-enabled`],
        apparmorProfile: 'docker-default',
        selinuxLabel: 'system_u:system_r:container_t:s0:c1,c2',
      },
      `load_policy; printf "profile docker-default flags=(attach_disconnected,mediate_deleted) { ${BROAD} deny /usr/bin/id x, }" |
       apparmor_parser -r; ${run}; ${LABELS}`,
    );
    expect(lines).toEqual([
      'docker-default (enforce)',
      'system_u:system_r:container_t:s0:c1,c2',
      'sh: 1: id: Permission denied',
      'Yes',
      'unconfined',
      'system_u:system_r:kernel_t:s0',
    ]);
  },
);

it.each(Object.entries(RUNTIMES))(
  '%s puts a container into a policy namespace, where it loads profiles of its own',
  async (_name, run) => {
    const inside = `cat /proc/self/attr/apparmor/current
    cat $AA/.ns_name $AA/.ns_level $AA/.ns_stacked
    printf "profile inner { file, }" | apparmor_parser -r
    cat $AA/profiles; ls $AA/policy/profiles; aa-status --profiled
    aa-exec -p inner -- cat /proc/self/attr/apparmor/current`;
    const lines = await inContainer(
      {
        args: ['sh', '-c', `AA=/sys/kernel/security/apparmor; ${inside}`],
        apparmorProfile: 'outer//&:c1:unconfined',
      },
      `mkdir /sys/kernel/security/apparmor/policy/namespaces/c1
     printf "profile outer flags=(attach_disconnected) { ${BROAD} change_profile -> :c1:**, }" | apparmor_parser -r
     ${run}; cat /sys/kernel/security/apparmor/profiles; ls /sys/kernel/security/apparmor/policy/namespaces/c1/profiles`,
    );
    expect(lines).toEqual([
      'unconfined',
      'c1',
      '1',
      'yes',
      'inner (enforce)',
      'inner.0',
      '1',
      'inner (enforce)',
      'outer (enforce)',
      ':c1:inner (enforce)',
      'inner.0',
    ]);
  },
);

/** Runs the command in an LXC container with more lines of configuration; `$BUNDLE` is also LXC's directory. */
const lxc = (config: string, command: string, keep = 'net ipc user cgroup') => `cat > $BUNDLE/lxc.conf <<EOF
lxc.uts.name = c1
lxc.rootfs.path = dir:$BUNDLE/rootfs
lxc.namespace.keep = ${keep}
lxc.mount.auto = proc:rw
lxc.mount.entry = /usr usr none rbind 0 0
lxc.mount.entry = /etc etc none rbind 0 0
lxc.mount.entry = /sys sys none rbind 0 0
${config}
EOF
lxc-execute -n c1 -P $BUNDLE -f $BUNDLE/lxc.conf -- ${command}`;

it('LXC starts a container with a profile', async () => {
  const lines = await inContainer(
    { args: [] },
    `printf "profile mine flags=(attach_disconnected,mediate_deleted) { ${BROAD} }" | apparmor_parser -r
     ${lxc('lxc.apparmor.profile = mine', 'cat /proc/self/attr/apparmor/current')}
     ${lxc('lxc.apparmor.profile = missing', 'true')} 2>&1 | grep -c "Failed to write AppArmor profile"`,
  );
  expect(lines).toEqual(['mine (enforce)', '1']);
});

it('LXC generates a profile and a policy namespace for a container that may nest', async () => {
  const inside = `AA=/sys/kernel/security/apparmor
    cat /proc/self/attr/apparmor/current $AA/.ns_stacked; sed s/_.*// $AA/.ns_name
    printf "profile inner { file, }" | apparmor_parser -r; cat $AA/profiles
    aa-exec -p inner cat /proc/self/attr/apparmor/current
    touch /ready; for i in $(seq 200); do test -e /seen && break; sleep 0.05; done`;
  const lines = await inContainer(
    { args: [] },
    `AA=/sys/kernel/security/apparmor; printf %s "$INSIDE" > $BUNDLE/rootfs/inside
     ${lxc('lxc.apparmor.profile = generated\nlxc.apparmor.allow_nesting = 1', 'sh /inside')} &
     for i in $(seq 200); do test -e $BUNDLE/rootfs/ready && break; sleep 0.05; done
     sed "s/_<[^>]*>//" $AA/profiles; ls $AA/policy/namespaces | sed s/_.*//
     touch $BUNDLE/rootfs/seen; wait; cat $AA/profiles; ls $AA/policy/namespaces; echo end`,
    { INSIDE: inside },
  );
  expect(lines).toEqual([
    'unconfined',
    'yes',
    'lxc-c1',
    'inner (enforce)',
    'inner (enforce)',
    'lxc-c1 (enforce)',
    ':lxc-c1:inner (enforce)',
    'lxc-c1',
    'end',
  ]);
});

it('root of an unprivileged LXC container sees and changes the policy of its namespace, and no other', async () => {
  const inside = `AA=/sys/kernel/security/apparmor; awk '{ print $2 }' /proc/self/uid_map
    cat /proc/self/attr/apparmor/current; printf "profile inner { file, }" | apparmor_parser -Kr; cat $AA/profiles; aa-status --profiled
    aa-exec -p inner cat /proc/self/attr/apparmor/current
    cat /sys/module/apparmor/parameters/mode`;
  const idmap = 'lxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 100000 65536\nlxc.net.0.type = empty\n';
  const outer = 'lxc.apparmor.profile = generated\nlxc.apparmor.allow_nesting = 1';
  const unnested = `${idmap}lxc.apparmor.profile = unconfined`;
  const lines = await inContainer(
    { args: [] },
    `printf %s "$INSIDE" > $BUNDLE/rootfs/inside; chmod 755 $BUNDLE; chown 100000:100000 $BUNDLE/rootfs
     echo root:100000:65536 > $BUNDLE/ids; for file in /etc/subuid /etc/subgid; do test -e $file && mount --bind $BUNDLE/ids $file; done
     ${lxc(idmap + outer, 'sh /inside', 'ipc cgroup')}
     echo without a policy namespace
     ${lxc(unnested, 'cat /sys/kernel/security/apparmor/profiles', 'ipc cgroup')}`,
    { INSIDE: inside },
  );
  expect(lines).toEqual([
    '100000',
    'unconfined',
    'inner (enforce)',
    '1',
    'inner (enforce)',
    'cat: /sys/module/apparmor/parameters/mode: Permission denied',
    'without a policy namespace',
    'cat: /sys/kernel/security/apparmor/profiles: Permission denied',
  ]);
});

it('a profile attaches to a program by its extended attributes', async () => {
  const lines = await inWorld(
    `d=$(mktemp -d /var/tmp/lsmfs-XXXXXX); cp /usr/bin/cat $d
     printf "abi <abi/4.0>, profile signed $d/* xattrs=(user.origin=here) { file, }" | apparmor_parser -r
     $d/cat /proc/self/attr/apparmor/current; setfattr -n user.origin -v here $d/cat; $d/cat /proc/self/attr/apparmor/current
     setfattr -n user.origin -v there $d/cat; $d/cat /proc/self/attr/apparmor/current; rm -r $d`,
  );
  expect(lines).toEqual(['unconfined', 'signed (enforce)', 'unconfined']);
});
