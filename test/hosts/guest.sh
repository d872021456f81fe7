#!/bin/sh
# First process of a User-mode Linux guest that is a host for worlds. Its root folder is the host's, read-only. Boot parameters that the kernel
# does not know are its environment: GUEST_OUT is a folder of the host, GUEST_NODE and GUEST_PROGRAM run lsmfs, GUEST_MODULE is the host's module.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
HOME=/root
export PATH LC_ALL HOME

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for folder in /run /tmp; do mount -t tmpfs tmpfs "$folder"; done
ln -sf /proc/self/fd /dev/fd
mount -t securityfs securityfs /sys/kernel/security
mount -t selinuxfs selinuxfs /sys/fs/selinux 2>/dev/null
mkdir /run/out && mount -t hostfs -o "hostfs=$GUEST_OUT" none /run/out
exec >/run/out/output 2>&1

# FUSE is a module of its own: finit_module(2), for machines without insmod.
/usr/bin/python3 -I -c 'import ctypes, os, sys
ctypes.CDLL(None).syscall(313, os.open(sys.argv[1], os.O_RDONLY), b"", 0)' "/usr/lib/uml/modules/$(uname -r)/kernel/fs/fuse/fuse.ko"

lsmfs() { timeout 120 "$GUEST_NODE" "$GUEST_PROGRAM" "$@"; }
show() { for file in "$@"; do echo "$file $(getfattr --only-values -n "security.$attribute" "$file" 2>/dev/null | tr -d '\000')"; done; }

mkdir /tmp/files && cd /tmp/files || exit
mkdir dir
if [ "$GUEST_MODULE" = selinux ]; then
  attribute=selinux host=system_u:object_r:shadow_t:s0 world=system_u:object_r:etc_t:s0
  load_policy
  [ -z "$GUEST_ENFORCING" ] || echo 1 >/sys/fs/selinux/enforce
else
  attribute=SMACK64 host=Host world=World
fi
touch file
setfattr -n "security.$attribute" -v "$host" file
show file dir
export attribute world
lsmfs run "--lsm=$GUEST_MODULE" -- sh -c '
  [ '"$GUEST_MODULE"' = smack ] || load_policy
  label() { echo "world: $1 $(getfattr --only-values -n "security.$attribute" "$1" | tr -d "\000")"; }
  label file; setfattr -n "security.$attribute" -v "$world" file; label file; setfattr -n "security.$attribute" -v "$world" dir; label dir; touch dir/new'
echo "status $?"
show file dir
# A new file has the label that the host gives.
touch dir/other
[ "$(show dir/new | cut -d " " -f 2)" = "$(show dir/other | cut -d " " -f 2)" ] && echo same
exec /usr/bin/python3 -I -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)'
