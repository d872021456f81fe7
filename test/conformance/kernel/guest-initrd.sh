#!/bin/busybox sh
# First process of the QEMU guest, in its initial ram disk: puts the host's root folder (read-only, over 9p) under a writable overlay and
# goes on in there, so that every program and path is the host's. GUEST_FILE comes from the kernel's command line.
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /host /writable /root2
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in netfs 9pnet 9pnet_virtio 9p overlay; do insmod "/modules/$module.ko"; done

plan9=trans=virtio,version=9p2000.L,msize=524288
mount -t 9p -o "$plan9,ro,cache=loose" host /host || echo 'guest: no root folder'
mount -t tmpfs tmpfs /writable
mkdir /writable/upper /writable/work
mount -t overlay -o lowerdir=/host,upperdir=/writable/upper,workdir=/writable/work overlay /root2
mkdir -p /root2/out
mount -t 9p -o "$plan9" out /root2/out || echo 'guest: no output folder'

for folder in proc sys dev; do mount --move "/$folder" "/root2/$folder"; done
# Of these the kernel knows some, depending on its lsm= list.
mount -t securityfs securityfs /root2/sys/kernel/security
mount -t selinuxfs selinuxfs /root2/sys/fs/selinux 2>/dev/null
mount -t smackfs smackfs /root2/sys/fs/smackfs 2>/dev/null
for folder in tmp run var/tmp; do mount -t tmpfs tmpfs "/root2/$folder"; done
mkdir -p /root2/dev/pts /root2/dev/shm
mount -t devpts devpts /root2/dev/pts

exec switch_root /root2 /bin/sh /out/guest-main.sh
