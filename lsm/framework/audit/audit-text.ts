/**
 * Pieces of audit records that several modules write.
 */

/** Login user and session of a task that never logged in: (u32)-1. */
export const AUDIT_LOGIN = 'auid=4294967295 ses=4294967295';

/** audit_log_untrustedstring(): quoted, or upper-case hexadecimal when it has quotes, spaces or control characters. */
export function untrusted(text: string): string {
  if (/^[\x21\x23-\x7e]*$/.test(text)) return `"${text}"`;
  return [...text].map((c) => c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')).join('');
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
