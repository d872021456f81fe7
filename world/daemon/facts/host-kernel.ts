/** What the host's kernel has, and how it is set. */
import { readdirSync, readFileSync } from 'node:fs';

/** What the host's kernel has in /proc/<pid>/attr; these names the supervisor need not make up. */
export function hostAttrNames(): string[] {
  try {
    return readdirSync('/proc/self/attr');
  } catch {
    return [];
  }
}

/** A sysctl of the host, which the programs of a world see too. */
export function dmesgIsRestricted(): boolean {
  try {
    return readFileSync('/proc/sys/kernel/dmesg_restrict', 'latin1').trim() !== '0';
  } catch {
    return false;
  }
}
