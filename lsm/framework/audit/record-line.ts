/** A record as a line of auditd's log: `type=AVC msg=audit(1700000000.123:45): avc:  denied ...`. */
import { AUDIT_TYPE_NAMES } from '../../../linux/audit-types.ts';
import type { ModuleFacts } from '../module-facts.ts';

export interface RecordNames {
  /** As auditd writes it: numbers without a name are `UNKNOWN[1336]`. */
  of(type: number): string;
  /** `undefined` = there is none of this name. Letters count in either case. */
  number(name: string): number | undefined;
}

/** @param modules that have records of their own. */
export function recordNames(modules: Iterable<Pick<ModuleFacts, 'auditRecords'>>): RecordNames {
  const all = [...AUDIT_TYPE_NAMES, ...[...modules].flatMap(({ auditRecords }) => auditRecords ?? [])];
  const names = new Map(all);
  const numbers = new Map(all.map(([type, name]) => [name, type]));
  return {
    of: (type) => names.get(type) ?? `UNKNOWN[${type}]`,
    number: (name) => numbers.get(name.toUpperCase()),
  };
}

/** @param stamp of auditStamp(). */
export function recordLine(name: string, stamp: string, body: string): string {
  return `type=${name} msg=${stamp}: ${oneLine(body)}\n`;
}

/** Removes newlines: a record is one line. */
export function oneLine(text: string): string {
  return text.trimEnd().replaceAll('\n', ' ');
}
