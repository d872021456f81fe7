/** Mount tables as the programs of a world read them. Their lines under a policy are recorded in the scenario c-selinux-mounts. */
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script } from './program.ts';

const inWorld = (text: string, ...options: string[]) => lsmfs(['run', ...options, '--', 'bash', '-c', text]);
const OURS = 'selinuxfs /sys/fs/selinux selinuxfs rw,nosuid,noexec,relatime 0 0';
const SECURITYFS = 'securityfs /sys/kernel/security securityfs rw,nosuid,nodev,noexec,relatime 0 0';

describe('a mount table', () => {
  it('is that of the host and what a kernel with the modules has', async () => {
    const result = await script(
      `sed 's/seclabel,//' /proc/mounts | sort > $TMP.1; $LSMFS run --lsm=selinux,apparmor,yama -- sort /proc/mounts > $TMP.2; diff $TMP.1 $TMP.2; rm $TMP.1 $TMP.2`,
      { env: { TMP: `/tmp/lsmfs-mounts-${process.pid}` } },
    );
    const added = result.stdout.split('\n').filter((line) => /^[<>]/.test(line));
    // The host may have its own of both, with other options, and what this world has not.
    expect(added.filter((line) => !/^< (securityfs|selinuxfs|smackfs) /.test(line))).toEqual([
      `> ${SECURITYFS}`,
      `> ${OURS}`,
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is found under all its names, also in a pid namespace and in another root', async () => {
    const result = await inWorld(
      `cd /proc/self; c() { grep -c " selinuxfs rw" "$1"; }; c /proc/mounts; c mounts; c /proc/self/mountinfo; c /proc/$$/task/$$/mountinfo; c /proc/thread-self/mounts;
       unshare -pf --mount-proc bash -c 'for f in /proc/mounts /proc/1/mountinfo /proc/self/mounts; do grep -c " selinuxfs rw" $f; done';
       d=$(mktemp -d); mount --bind / $d; mount --bind /proc $d/proc; mount -t selinuxfs none $d/mnt; chroot $d grep selinuxfs /proc/mounts; umount -R $d; rmdir $d`,
    );
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe(`${'1\n'.repeat(8)}selinuxfs /mnt selinuxfs rw,relatime 0 0\n`);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('of another namespace is another', async () => {
    const result = await inWorld(
      `exec 3< <(exec unshare -m bash -c 'umount /sys/fs/selinux; echo $$; exec sleep 20'); read pid <&3;
       grep -c selinuxfs /proc/$pid/mounts; grep -c selinuxfs /proc/mounts; kill $pid; wait $!; exec 3<&-`,
    );
    expect(result.stdout).toBe('0\n1\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('belongs to the process that it was opened for, also when that is gone', async () => {
    const result = await inWorld(
      `sleep 20 & exec 3< /proc/$!/mounts; kill $!; wait $! 2>/dev/null; grep -c selinuxfs <&3; cat /proc/$!/mounts 2>&1 | sed 's/.*: //'`,
    );
    expect(result.stdout).toBe('1\nNo such file or directory\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('tells its watchers', async () => {
    // Of mounts on top of each other, as /proc in a pid namespace, findmnt(8) tells more than happens.
    const result = await inWorld(
      `d=$(mktemp -d); exec 3< <(exec timeout 20 findmnt --noheadings --raw --poll --output ACTION,TARGET)
       for i in $(seq 30); do mount -t tmpfs watched $d
         while read -t 0.5 line <&3; do [ "$line" != "mount $d" ] || { echo mount D; break 2; }; done; umount $d
       done; umount $d; rmdir $d; kill $!; exec 3<&-`,
    );
    expect(result.stdout).toBe('mount D\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('shows labels from the load of a policy on, to restorecon too', async () => {
    const result = await inWorld(
      `d=$(mktemp -d /srv/lsmfs-XXXXXX); mount -t tmpfs t $d; o() { grep -F $d /proc/mounts | cut -d' ' -f4; }; o; load_policy; o;
       touch $d/f; chcon -t shadow_t $d/f; restorecon -RFv $d 2>&1 | grep -c Relabeled; umount $d; rmdir $d`,
    );
    expect(result.stdout).toMatch(/^rw,relatime\S*\nrw,seclabel,relatime\S*\n[1-9]\n$/);
    expect(result.leftovers).toSatisfy(isClean);
  });
});
