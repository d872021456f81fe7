/** Records of changes of the clock: audit_log_time() of kernel/auditsc.c. */
import { AUDIT } from '../../../linux/audit.ts';

/** In the order in which they are told. */
export const CLOCK_VALUES = ['offset', 'freq', 'status', 'tai', 'tick', 'adjust'] as const;
export type ClockValue = (typeof CLOCK_VALUES)[number];

export interface ClockChange {
  /** As struct ntp_data has them, but `offset`, which is in nanoseconds. */
  readonly values: readonly { readonly name: ClockValue; readonly old: bigint; readonly now: bigint }[];
  /** What is added to the time. */
  readonly injected?: { readonly seconds: bigint; readonly nanoseconds: bigint };
}

/** @param ticks in a second: NTP_INTERVAL_FREQ. */
export function clockRecords({ values, injected }: ClockChange, ticks: number): { type: number; body: string }[] {
  const shown = (name: ClockValue, value: bigint): bigint =>
    name === 'offset' ? (value << 32n) / BigInt(ticks) : value;
  const records = values.map(({ name, old, now }) => ({
    type: AUDIT.TIME_ADJNTPVAL as number,
    body: `op=${name} old=${shown(name, old)} new=${shown(name, now)}`,
  }));
  if (injected === undefined || (injected.seconds === 0n && injected.nanoseconds === 0n)) return records;
  const body = `sec=${injected.seconds} nsec=${injected.nanoseconds}`;
  return [...records, { type: AUDIT.TIME_INJOFFSET, body }];
}
