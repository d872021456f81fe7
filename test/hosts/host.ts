/** A kernel that runs a security module itself, or audits, and what came out when worlds were tested on it. */
export interface Host {
  readonly name: string;
  /** `debian`: Debian's own kernel in QEMU. `uml`: User-mode Linux. */
  readonly kernel: 'debian' | 'uml';
  /** What its kernel decides or records itself; `audit`: no labelling module, but audit on with a rule. */
  readonly module: 'apparmor' | 'selinux' | 'smack' | 'audit';
  /** SELinux: enforcing; otherwise permissive. */
  readonly enforcing: boolean;
}

export interface HostResult {
  /** `uname -r`; empty when it did not boot. */
  readonly release: string;
  readonly passed: number;
  /** One line for each test that failed. */
  readonly failures: readonly string[];
  /** One line for each test that says it cannot run there. */
  readonly skips: readonly string[];
  /** All that was said, for those who look into a failure. */
  readonly output: string;
}

/** What a guest leaves: files of its output folder by name, empty where there is none, and what came to its console. */
export interface GuestFiles {
  readonly read: (name: string) => string;
  readonly console: string;
}
