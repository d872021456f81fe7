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
