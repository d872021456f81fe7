# What a user would type first. Run inside a world: lsmfs run --lsm=selinux -- sh scripts/demo.sh
show() {
  printf '\n$ %s\n' "$1"
  sh -c "$1" || printf '(exit status %s)\n' $?
}
show 'getenforce'
show 'sestatus'
show 'id -Z'
show 'getsebool -a | wc -l'
show 'getsebool -a | head -1'
show 'setsebool httpd_enable_cgi off; getsebool httpd_enable_cgi'
show 'compute_av system_u:system_r:sshd_t:s0 system_u:object_r:shadow_t:s0 file'
show 'cat /proc/self/attr/current | od -c'
show 'echo 1 > /sys/fs/selinux/enforce; getenforce'
show 'avcstat'
