/**
 * What becomes of a decision about a file or a transition once mode and audit rules of the profile are heard:
 * aa_audit_file() and aa_audit().
 */
import { E, type Errno } from '../../../linux/errno.ts';
import { Label } from '../policy/label.ts';
import { formatLabel } from '../policy/label-text.ts';
import type { Profile } from '../policy/namespace.ts';
import { fileMaskText, NO_PERMISSIONS, type Permissions } from '../policy/permissions.ts';
import type { FileRecord, RecordWriter } from '../policy/records.ts';

export interface FileAudit {
  readonly operation: FileRecord['operation'];
  /** The bits of `permissions` that were asked for. */
  readonly request: number;
  readonly permissions?: Permissions;
  readonly info?: string | undefined;
  readonly error?: Errno | undefined;
  readonly name?: string | undefined;
  readonly target?: Label | string | undefined;
  /** Who asks, and whose the file is. */
  readonly owners?: { readonly fsuid: number; readonly ouid: number };
}

/** What is left of an error once the mode of the profile has been heard. */
export interface FileResult {
  readonly error?: Errno;
  readonly kill: boolean;
}

/** Bits that rules with `audit` of all report. */
const AUDITED_BY_ALL = 0xffff;

export function auditFile(profile: Profile, what: FileAudit, sink: RecordWriter<FileRecord>): FileResult {
  const { type, request, result } = reportedAs(profile, what.permissions ?? NO_PERMISSIONS, what.request, what.error);
  if (type !== undefined) sink(record(profile, type, { ...what, request }));
  return result;
}

/** `type`: of the record; absent = nothing is to be recorded. `request`: the part of it that the record shows. */
export interface Reported {
  readonly type?: FileRecord['type'];
  readonly request: number;
  readonly result: FileResult;
}

/** @param request bits of what was asked for. @param error of the decision; absent = it is allowed. */
export function reportedAs(
  profile: Profile,
  permissions: Permissions,
  request: number,
  error: Errno | undefined,
): Reported {
  const { auditAll } = profile.rules;
  if (error === undefined) {
    const audited = request & (auditAll ? AUDITED_BY_ALL : permissions.audit);
    return { ...(audited !== 0 && { type: 'AUDIT' }), request: audited, result: { kill: false } };
  }
  const denied = request & ~permissions.allow;
  const killed = (denied & permissions.kill) !== 0;
  const shown = auditAll ? denied : denied & ~permissions.quiet;
  if (shown === 0) return { request: shown, result: { error, kill: false } };
  if (profile.mode === 'complain' && !killed) {
    const forgiven = error === E.EPERM || error === E.EACCES;
    return { type: 'ALLOWED', request: shown, result: forgiven ? { kill: false } : { error, kill: false } };
  }
  const kill = killed || profile.mode === 'kill';
  return { type: kill ? 'KILLED' : 'DENIED', request: shown, result: { error, kill } };
}

function record(profile: Profile, type: FileRecord['type'], what: FileAudit): FileRecord {
  const { operation, info, error, name, target, owners, request, permissions = NO_PERMISSIONS } = what;
  const shown = target instanceof Label ? formatLabel(profile.ns, target, { mode: false }) : target;
  const requested = fileMaskText(request);
  const denied = fileMaskText(request & ~permissions.allow);
  return {
    kind: 'file',
    type,
    operation,
    profile,
    ...(info === undefined ? {} : { info }),
    ...(error === undefined ? {} : { error }),
    ...(name === undefined ? {} : { name }),
    ...(shown === undefined ? {} : { target: shown }),
    ...(owners === undefined || requested === '' ? {} : { access: { requested, denied, ...owners } }),
  };
}

/** Reports the same for several profiles; the last error stands. */
export function auditAll(profiles: readonly Profile[], what: FileAudit, sink: RecordWriter<FileRecord>): FileResult {
  return combine(profiles.map((profile) => auditFile(profile, what, sink)));
}

export function combine(verdicts: readonly FileResult[]): FileResult {
  const error = verdicts.findLast((verdict) => verdict.error !== undefined)?.error;
  const kill = verdicts.some((verdict) => verdict.kill);
  return error === undefined ? { kill } : { error, kill };
}
