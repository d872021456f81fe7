/** Audit records of a world, taken apart: by libaudit's names, and of refusals what they are about. */
import { type AuditFields, auditFields } from '../framework/audit/record-fields.ts';
import { recordNames } from '../framework/audit/record-line.ts';
import type { RefusalAbout } from '../framework/inspection/refusal.ts';
import { MODULES } from '../modules.ts';

/**
 * What was refused, or in permissive mode only recorded.
 * @public
 */
export interface Refusal extends RefusalAbout {
  /** The module that records it. */
  readonly module: string;
}

/** @public */
export interface AuditRecord {
  readonly type: number;
  /** `AVC`, `INTEGRITY_DATA`, ... */
  readonly name: string;
  readonly body: string;
  /** `name=value` of the body; of an AVC record also `seresult` and `seperms`. */
  readonly fields: AuditFields;
  /** Absent: nothing was refused. */
  readonly refusal?: Refusal;
}

const NAMES = recordNames(MODULES);

export function auditRecord(type: number, body: string): AuditRecord {
  const name = NAMES.of(type);
  for (const definition of MODULES) {
    const about = definition.refusalAbout?.(name, body);
    if (about === undefined) continue;
    return { type, name, body, fields: auditFields(body), refusal: { module: definition.name, ...about } };
  }
  return { type, name, body, fields: auditFields(body) };
}
