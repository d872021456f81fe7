# The tests of a guest, in the domain and with the settings of guest-tests.sh. Usage: sh guest-run.sh FOLDER FOR RESULTS
results=$1
if [ "$HOST" = selinux ]; then echo "$ENFORCING" >/sys/fs/selinux/enforce; fi
{ cat /sys/kernel/security/lsm; echo; tr -d '\000' </proc/self/attr/current; echo; } | sed 's/^/host: /'

# `label FILE` and `set_label FILE LABEL`, of the attribute that the host's module reads.
label() { getfattr --only-values -n "security.$attribute" "$1" 2>/dev/null | tr -d '\000'; }
set_label() { setfattr -n "security.$attribute" -v "$2" "$1"; }
case $HOST in
selinux) attribute=selinux of_host=system_u:object_r:shadow_t:s0 of_world=system_u:object_r:etc_t:s0 ;;
smack) attribute=SMACK64 of_host=Host of_world=World ;;
esac

# What the module of the host knows and no world may change.
state() {
  case $HOST in
  # A second read of `revision` would wait for a change.
  apparmor) sort /sys/kernel/security/apparmor/profiles && head -n 1 /sys/kernel/security/apparmor/revision ;;
  selinux) cat /sys/fs/selinux/enforce && find /etc /usr/bin /mnt/files -exec stat -c '%n %C' {} + | sort ;;
  audit) auditctl -s | grep -E '^enabled' && auditctl -l ;;
  smack) cat /sys/fs/smackfs/load2 && find /mnt/files -exec getfattr -h -d --absolute-names -m security.SMACK64 {} + | sort ;;
  esac
}

if [ -n "${attribute-}" ]; then
  mount -t tmpfs tmpfs /mnt
  mkdir -p /mnt/files/dir && touch /mnt/files/file && cd /mnt/files && set_label file "$of_host" || exit
  {
    echo "host: file $(label file)"
    before=$(label dir)
    export attribute of_world
    timeout 600 "$NODE" "$CHECKOUT/dist/lsmfs.js" run "--lsm=$HOST" -- sh -c '
      [ '"$HOST"' = smack ] || load_policy
      label() { echo "world: $1 $(getfattr --only-values -n "security.$attribute" "$1" | tr -d "\000")"; }
      label file
      for file in file dir; do setfattr -n "security.$attribute" -v "$of_world" $file; label $file; done
      touch dir/new'
    echo "status $?"
    # A world without the module has none of its files, and no mount of the host below those of a world.
    timeout 600 "$NODE" "$CHECKOUT/dist/lsmfs.js" run --lsm=yama -- sh -c 'echo "without: $(cat /proc/filesystems /proc/mounts | grep -cE "selinuxfs|smackfs")"'
    timeout 600 "$NODE" "$CHECKOUT/dist/lsmfs.js" run "--lsm=$HOST" -- sh -c '
      umount /sys/fs/selinux /sys/fs/smackfs 2>/dev/null; echo "below: $(grep -cE "selinuxfs|smackfs" /proc/mounts)"'
    echo "host: file $(label file)"
    [ "$(label dir)" = "$before" ] && echo 'host: dir as before'
    # A new file has the label that the host gives.
    touch dir/other
    [ "$(label dir/new)" = "$(label dir/other)" ] && echo 'host: new as others'
    rm dir/other
  } >"$results/labels"
fi

state >"$results/before"
cd "$CHECKOUT" || exit
# A rule that no process matches, for as long as the tests run.
case $HOST in audit) set -- /usr/bin/python3 -I test/world/audit-rule.py ;; *) set -- ;; esac
# shellcheck disable=SC2046
[ ! -s "$out/files" ] || "$@" "$NODE" node_modules/vitest/vitest.mjs run --no-isolate --maxWorkers=1 --configLoader=runner --reporter=verbose --reporter=json \
  --outputFile.json="$results/results.json" $(cat "$out/files")
state >"$results/after"
# Whoever started us may go on.
if [ "$HOST" = selinux ]; then echo 0 >/sys/fs/selinux/enforce; fi
