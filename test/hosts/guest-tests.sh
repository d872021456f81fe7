# What every guest does once its root folder is ready: becomes a host with its module in force, has the tests run by guest-run.sh, powers off. $out is a folder
# shared with the machine below. $out/settings sets NODE, CHECKOUT, HOST (apparmor, selinux, smack, audit), ENFORCING (0, 1), KERNEL_MODULES (files) and
# LSMFS_TEST_SLOWNESS; $out/files names the test files, one a line.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
HOME=/run/home
TERM=dumb
NO_COLOR=1
. "$out/settings"
export out PATH LC_ALL HOME TERM NO_COLOR LSMFS_TEST_SLOWNESS NODE CHECKOUT HOST ENFORCING
uname -r >"$out/kernel"
exec >"$out/output" 2>&1

# finit_module(2), for machines without insmod.
for file in $KERNEL_MODULES; do
  /usr/bin/python3 -I -c 'import ctypes, os, sys
sys.exit(ctypes.CDLL(None).syscall(313, os.open(sys.argv[1], os.O_RDONLY), b"", 0) != 0)' "$file" || echo "no kernel module $file"
done
ln -sf /proc/self/fd /dev/fd
mkdir -p /dev/pts /dev/shm
mountpoint -q /dev/pts || mount -t devpts devpts /dev/pts
# /srv: a place for tests where files may be made although the root folder has no labels.
for folder in /dev/shm /srv; do mount -t tmpfs tmpfs "$folder"; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "$HOME"
if [ -d /var/lib/apparmor ]; then mount -t tmpfs tmpfs /var/lib/apparmor; fi
ip link set lo up

case $HOST in
# The domain of an administrator, where Debian's policy is in force, with the one thing that Node.js needs beyond: memory for code that it compiles. The
# root folder has no labels, so that domain is entered before enforcing begins.
selinux) load_policy && setsebool allow_execmem on && domain='runcon unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023' ;;
apparmor) echo 'profile of-the-host /nowhere { /etc/passwd r, }' | apparmor_parser -qKr ;;
esac
# Where an enforcing host lets the tests write.
mkdir /run/results
${domain-} sh "$out/guest-run.sh" /run/results
cp /run/results/* "$out"
dmesg >"$out/log"
sync
# reboot(LINUX_REBOOT_CMD_POWER_OFF), without needing a tool for it.
exec /usr/bin/python3 -I -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)'
