/** TOMOYO's records of what no rule allows (decide/records.ts), as the log of a world has them: lines with `; ` between them. */
import type { RefusalAbout } from '../../framework/inspection/refusal.ts';
import type { RefusalAsked } from '../../framework/inspection/why.ts';

const BETWEEN = '; ';
/** What learning mode records becomes a rule. */
const REFUSED = / mode=(enforcing|permissive) granted=no /;

interface Refused {
  readonly domain: string;
  /** `file execute /usr/bin/id` */
  readonly rule: readonly string[];
  readonly permissive: boolean;
}

/** A name in a record has no blank, so that this is between lines alone. */
export function inOneLine(record: string): string {
  return record.trimEnd().replaceAll('\n', BETWEEN);
}

export function isRefusal(record: string): boolean {
  return refused('tomoyo', inOneLine(record)) !== undefined;
}

function refused(type: string, text: string): Refused | undefined {
  const [head = '', domain, rule] = text.split(BETWEEN);
  const [, mode] = REFUSED.exec(head) ?? [];
  if (type !== 'tomoyo' || mode === undefined || domain === undefined || rule === undefined) return undefined;
  const words = rule.split(' ');
  return words.length < 3 ? undefined : { domain, rule: words, permissive: mode === 'permissive' };
}

export function refusalOf(type: string, text: string): RefusalAsked | undefined {
  const found = refused(type, text);
  if (found === undefined) return undefined;
  const [kind, operation = '', path = ''] = found.rule;
  if (kind === 'file') return { words: [found.domain, path, operation], query: 'access' };
  return {
    problem: `There is no question to ask about ${kind} ${operation}.`,
    fix: 'The record says what was refused.',
  };
}

export function refusalAbout(type: string, text: string): RefusalAbout | undefined {
  const found = refused(type, text);
  if (found === undefined) return undefined;
  const [kind = '', access = '', ...object] = found.rule;
  return { subject: found.domain, object: object.join(' '), kind, access, permissive: found.permissive };
}
