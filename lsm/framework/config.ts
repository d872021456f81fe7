/**
 * How a stack is booted: the kernel command line and the build choices of the emulated kernel.
 */
import type { TpmConfig } from './tpm/tpm.ts';

/**
 * `mainline` = exactly the nodes of Linux 6.12. The others add what the 2018 talk describes: modules stacked and namespaced.
 * They differ in SELinux namespaces. `2018` has those of the talk's prototypes, `2025` those of the patch series that followed. In
 * `2026` lsm_unshare(2) takes the place of each module's own way into a namespace. `talk` is the best of 2018 and 2025.
 * @public
 */
export const PROFILES = ['talk', 'mainline', '2018', '2025', '2026'] as const;
/** @public */
export type KernelProfile = (typeof PROFILES)[number];

/**
 * Build-time choices of a kernel that show in its interfaces.
 * @beta
 */
export interface KernelBuild {
  readonly name: string;
  /** Names of the modules compiled in (known-modules.ts). */
  readonly modules: readonly string[];
  /** Those that initialise before all others and whatever `lsm=` says (CONFIG_SECURITY_LOCKDOWN_LSM_EARLY). */
  readonly early: readonly string[];
  /** CONFIG_LSM. */
  readonly defaultLsm: string;
  /** Parameters of compiled-in modules that this build leaves out, so that they mean nothing. */
  readonly withoutParameters?: readonly string[];
  /** Possible CPUs: number of lines of per-CPU statistics. */
  readonly cpus: number;
  /** Further Kconfig options of security modules that are on, without `CONFIG_`. */
  readonly options?: readonly string[];
  /** Memory is executable unless asked otherwise (VM_EXEC in VM_DATA_DEFAULT_FLAGS). */
  readonly dataIsExecutable?: boolean;
  /** Timer ticks in a second (CONFIG_HZ). */
  readonly ticks: number;
}

export interface BootConfig {
  readonly profile: KernelProfile;
  readonly build: KernelBuild;
  /** `lsm=`; absent = the build's CONFIG_LSM. */
  readonly lsm?: string;
  /** `security=`; ignored when `lsm` is given. */
  readonly security?: string;
  /** `enforcing=1`. */
  readonly enforcing: boolean;
  /** Further `name=value` parameters (`selinux=0`, `apparmor=0`). */
  readonly parameters: Readonly<Record<string, string>>;
  /** Certificates (DER, in base64) that keyrings have from boot on, by the names of these; of `.blacklist` its entries, `bin:HEX`. */
  readonly keys?: Readonly<Record<string, readonly string[]>>;
  /** Keys of type `encrypted` that everybody finds from boot on: what they decrypt to (base64), by their descriptions. */
  readonly encryptedKeys?: Readonly<Record<string, string>>;
  /** The machine's TPM; absent = it has none. */
  readonly tpm?: TpmConfig;
  /** As uname(2) tells it; absent = none that is measured. */
  readonly release?: string;
  /** When the kernel booted, nanoseconds since the epoch: the times of what exists from then on. Default 0. */
  readonly bootTime?: bigint;
  /**
   * Which names in `lsm` or `security` are refused with a BootError; absent = none, they are ignored as a kernel does.
   * `unknown`: names of no module at all, so a misspelling is told. `unimplemented`: also modules that would be enabled
   * here without answering anything, and majors that the build lacks.
   */
  readonly refuse?: 'unknown' | 'unimplemented';
}
