/**
 * What the kernel can mediate: the tree of features/, and the text of it that apparmor_parser takes.
 *
 * Entries are in readdir order, which is newest first. Sources: aa_sfs_entry_features of security/apparmor/apparmorfs.c and its includes.
 */

/** `true`: `yes`; a number: as C's `%#08lx`; a string: itself. */
export type Feature = boolean | number | string | { readonly [name: string]: Feature };

export const CAPABILITIES =
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw ' +
  'ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod ' +
  'lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore';

export const ADDRESS_FAMILIES =
  'unspec unix inet ax25 ipx appletalk netrom bridge atmpvc x25 inet6 rose netbeui security key netlink packet ash econet atmsvc rds sna irda pppox ' +
  'wanpipe llc ib mpls can tipc bluetooth iucv rxrpc isdn phonet ieee802154 caif alg nfc vsock kcm qipcrtr smc xdp mctp';

export const SIGNALS =
  'hup int quit ill trap abrt bus fpe kill usr1 segv usr2 pipe alrm term stkflt chld cont stop stp ttin ttou urg xcpu xfsz vtalrm prof winch io pwr ' +
  'sys emt lost';

/** In the order of RLIMIT_*. */
export const RESOURCES =
  'cpu fsize data stack core rss nproc nofile memlock as locks sigpending msgqueue nice rtprio rttime';

export const FEATURES: { readonly [name: string]: Feature } = {
  io_uring: { mask: 'sqpoll override_creds' },
  query: { label: { multi_transaction: true, data: true, perms: 'allow deny audit quiet' } },
  signal: { mask: SIGNALS },
  ptrace: { mask: 'read trace' },
  caps: { mask: CAPABILITIES },
  rlimit: { mask: RESOURCES },
  capability: 0xffffff,
  namespaces: { mask: 'userns_create', pivot_root: false, profile: true },
  mount: { move_mount: 'detached', mask: 'mount umount pivot_root' },
  network_v8: { 'tcp-fast-open': true, af_mask: ADDRESS_FAMILIES },
  file: { mask: 'create read write exec append mmap_exec link lock' },
  domain: {
    version: '1.2',
    'disconnected.path': true,
    attach_conditions: { xattr: true },
    computed_longest_left: true,
    post_nnp_subset: true,
    fix_binfmt_elf_mmap: true,
    stack: true,
    change_profile: true,
    change_onexec: true,
    change_hatv: true,
    change_hat: true,
  },
  policy: {
    unconfined_restrictions: { change_profile: true },
    permstable32: 'allow deny subtree cond kill complain prompt audit quiet hide xindex tag label',
    permstable32_version: 1,
    outofband: 1,
    set_load: true,
    versions: { v9: true, v8: true, v7: true, v6: true, v5: true },
  },
};

export function featureText(value: boolean | number | string): string {
  if (typeof value === 'boolean') return value ? 'yes\n' : 'no\n';
  return typeof value === 'number' ? `0x${value.toString(16).padStart(6, '0')}\n` : `${value}\n`;
}

/** The tree in one text, as `apparmor_parser --features-file` reads it. */
export function featuresText(features: { readonly [name: string]: Feature } = FEATURES): string {
  return Object.entries(features)
    .map(([name, value]) => `${name} {${typeof value === 'object' ? featuresText(value) : featureText(value)}}\n`)
    .join('');
}
