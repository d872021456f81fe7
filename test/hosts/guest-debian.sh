#!/bin/sh
# Second part of a QEMU guest that is a host for worlds: the root folder is that of the machine below, read-only under an overlay.
out=/out
. /out/guest-tests.sh
