/**
 * Lines of a world's log. The first two forms are each that of its own world, so that people and programs know them:
 *
 *   [    0.012345] SELinux:  Class mctp_socket not defined in policy.      as dmesg: seconds since the world began
 *   type=AVC msg=audit(1700000000.123:45): avc:  denied  { read } ...      as auditd's log: seconds since 1970, serial number
 *
 *   module=tomoyo #2026/12/02 20:40:00# profile=3 mode=enforcing ...       a record that a module keeps in a file of its own, in one line
 *
 * `ausearch -if` reads the second and ignores the others. Messages of lsmfs itself have the first form and begin with `lsmfs:`.
 */
import { type AuditFields, auditFields } from '../../lsm/framework/audit/record-fields.ts';
import { oneLine, recordLine } from '../../lsm/framework/audit/record-line.ts';
import { auditTypeName } from './audit-types.ts';

export function kernelLine(uptimeMs: number, text: string): string {
  return `[${(uptimeMs / 1000).toFixed(6).padStart(12)}] ${oneLine(text)}\n`;
}

/** @param stamp of auditStamp(). */
export function auditLine(type: number, stamp: string, body: string): string {
  return recordLine(auditTypeName(type), stamp, body);
}

export function ownLine(module: string, text: string): string {
  return `module=${module} ${oneLine(text)}\n`;
}

export type LogRecord =
  | { readonly kind: 'kernel' | 'lsmfs'; readonly uptime: number; readonly text: string }
  | {
      readonly kind: 'audit';
      readonly type: string;
      /** Seconds since 1970. */
      readonly time: number;
      readonly serial: number;
      readonly text: string;
      readonly fields: AuditFields;
    }
  | { readonly kind: 'module'; readonly module: string; readonly text: string }
  /** Not a line of ours: the user's log file may have others. */
  | { readonly kind: 'unknown'; readonly text: string };

const KERNEL = /^\[ *(\d+\.\d{6})\] (lsmfs: )?(.*)$/;
const AUDIT = /^type=([A-Z_]+|[A-Z]+\[\d+\]) msg=audit\((\d+\.\d{3}):(\d+)\): (.*)$/;

const OWN = /^module=([a-z]+) (.*)$/;

/** The type of a record by which modules know it; `undefined` = it is of no module. */
export function recordType(record: LogRecord): string | undefined {
  if (record.kind === 'audit') return record.type;
  return record.kind === 'module' ? record.module : undefined;
}

/** @param line without its end. */
export function parseLine(line: string): LogRecord {
  const [, uptime, ours, message = ''] = KERNEL.exec(line) ?? [];
  if (uptime !== undefined) {
    return { kind: ours === undefined ? 'kernel' : 'lsmfs', uptime: Number(uptime), text: message };
  }
  const [, type, time, serial, body = ''] = AUDIT.exec(line) ?? [];
  if (type === undefined) {
    const [, module, text = ''] = OWN.exec(line) ?? [];
    return module === undefined ? { kind: 'unknown', text: line } : { kind: 'module', module, text };
  }
  return { kind: 'audit', type, time: Number(time), serial: Number(serial), text: body, fields: auditFields(body) };
}
