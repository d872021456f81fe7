/** Debian's compiled policies. */
import { existsSync, readFileSync } from 'node:fs';

export const DEBIAN_POLICY = '/etc/selinux/default/policy/policy.34';
export const DEBIAN_MLS_POLICY = '/etc/selinux/mls/policy/policy.34';

/** The image of an installed policy; a clear failure when its Debian package is missing. */
export function installedPolicy(file: string): Uint8Array {
  if (!existsSync(file)) {
    throw new Error(`${file} is missing: apt-get install selinux-policy-default selinux-policy-mls`);
  }
  return readFileSync(file);
}
