#!/bin/sh
# Second part of the QEMU guest, on the host's root folder: /out is shared with the host and holds the probe and the scenarios.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
HOME=/root
export PATH LC_ALL HOME

mkdir -p /run/probe /run/oracle
cp -r /out/probe/. /run/probe/
cp -r /out/scenarios/. /run/oracle/
uname -r >/out/kernel
/usr/bin/python3 -I -B /run/probe "/run/oracle/$GUEST_FILE" >/out/out.jsonl 2>/out/errors
echo $? >/out/status
dmesg >/out/log
sync
echo o >/proc/sysrq-trigger
sleep 30
