/** `audit=` and `audit_backlog_limit=`: audit_enable() and audit_backlog_limit_set() of kernel/audit.c, Linux 6.12. */
import { KERN_ERR, KERN_INFO } from '../facts.ts';

export interface AuditParameters {
  readonly audit?: string;
  readonly backlogLimit?: string;
}

export const DEFAULT_BACKLOG_LIMIT = 64;

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ['0', false],
  ['off', false],
  ['1', true],
  ['on', true],
]);

/** Is audit on at boot? Any other word turns it on. `undefined`: it is off, and can be turned on later. */
export function isOnAtBoot({ audit }: AuditParameters): boolean | undefined {
  return audit === undefined ? undefined : (WORDS.get(audit.toLowerCase()) ?? true);
}

/** kstrtouint() with base 0; `undefined` = no such number. */
export function backlogLimitOf(text: string): number | undefined {
  const [, digits = ''] = /^\+?(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i.exec(text) ?? [];
  if (digits === '') return undefined;
  const value = Number.parseInt(digits, /^0x/i.test(digits) ? 16 : digits.startsWith('0') ? 8 : 10);
  return value <= 0xffffffff ? value : undefined;
}

/** What a kernel says when it reads them, in the order of a command line that begins with `audit=`. */
export function printParameters(parameters: AuditParameters, print: (text: string, level: number) => void): void {
  const { audit, backlogLimit } = parameters;
  if (audit !== undefined) {
    if (!WORDS.has(audit.toLowerCase())) print(`audit: audit: invalid 'audit' parameter value (${audit})`, KERN_ERR);
    const state = isOnAtBoot(parameters) === true ? 'enabled (after initialization)' : 'disabled (until reboot)';
    print(`audit: ${state}`, KERN_INFO);
  }
  if (backlogLimit === undefined) return;
  const limit = backlogLimitOf(backlogLimit);
  const told =
    limit === undefined ? `using default of ${DEFAULT_BACKLOG_LIMIT}, unable to parse ${backlogLimit}` : limit | 0;
  print(`audit: audit_backlog_limit: ${told}`, KERN_INFO);
}
