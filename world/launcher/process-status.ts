/**
 * Our own /proc/self/status.
 */
import { readFileSync } from 'node:fs';
import { statusMask } from '../../host/procfs/status.ts';

const CAP_SYS_ADMIN = 21n;

export function ownStatus(): string {
  return readFileSync('/proc/self/status', 'latin1');
}

export function hasSysAdmin(status: string): boolean {
  return ((statusMask(status, 'CapEff') ?? 0n) >> CAP_SYS_ADMIN) % 2n === 1n;
}
