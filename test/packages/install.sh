#!/bin/bash
# Installs a package in a root directory, uses it, purges it, and prints what is left: install.sh TREE PACKAGE
# The tree stays as it is: it is the lower layer of an overlayfs that ends with this script. Of a bare Debian 13, with the network:
#   mmdebstrap --variant=minbase trixie /tmp/trixie && test/packages/install.sh /tmp/trixie lsmfs_*_amd64.deb
# What each step prints comes after a line `== STEP`. Needs root.
set -euo pipefail
tree=$1 package=$(realpath "$2")
if [ "${APART:-}" != 1 ]; then exec env APART=1 unshare --mount --propagation private "$0" "$tree" "$package"; fi

place=$(mktemp -d)
mount -t tmpfs none "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$place/upper,workdir=$place/work" "$place/root"
root=$place/root
for name in proc sys dev; do mount --rbind "/$name" "$root/$name"; done
for name in run tmp; do mount -t tmpfs none "$root/$name"; done
cp "$package" "$root/tmp/"
[ "$tree" = / ] || cp /etc/resolv.conf "$root/etc/resolv.conf"
within() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 LSMFS_STANDBY=off DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy=$http_proxy} "$@"; }
step() { echo "== $1"; }

log=$place/log
quietly() { "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }; }
before=$(within dpkg-query -W -f '${Package}\n')
if [ "$tree" = / ]; then
  # All that it depends on is there.
  quietly within dpkg --install "/tmp/${package##*/}"
else
  quietly within apt-get -qq update
  quietly within apt-get -qq -y install "/tmp/${package##*/}"
fi
step run
within lsmfs run -- getenforce
step policy
within lsmfs run --policy=small --enforcing -- sh -c 'getenforce; id -Z'
step files
within dpkg -L lsmfs
step version
within lsmfs version
step left
quietly within dpkg --purge lsmfs
# What came with the package is not what it leaves.
added=$(comm -13 <(sort <<<"$before") <(within dpkg-query -W -f '${Package}\n' | sort))
[ -z "$added" ] || quietly within dpkg --purge --force-depends $added
# What worlds learned of policies is kept as long as the machine runs. No world is left on standby: LSMFS_STANDBY.
rm -rf "$root/run/lsmfs/.policies"
rmdir --ignore-fail-on-non-empty "$root/run/lsmfs" 2>/dev/null
find "$place/upper" "$root/run" "$root/tmp" -name '*lsmfs*' ! -name "${package##*/}" -printf '%P\n'
(cd "$place/upper" && find . -type f ! -path './var/*' ! -path './etc/ld.so.cache' ! -path './etc/resolv.conf')
