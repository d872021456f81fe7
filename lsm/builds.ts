/**
 * Kernel builds that can be emulated. `debian` and `uml` were booted and recorded, so every choice there is measured;
 * `full` is a kernel as somebody could build it who wants every module.
 */
import type { BootConfig, KernelBuild } from './framework/config.ts';
import { KNOWN_MODULES } from './known-modules.ts';

/** Debian 13 linux-image-amd64, 6.12.118. */
const DEBIAN = {
  name: 'debian',
  modules: ['capability', 'selinux', 'tomoyo', 'apparmor', 'yama', 'lockdown', 'bpf', 'landlock', 'ima', 'evm', 'ipe'],
  early: ['lockdown'],
  withoutParameters: ['selinux'], // no CONFIG_SECURITY_SELINUX_BOOTPARAM
  defaultLsm: 'landlock,lockdown,yama,loadpin,safesetid,integrity,apparmor,selinux,smack,tomoyo,bpf,ipe',
  cpus: 2,
  ticks: 250,
} as const satisfies KernelBuild;

/** @public */
export const KERNEL_BUILDS = {
  debian: DEBIAN,
  /** Debian user-mode-linux, 6.12.113: one CPU, no bpf, no landlock, no lockdown. */
  uml: {
    name: 'uml',
    modules: ['capability', 'selinux', 'smack', 'tomoyo', 'apparmor', 'yama'],
    early: [],
    withoutParameters: ['selinux'],
    defaultLsm: 'yama,loadpin,safesetid,integrity,selinux,smack,tomoyo,apparmor',
    cpus: 1,
    dataIsExecutable: true,
    ticks: 100,
  },
  /** Debian's with a policy of file integrity that can be read, and loaded again and again: what test suites ask for. */
  'debian-policy': { ...DEBIAN, name: 'debian-policy', options: ['IMA_READ_POLICY', 'IMA_WRITE_POLICY'] },
  /** All modules of Linux 6.12, with its own default for CONFIG_LSM. */
  full: {
    name: 'full',
    modules: KNOWN_MODULES.map(({ name }) => name),
    early: ['lockdown'],
    defaultLsm: 'landlock,lockdown,yama,loadpin,safesetid,selinux,smack,tomoyo,apparmor,ipe,bpf',
    options: [
      ...['EVM_ADD_XATTRS', 'EVM_EXTRA_SMACK_XATTRS', 'IMA_APPRAISE_MODSIG'],
      ...['INTEGRITY_TRUSTED_KEYRING', 'INTEGRITY_MACHINE_KEYRING', 'INTEGRITY_PLATFORM_KEYRING'],
      ...['SYSTEM_BLACKLIST_KEYRING', 'IMA_BLACKLIST_KEYRING'],
    ],
    cpus: 2,
    ticks: 250,
  },
} as const satisfies Record<string, KernelBuild>;

export type BuildName = keyof typeof KERNEL_BUILDS;

/** The build that is meant when none is named: Debian's, unless one of the modules asked for is in `full` only. */
export function defaultBuild({ lsm, security }: Pick<BootConfig, 'lsm' | 'security'>): BuildName {
  const debian: readonly string[] = KERNEL_BUILDS.debian.modules;
  const asked = lsm === undefined ? [security ?? ''] : lsm.split(',');
  const lacking = asked.filter((name) => !debian.includes(name));
  return lacking.some((name) => KERNEL_BUILDS.full.modules.includes(name)) ? 'full' : 'debian';
}
