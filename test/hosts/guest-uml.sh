#!/bin/sh
# First process of a User-mode Linux guest that is a host for worlds. Its root folder is the host's, read-only. GUEST_OUT, a boot parameter that the
# kernel does not know and hands on, is a folder of the host.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for folder in /run /tmp /var/tmp; do mount -t tmpfs tmpfs "$folder"; done
mount -t securityfs securityfs /sys/kernel/security
mount -t selinuxfs selinuxfs /sys/fs/selinux 2>/dev/null
mount -t smackfs smackfs /sys/fs/smackfs 2>/dev/null
out=/run/out
mkdir "$out" && mount -t hostfs -o "hostfs=$GUEST_OUT" none "$out"
. "$out/guest-tests.sh"
