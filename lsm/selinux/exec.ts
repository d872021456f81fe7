/**
 * New credentials at execve (selinux_bprm_creds_for_exec of security/selinux/hooks.c), as far as they follow from a successful exec.
 */
import { failed } from '../../vfs/errno.ts';
import type { ExecFile } from '../core/events.ts';
import { kernelClass } from './decide/index.ts';
import { XATTR_SELINUX } from './labels.ts';
import { computeSid } from './queries.ts';
import { SID } from './sidtab.ts';
import type { SelinuxState } from './state.ts';
import { OUTSIDER, type TaskSecurity } from './task-security.ts';

export function afterExec(state: SelinuxState, old: TaskSecurity, file: ExecFile | undefined): TaskSecurity {
  const current = nextSid(state, old, file);
  // The SIDs for exec and for new objects are for one program only.
  return { ...OUTSIDER, current, prev: old.current };
}

function nextSid(state: SelinuxState, old: TaskSecurity, file: ExecFile | undefined): number {
  if (state.loaded === undefined) return SID.init;
  if (old.exec !== 0) return old.exec;
  const label = file?.xattrs?.[XATTR_SELINUX];
  // Without a label nothing is known about the file; under no_new_privs or nosuid an automatic transition does not happen.
  if (label === undefined || file?.noNewPrivs === true || file?.nosuid === true) return old.current;
  const fileSid = state.contextToSidForced(label);
  if (failed(fileSid)) return old.current;
  const processClass = state.loaded.map.policyClass(kernelClass('process'));
  const sid = computeSid(state, 'transition', old.current, fileSid, processClass);
  return failed(sid) ? old.current : sid;
}
