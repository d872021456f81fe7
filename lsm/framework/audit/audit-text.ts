/**
 * Pieces of audit records that several modules write.
 */
import { bytesOf, hex } from '../../../linux/bytes.ts';

/** audit_log_untrustedstring(): quoted, or upper-case hexadecimal when it has quotes, spaces or control characters. */
export function untrusted(text: string): string {
  return /^[\x21\x23-\x7e]*$/.test(text) ? `"${text}"` : hexText(text);
}

/** audit_log_n_hex(): each byte as two upper-case digits. */
export function hexText(text: string): string {
  return hex(bytesOf(text)).toUpperCase();
}

/** `%#ho` */
export function modeText(mode: number): string {
  const bits = mode & 0xffff;
  return bits === 0 ? '0' : `0${bits.toString(8)}`;
}

/** audit_log_cap(): with its leading blank. */
export function capabilityText(name: string, set: bigint): string {
  return ` ${name}=${set === 0n ? '0' : set.toString(16).padStart(16, '0')}`;
}

/** The value of a field as it stands in a record. */
export function fieldOf(record: string, name: string): string | undefined {
  const [, value] = new RegExp(`(?:^| )${name}=("[^"]*"|[^ ]*)`).exec(record) ?? [];
  return value;
}

/** The value of a field that untrusted() wrote. */
export function untrustedField(record: string, name: string): string | undefined {
  const value = fieldOf(record, name);
  if (value === undefined) return undefined;
  if (value.startsWith('"')) return value.slice(1, -1);
  return value.replace(/[0-9A-F]{2}/g, (byte) => String.fromCharCode(Number.parseInt(byte, 16)));
}

/** What tells events apart: milliseconds since 1970 and a serial number. */
export function auditStamp(timeMs: number, serial: number): string {
  const time = Math.floor(timeMs);
  return `audit(${Math.floor(time / 1000)}.${String(time % 1000).padStart(3, '0')}:${serial})`;
}
