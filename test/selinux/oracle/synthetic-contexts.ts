/** Object contexts of synthetic policies, as CIL: initial SIDs, filesystems, ports, nodes, interfaces, InfiniBand. */
import type { Random } from '../random.ts';

const SIDS = [
  'kernel',
  'security',
  'unlabeled',
  'fs',
  'file',
  'file_labels',
  'init',
  'any_socket',
  'port',
  'netif',
  'netmsg',
  'node',
];

/** @param types to label things with. */
export function objectContexts(random: Random, types: readonly string[]): string[] {
  const context = () =>
    `(sys_u object_r ${random.pick(types)} ${random.pick(['((s0) (s0))', '((s0) (s3 (c12)))', '((s1 (c9)) (s1 (c9)))'])})`;
  return [
    ...SIDS.map((name) => `(sid ${name})`),
    `(sidorder (${SIDS.join(' ')}))`,
    '(sidcontext kernel (sys_u r0 kernel_t ((s0) (s3 (range c9 c124)))))',
    '(sidcontext init (sys_u r0 init_t ((s0) (s3 (range c9 c124)))))',
    ...SIDS.filter((name) => name !== 'kernel' && name !== 'init').map((name) => `(sidcontext ${name} ${context()})`),
    ...['xattr ext4', 'task pipefs', 'trans tmpfs', 'trans devpts'].map((use) => `(fsuse ${use} ${context()})`),
    ...['/', '/sys', '/sys/kernel', '/sysx', '/self'].map((path) => `(genfscon proc "${path}" ${context()})`),
    `(genfscon proc "/bus" dir ${context()})(genfscon proc "/bu" file ${context()})`,
    `(genfscon selinuxfs "/" ${context()})(genfscon rootfs "/" ${context()})`,
    ...['tcp 80', 'tcp (1 1023)', 'udp 53', 'tcp (1024 65535)', 'dccp 5', 'sctp (7 9)'].map(
      (port) => `(portcon ${port} ${context()})`,
    ),
    ...['lo', 'eth0', 'eth'].map((name) => `(netifcon ${name} ${context()} ${context()})`),
    ...['10.0.0.0) (255.0.0.0', '10.1.0.0) (255.255.0.0', '127.0.0.1) (255.255.255.255'].map(
      (node) => `(nodecon (${node}) ${context()})`,
    ),
    ...['2001:db8::) (ffff:ffff::', '::1) (ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'].map(
      (node) => `(nodecon (${node}) ${context()})`,
    ),
    `(ibpkeycon fe80:: (1 16) ${context()})(ibpkeycon fe80:: 0x8000 ${context()})`,
    `(ibendportcon mlx5_0 1 ${context()})(ibendportcon mlx5_0 2 ${context()})`,
  ];
}
