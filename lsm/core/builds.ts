/**
 * Kernel builds that can be emulated. The first two were booted and recorded, so every choice there is measured.
 */
import type { KernelBuild } from './config.ts';

/** Debian 13 linux-image-amd64, 6.12.118. */
const DEBIAN = {
  name: 'debian',
  modules: ['capability', 'selinux', 'tomoyo', 'apparmor', 'yama', 'lockdown', 'bpf', 'landlock', 'ima', 'evm', 'ipe'],
  early: ['lockdown'],
  defaultLsm: 'landlock,lockdown,yama,loadpin,safesetid,integrity,apparmor,selinux,smack,tomoyo,bpf,ipe',
  cpus: 2,
} as const satisfies KernelBuild;

export const KERNEL_BUILDS = {
  debian: DEBIAN,
  /** Debian user-mode-linux, 6.12.113: one CPU, no bpf, no landlock, no lockdown. */
  uml: {
    name: 'uml',
    modules: ['capability', 'selinux', 'smack', 'tomoyo', 'apparmor', 'yama'],
    early: [],
    defaultLsm: 'yama,loadpin,safesetid,integrity,selinux,smack,tomoyo,apparmor',
    cpus: 1,
  },
  /** Debian's with a policy of file integrity that can be read, and loaded again and again: what test suites ask for. */
  'debian-policy': { ...DEBIAN, name: 'debian-policy', options: ['IMA_READ_POLICY', 'IMA_WRITE_POLICY'] },
} as const satisfies Record<string, KernelBuild>;
