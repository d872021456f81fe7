/**
 * Bounded enforcement with real programs: what a namespace allows itself does not count for the host, which judges by
 * the domain it knows.
 */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';

/** A shell that is httpd_t to the host and anything to itself: in a namespace of its own, permissive, with Debian's policy. */
const INSIDE = `
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
header = struct.pack("<QQQQ", 101, 0, 32, 0)
assert libc.syscall(460, 106, ctypes.c_char_p(header), 32, 0) == 0
assert libc.unshare(0x20000) == 0
os.execvp("bash", ["bash", "inside.sh"])
`;

/** What may be done there while the host is permissive, and when it enforces. */
const COMMANDS = `
umount /sys/fs/selinux; mount -t selinuxfs none /sys/fs/selinux; load_policy
try() {
  echo "$1: $(tr -d '\\\\0' < /proc/self/attr/current)"
  stat -c %C /etc/shadow /etc/hostname 2>&1
  /usr/sbin/useradd --help >&2 && echo useradd runs
  getenforce || echo no mode
  cat /proc/$HOST/attr/current | tr '\\\\0' '\\\\n'
}
exec 2>/dev/null
try before; touch ready
until [ -e enforced ]; do sleep 0.02; done
try after
`;

it('files, programs and other tasks are judged by the host too', async () => {
  const result = await script(
    `cd $(mktemp -d); chmod 755 .
    cat > inside.py <<'END'
${INSIDE}END
    cat > inside.sh <<END
${COMMANDS.replaceAll('$', '\\$').replaceAll('`', '\\`')}END
    $LSMFS run -- sh -c 'load_policy; export HOST=$$
      runcon system_u:system_r:httpd_t:s0 python3 inside.py &
      until [ -e ready ]; do sleep 0.02; done
      setenforce 1; touch enforced; wait'
    rm -r $PWD`,
  );
  const shadow = "stat: failed to get security context of '/etc/shadow': Permission denied";
  const [hostname, unlabeled] = ['system_u:object_r:net_conf_t:s0', 'system_u:object_r:unlabeled_t:s0'];
  expect(result.stdout.trim().split('\n')).toEqual([
    'before: system_u:system_r:kernel_t:s0',
    'system_u:object_r:shadow_t:s0',
    hostname,
    'useradd runs',
    'Permissive',
    unlabeled,
    'after: system_u:system_r:kernel_t:s0',
    shadow,
    '?',
    hostname,
    'Disabled', // httpd_t may not search directories of type security_t, so there is no selinuxfs for it
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});
