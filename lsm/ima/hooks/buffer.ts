/**
 * Data that is no file, in the measurement list: process_buffer_measurement() of security/integrity/ima/ima_main.c.
 */
import { E } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { INTEGRITY, type IntegritySubject, logMessage } from '../../framework/audit/integrity.ts';
import type { Digests, KernelLog } from '../../framework/facts.ts';
import type { Measurements } from '../list/measurements.ts';
import type { Template, Templates } from '../list/template.ts';
import { tpmCause } from '../list/tpm-error.ts';
import type { Policy } from '../policy/policy.ts';

export interface BufferHost {
  readonly policy: Policy;
  readonly measurements: Measurements;
  readonly templates: Templates;
  readonly digests: Digests;
  /** The kernel's own (ima_hash=). */
  readonly algorithm: string;
  /** Absent = nobody is told what is listed already. */
  readonly log?: KernelLog;
  subject(caller: Caller): IntegritySubject;
  /** The user namespace that something comes from, as lists name it. */
  origin(userNamespace: Caller['userNamespace']): string;
}

export interface MeasuredBuffer {
  readonly func: 'KEY_CHECK' | 'CRITICAL_DATA';
  /** What rules choose by: a keyring, a label. */
  readonly data: string;
  readonly name: string;
  /** Called where a rule wants it measured; empty = nothing is. */
  buffer(): Uint8Array;
  /** Its digest is measured in its place. */
  readonly hashed?: boolean;
}

/** func_measure_str() */
const OPERATION = { KEY_CHECK: 'measuring_keys', CRITICAL_DATA: 'measuring_critical_data' } as const;

/** @param caller with ids in the initial user namespace. */
export function measureBuffer(host: BufferHost, measured: MeasuredBuffer, caller: Caller): void {
  const { policy, templates, digests, algorithm } = host;
  const { func, data, name, hashed } = measured;
  if (policy.isIdle) return;
  const { uid, gid } = caller;
  const credentials = { uid, euid: uid, suid: uid, gid, egid: gid, sgid: gid, maySetuid: false, maySetgid: false };
  const { actions, pcr, template } = policy.match({ func, mask: 0, credentials, data });
  if (!actions.has('measure')) return;
  const buffer = measured.buffer();
  if (buffer.length === 0) return;
  const kept = hashed === true ? digests.compute(algorithm, [buffer]) : buffer;
  if (kept === undefined) return;
  const used = template ?? templates.buffer;
  const namespace = used.fields.includes('ns') ? host.origin(caller.userNamespace) : '';
  const told = { ...host, subject: () => host.subject(caller) };
  storeBuffer(told, { operation: OPERATION[func], template: used, pcr, name, buffer: kept, namespace });
}

/** What of the host is needed to list data that is chosen already. */
export interface StoreHost extends Pick<BufferHost, 'measurements' | 'digests' | 'algorithm' | 'log'> {
  subject(): IntegritySubject;
}

export interface StoredBuffer {
  /** func_measure_str() */
  readonly operation: string;
  readonly template: Template;
  readonly pcr: number;
  readonly name: string;
  readonly buffer: Uint8Array;
  readonly namespace: string;
}

export function storeBuffer(host: StoreHost, stored: StoredBuffer): void {
  const { measurements, digests, algorithm, log } = host;
  const { operation, template, pcr, name, buffer, namespace } = stored;
  const bytes = digests.compute(algorithm, [buffer]);
  const digest = bytes && { algorithm, bytes };
  const event = { name, algorithm, namespace, ...(digest && { digest }), buffer };
  const { isNew, tpmError } = measurements.add(template, pcr, event);
  if (log === undefined) return;
  if (tpmError !== undefined) {
    const cause = tpmCause(log, tpmError);
    logMessage(log, INTEGRITY.PCR, host.subject(), { op: 'add_template_measure', cause, result: 0, name });
  }
  if (isNew) return;
  const errno = -E.EEXIST.number;
  logMessage(log, INTEGRITY.PCR, host.subject(), { op: operation, cause: 'store_entry', result: errno, errno, name });
}
