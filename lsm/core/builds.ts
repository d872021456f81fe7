/**
 * Two kernel builds that can be emulated; both were booted and recorded, so every choice here is measured.
 */
import type { KernelBuild } from './config.ts';

export const KERNEL_BUILDS = {
  /** Debian 13 linux-image-amd64, 6.12.118. */
  debian: {
    name: 'debian',
    modules: [
      'capability',
      'selinux',
      'tomoyo',
      'apparmor',
      'yama',
      'lockdown',
      'bpf',
      'landlock',
      'ima',
      'evm',
      'ipe',
    ],
    early: ['lockdown'],
    defaultLsm: 'landlock,lockdown,yama,loadpin,safesetid,integrity,apparmor,selinux,smack,tomoyo,bpf,ipe',
    cpus: 2,
  },
  /** Debian user-mode-linux, 6.12.113: one CPU, no bpf, no landlock, no lockdown. */
  uml: {
    name: 'uml',
    modules: ['capability', 'selinux', 'smack', 'tomoyo', 'apparmor', 'yama'],
    early: [],
    defaultLsm: 'yama,loadpin,safesetid,integrity,selinux,smack,tomoyo,apparmor',
    cpus: 1,
  },
} as const satisfies Record<string, KernelBuild>;
