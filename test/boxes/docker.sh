#!/bin/sh
# docker.sh IMAGE [OPTION...] -- CMD...: `docker run OPTION... CMD` in the root directory IMAGE, by a daemon without networks that ends
# with it. In mounts of its own.
set -e
[ -n "$DOCKER_BOX" ] || DOCKER_BOX=1 exec unshare -m --propagation private sh "$0" "$@"
image=$1
shift
directory=$(mktemp -d /tmp/docker-box-XXXXXX)
dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --data-root="$directory/data" \
  --exec-root="$directory/run" --pidfile="$directory/pid" -H "unix://$directory/socket" >"$directory/log" 2>&1 &
daemon=$!
end() {
  kill $daemon 2>/dev/null
  wait $daemon || :
  grep " $directory" /proc/self/mounts | cut -d' ' -f2 | sort -r | xargs -r umount -l
  rm -rf "$directory"
}
trap end EXIT
export DOCKER_HOST="unix://$directory/socket"
until docker version >/dev/null 2>&1; do kill -0 $daemon || { tail -3 "$directory/log" >&2; exit 1; }; done
tar --one-file-system --exclude=./run/lsmfs -C "$image" -c . | docker import - node-alone >/dev/null
options=
while [ "$1" != -- ]; do options="$options $1"; shift; done
shift
docker run --rm --network=none $options node-alone "$@"
