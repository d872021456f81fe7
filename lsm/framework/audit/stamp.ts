/** What tells events apart: milliseconds since 1970 and a serial number. */
export function auditStamp(timeMs: number, serial: number): string {
  const time = Math.floor(timeMs);
  return `audit(${Math.floor(time / 1000)}.${String(time % 1000).padStart(3, '0')}:${serial})`;
}
