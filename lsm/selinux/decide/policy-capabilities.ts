/** Policy capabilities of Linux 6.12; index = id = bit in the policy's map (security/selinux/include/policycap_names.h). */
export const POLICY_CAPABILITIES: readonly string[] = [
  'network_peer_controls',
  'open_perms',
  'extended_socket_class',
  'always_check_network',
  'cgroup_seclabel',
  'nnp_nosuid_transition',
  'genfs_seclabel_symlinks',
  'ioctl_skip_cloexec',
  'userspace_initial_context',
];

export const CAPABILITY_USERSPACE_INITIAL_CONTEXT = POLICY_CAPABILITIES.indexOf('userspace_initial_context');
