#!/bin/sh
# First process of the User-mode Linux guest. Its root folder is the host's, read-only; the kernel hands unknown boot parameters
# over as environment: GUEST_SCENARIOS GUEST_PROBE GUEST_OUT are folders of the host, GUEST_FILE is the scenario's file name.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
HOME=/root
export PATH LC_ALL HOME

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for folder in /run /tmp /var/tmp; do mount -t tmpfs tmpfs "$folder"; done
ln -sf /proc/self/fd /dev/fd

# Of these the kernel knows some, depending on its lsm= list.
mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
mount -t selinuxfs selinuxfs /sys/fs/selinux 2>/dev/null
mount -t smackfs smackfs /sys/fs/smackfs 2>/dev/null

share() { mkdir -p "$2" && mount -t hostfs -o "hostfs=$1" none "$2"; }
share "$GUEST_SCENARIOS" /run/oracle
share "$GUEST_PROBE" /run/probe
share "$GUEST_OUT" /run/out

# apparmor_parser and semodule want to write their state; loopback is for peer labels.
if [ -d /var/lib/apparmor ]; then mkdir /run/apparmor-state && mount --bind /run/apparmor-state /var/lib/apparmor; fi
ip link set lo up 2>/dev/null

uname -r >/run/out/kernel
/usr/bin/python3 -I -B /run/probe "/run/oracle/$GUEST_FILE" >/run/out/out.jsonl 2>/run/out/errors
echo $? >/run/out/status
dmesg >/run/out/log 2>/dev/null
sync
# Power off without needing a tool for it: reboot(LINUX_REBOOT_CMD_POWER_OFF).
exec /usr/bin/python3 -I -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)'
