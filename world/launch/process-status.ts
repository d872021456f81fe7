/**
 * Our own /proc/self/status.
 */
import { readFileSync } from 'node:fs';

const CAP_SYS_ADMIN = 21n;

export function ownStatus(): string {
  return readFileSync('/proc/self/status', 'latin1');
}

/** Value of the line `name:`. */
function statusField(status: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
}

export function hasSysAdmin(status: string): boolean {
  const effective = statusField(status, 'CapEff');
  if (effective === undefined || !/^[0-9a-f]+$/.test(effective)) return false;
  return (BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) % 2n === 1n;
}
