/**
 * What SELinux's records of refusals ask again: avc_audit_post_callback() of security/selinux/avc.c, and
 * security_validtrans_handle_fail().
 */
import { fieldOf } from '../../framework/audit/audit-text.ts';
import type { RefusalAbout } from '../../framework/inspection/refusal.ts';
import type { RefusalAsked } from '../../framework/inspection/why.ts';

export function refusalOf(type: string, text: string): RefusalAsked | undefined {
  if (type === 'SELINUX_ERR') return deniedComputation(text);
  const [, permissions] = /^avc: {2}denied {2}\{ ([^}]*)\} for /.exec(text) ?? [];
  if (type !== 'AVC' || permissions === undefined) return undefined;
  const [source = '', target = '', objectClass = '', command] = fields(
    text,
    'scontext',
    'tcontext',
    'tclass',
    'ioctlcmd',
  );
  // Bits without a name are numbers.
  const names = permissions.split(' ').filter((name) => name !== '' && !name.startsWith('0x'));
  if (names.length === 0)
    return { problem: 'The record names no permission.', fix: 'Compare the classes of the policy.' };
  return {
    words: [source, target, objectClass, ...names],
    query: 'access',
    ...(command !== undefined && { command: Number(command) }),
  };
}

/** Of contexts the types: what rules are written of. */
export function refusalAbout(type: string, text: string): RefusalAbout | undefined {
  if (type === 'SELINUX_ERR' && fieldOf(text, 'seresult') === 'denied') {
    const [operation = '', before = '', after = '', objectClass = ''] = fields(
      text,
      'op',
      'oldcontext',
      'newcontext',
      'tclass',
    );
    return { subject: typeIn(before), object: typeIn(after), kind: objectClass, access: operation, permissive: false };
  }
  const [, permissions] = /^avc: {2}denied {2}\{ ([^}]*)\} for /.exec(text) ?? [];
  if (type !== 'AVC' || permissions === undefined) return undefined;
  const [source = '', target = '', objectClass = '', permissive] = fields(
    text,
    'scontext',
    'tcontext',
    'tclass',
    'permissive',
  );
  return {
    subject: typeIn(source),
    object: typeIn(target),
    kind: objectClass,
    access: permissions.trim(),
    permissive: permissive === '1',
  };
}

/** `u:r:TYPE:s0`; what is no context stays as it is. */
function typeIn(context: string): string {
  return context.split(':')[2] ?? context;
}

function deniedComputation(text: string): RefusalAsked | undefined {
  if (fieldOf(text, 'seresult') !== 'denied') return undefined;
  const operation = fieldOf(text, 'op');
  const [before = '', after = '', task = '', objectClass = ''] = fields(
    text,
    'oldcontext',
    'newcontext',
    'taskcontext',
    'tclass',
  );
  if (operation === 'security_validate_transition') {
    return { words: [before, after, objectClass, task], query: 'validatetrans' };
  }
  return {
    problem: `There is no question to ask about ${operation}.`,
    fix: 'The record has the contexts that do not agree.',
  };
}

function fields(text: string, ...names: readonly string[]): (string | undefined)[] {
  return names.map((name) => fieldOf(text, name));
}
