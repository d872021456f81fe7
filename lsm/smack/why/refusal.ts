/**
 * From a record of a refusal to the question that `lsmfs why` asks: the text of smack_log_callback() of
 * security/smack/smack_access.c, Linux 6.12.
 */
import { fieldOf, untrustedField } from '../../framework/audit/audit-text.ts';
import type { RefusalAbout } from '../../framework/inspection/refusal.ts';
import type { RefusalAsked } from '../../framework/inspection/why.ts';

/** What a record of a denial asks again. */
export function refusalOf(type: string, text: string): RefusalAsked | undefined {
  if (type !== 'AVC' || !text.startsWith('lsm=SMACK ') || fieldOf(text, 'action') !== 'denied') return undefined;
  const [subject = '', object = ''] = [untrustedField(text, 'subject'), untrustedField(text, 'object')];
  const [letters] = /^[rwxatl]+/.exec(fieldOf(text, 'requested') ?? '') ?? [];
  if (letters !== undefined) return { words: [subject, object, letters], query: 'access' };
  return { problem: `${subject} and ${object} differ: no rule decides.`, fix: 'The record says what was refused.' };
}

export function refusalAbout(type: string, text: string): RefusalAbout | undefined {
  if (refusalOf(type, text) === undefined) return undefined;
  const [subject = '', object = ''] = [untrustedField(text, 'subject'), untrustedField(text, 'object')];
  const access = fieldOf(text, 'requested') ?? 'labels differ';
  return { subject, object, kind: '', access, permissive: false };
}
