/** What the state of a namespace (state.ts) writes to the log about checks and loads. */

import { AUDIT } from '../../../linux/audit.ts';
import { type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { ActingTask } from '../../framework/audit/lsm-audit.ts';
import type { KernelLog } from '../../framework/facts.ts';
import type { Context, PolicyDb, Sid } from '../policy/index.ts';
import { avcRecord } from './audit.ts';
import { type BoundsViolation, formatContext, KERNEL_CLASSES, kernelClass, POLICY_CAPABILITIES } from './index.ts';
import type { LoadedPolicy } from './load.ts';

/** What a check was about. */
export interface CheckedAccess {
  readonly subject: ActingTask;
  readonly ssid: Sid;
  readonly tsid: Sid;
  readonly className: string;
  /** Object fields of the record, each with its leading space. */
  readonly details: string;
}

interface RecordingState {
  readonly log: KernelLog;
  readonly loaded: LoadedPolicy | undefined;
  sidToContext(sid: Sid): Result<string>;
}

/** @param reported permissions to be recorded; none, no record. @param isDenied some of those that were asked for are not allowed. */
export function recordCheck(
  state: RecordingState,
  { subject, ssid, tsid, className, details }: CheckedAccess,
  reported: number,
  isDenied: boolean,
  refused: Errno | undefined,
): void {
  if (reported === 0) return;
  const context = (sid: Sid): string => {
    const text = state.sidToContext(sid);
    return failed(text) ? '' : text;
  };
  state.log.audit(
    AUDIT.AVC,
    avcRecord({
      subject,
      vector: reported,
      permissionNames: KERNEL_CLASSES[kernelClass(className) - 1]?.permissions ?? [],
      denied: isDenied ? { permissive: refused === undefined } : undefined,
      details,
      scontext: context(ssid),
      tcontext: context(tsid),
      sraw: state.loaded?.sids.raw(ssid),
      traw: state.loaded?.sids.raw(tsid),
      tclass: className,
    }),
  );
}

/** Permissions that a bounding type took away. */
export function recordBounds(log: KernelLog, db: PolicyDb, violation: BoundsViolation): void {
  const text = (context: Context) => formatContext(db, context);
  const datum = db.classes.byValue(violation.class);
  const names = (datum?.permissionNames ?? []).filter((_, bit) => (violation.permissions & (1 << bit)) !== 0);
  log.audit(
    AUDIT.SELINUX_ERR,
    `op=security_compute_av reason=bounds scontext=${text(violation.source)} tcontext=${text(violation.target)} ` +
      `tclass=${datum?.name} perms=${names.join(',')}`,
  );
}

/** As each load does. */
export function printCapabilities(log: KernelLog, { capabilities }: PolicyDb): void {
  POLICY_CAPABILITIES.forEach((name, id) => {
    log.print(`SELinux:  policy capability ${name}=${Number(capabilities.has(id))}`);
  });
  for (const id of capabilities) {
    if (id >= POLICY_CAPABILITIES.length) log.print(`SELinux:  unknown policy capability ${id}`);
  }
}
