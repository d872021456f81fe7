/**
 * Our own /proc/self/status.
 */
import { readFileSync } from 'node:fs';
import { statusMask } from '../../host/procfs/status.ts';
import { CAP, hasCapability } from '../../linux/capability.ts';

export function ownStatus(): string {
  return readFileSync('/proc/self/status', 'latin1');
}

export function hasSysAdmin(status: string): boolean {
  return hasCapability(statusMask(status, 'CapEff') ?? 0n, CAP.SYS_ADMIN);
}
