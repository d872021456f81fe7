/**
 * What is recorded while a kernel boots with `audit=1`: of audit itself, of NetLabel, and of the modules. A daemon that registers later
 * gets it. Without `audit=1` a kernel has the first of these records in its log; here there is none.
 *
 * Model: audit_init() of kernel/audit.c, netlbl_unlabel_defconf() of net/netlabel/netlabel_unlabeled.c, Linux 6.12.
 */
import { AUDIT, UNSET } from '../../../linux/audit.ts';
import { KERN_INFO, type KernelLog } from '../facts.ts';
import type { BootedModule } from '../module.ts';
import { type LoginSession, labelText, sessionText } from './subject.ts';

/** The task that boots. */
export const BOOT_COMM = 'swapper/0';

/** netlbl_audit_start_common() */
export function netlabelBody(label: string | undefined, rest: string, login: Partial<LoginSession> = {}): string {
  const session = sessionText({ loginuid: UNSET, sessionid: UNSET, ...login });
  return `netlabel: ${session}${labelText({ label })} ${rest}`;
}

/** @param label of the task that boots; absent = no module labels tasks. */
export function recordBoot(log: KernelLog, label: string | undefined, modules: readonly BootedModule[]): void {
  log.print('audit: initializing netlink subsys (enabled)', KERN_INFO);
  log.audit(AUDIT.KERNEL, 'state=initialized audit_enabled=1 res=1');
  const kernel = { loginuid: 0, sessionid: 0 };
  const unlabelled = 'nlbl_domain=(default) nlbl_protocol=unlbl res=1';
  log.audit(AUDIT.MAC_MAP_ADD, netlabelBody(label, unlabelled, kernel));
  log.audit(AUDIT.MAC_UNLBL_ALLOW, netlabelBody(label, 'unlbl_accept=1 old=0', kernel));
  for (const { module } of modules) module.recordBoot?.(label);
}
