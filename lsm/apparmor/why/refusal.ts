/** What AppArmor's records of refusals ask again: the words of the question are those of the profile language. */
import { fieldOf, untrustedField } from '../../framework/audit/audit-text.ts';
import type { RefusalAbout } from '../../framework/inspection/refusal.ts';
import type { RefusalAsked } from '../../framework/inspection/why.ts';

/** Letters of masks that are none of the profile language (aa_file_perm_chrs). */
const MASK_WORDS: Readonly<Record<string, string>> = { c: 'create', d: 'delete' };

/** Refused, or let through by a profile that complains. */
const REFUSED = /^apparmor="(?:DENIED|ALLOWED)" /;

export function refusalOf(type: string, text: string): RefusalAsked | undefined {
  if (type !== 'AVC' || !REFUSED.test(text)) return undefined;
  const label = labelOf(text);
  const words = wordsOf(text);
  if (label === undefined || words === undefined) {
    const operation = untrustedField(text, 'operation') ?? 'this';
    return { problem: `There is no question to ask about ${operation}.`, fix: 'The record says what was refused.' };
  }
  const [fsuid, ouid] = [fieldOf(text, 'fsuid'), fieldOf(text, 'ouid')];
  return { words: [label, ...words], query: 'access', ...(fsuid !== ouid && { notOwner: true }) };
}

export function refusalAbout(type: string, text: string): RefusalAbout | undefined {
  if (type !== 'AVC' || !REFUSED.test(text)) return undefined;
  const [kind = untrustedField(text, 'operation') ?? ''] = [untrustedField(text, 'class')];
  const words = wordsOf(text) ?? [untrustedField(text, 'name') ?? untrustedField(text, 'operation') ?? ''];
  const [object, access] =
    words[0]?.startsWith('/') === true
      ? [words[0], words.slice(1).join(' ')]
      : [words.slice(0, 2).join(' '), words.slice(2).join(' ')];
  return { subject: labelOf(text) ?? '', object, kind, access, permissive: text.startsWith('apparmor="ALLOWED"') };
}

function labelOf(text: string): string | undefined {
  const [namespace, profile] = [untrustedField(text, 'namespace'), untrustedField(text, 'profile')];
  if (profile === undefined) return untrustedField(text, 'label');
  // The namespace stands from its root, the question is asked there.
  return namespace === undefined ? profile : `:${namespace.replace(/^root\/\//, '')}:${profile}`;
}

function wordsOf(text: string): string[] | undefined {
  const [operation, objectClass] = [untrustedField(text, 'operation'), untrustedField(text, 'class')];
  const [name = '', mask = '', peer = ''] = [
    untrustedField(text, 'name'),
    untrustedField(text, 'denied_mask') ?? untrustedField(text, 'requested_mask'),
    untrustedField(text, 'peer'),
  ];
  switch (objectClass) {
    case 'file':
      if (operation === 'change_profile') return ['change_profile', name];
      // Of a link two names decide together, and a path from nowhere has no question.
      if (operation === 'link' || mask === '' || !name.startsWith('/')) return undefined;
      return [name, ...[...mask].map((letter) => MASK_WORDS[letter] ?? letter)];
    case 'cap':
      return ['capability', untrustedField(text, 'capname') ?? ''];
    case 'net':
      return ['network', untrustedField(text, 'family') ?? '', untrustedField(text, 'sock_type') ?? '', ...split(mask)];
    case 'signal':
      return ['signal', fieldOf(text, 'signal') ?? '', peer, ...split(mask)];
    case 'ptrace':
      return ['ptrace', peer, ...split(mask)];
    case 'mount':
      return mountWords(text, operation, name);
    case 'namespace':
      return operation === 'userns_create' ? ['userns'] : undefined;
    default:
      return undefined;
  }
}

/** Binding, moving and changing a mount have no type; the last, and what is attached nowhere yet, have no source. */
function mountWords(text: string, operation: string | undefined, name: string): string[] | undefined {
  if (!name.startsWith('/')) return undefined;
  const source = untrustedField(text, 'srcname') ?? '';
  if (operation === 'umount') return ['umount', name];
  if (operation === 'pivotroot') return source === '' ? undefined : ['pivot_root', name, source];
  const options = untrustedField(text, 'flags')?.split(', ') ?? [];
  return ['mount', source, name, untrustedField(text, 'fstype') ?? 'none', ...options];
}

const split = (mask: string): string[] => mask.split(' ').filter((word) => word !== '');
