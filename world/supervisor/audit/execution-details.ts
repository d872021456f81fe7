/**
 * A program that gives its process capabilities, for audit: BPRM_FCAPS, nonroot_raised_pE() of security/commoncap.c and
 * audit_log_bprm_fcaps() of kernel/auditsc.c, Linux 6.12. Secure bits of a process cannot be read; they are taken to be unset, as at first.
 * All capabilities are those that the daemon could get: in a container that lacks some, root is root all the same.
 */
import { statusMask, statusNumbers } from '../../../host/procfs/status.ts';
import { AUDIT } from '../../../linux/audit.ts';
import { ALL_CAPABILITIES } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { capabilityText } from '../../../lsm/framework/audit/audit-text.ts';
import { fileCapabilities } from '../../../lsm/framework/audit/names.ts';
import type { Detailing } from './detail.ts';

interface Credentials {
  readonly uid: number;
  readonly euid: number;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly effective: bigint;
  readonly ambient: bigint;
}

/** @param status text of /proc/<tid>/status. */
function credentialsIn(status: string): Credentials | undefined {
  const [uid, euid] = statusNumbers(status, 'Uid');
  const [permitted, inheritable, effective, ambient] = ['CapPrm', 'CapInh', 'CapEff', 'CapAmb'].map((name) =>
    statusMask(status, name),
  );
  if (uid === undefined || euid === undefined || permitted === undefined || inheritable === undefined) return undefined;
  if (effective === undefined || ambient === undefined) return undefined;
  return { uid, euid, permitted, inheritable, effective, ambient };
}

const isWithin = (set: bigint, other: bigint): boolean => (set & ~other) === 0n;

/** nonroot_raised_pE() */
function hasRaised(now: Credentials, old: Credentials, byFile: boolean, all: bigint): boolean {
  const isFull = isWithin(all, now.effective);
  if (!isWithin(now.effective, now.ambient) && !(isFull && (now.euid === 0 || now.uid === 0))) return true;
  if (now.uid !== 0 && now.euid === 0 && !isFull) return true;
  if (now.euid !== old.uid) return false;
  return (byFile && !isWithin(now.permitted, old.permitted)) || !isWithin(now.ambient, old.ambient);
}

const setsText = (before: string, { permitted, inheritable, effective, ambient }: Credentials): string =>
  capabilityText(`${before}pp`, permitted) +
  capabilityText(`${before}pi`, inheritable) +
  capabilityText(`${before}pe`, effective) +
  capabilityText(`${before}pa`, ambient);

/** execve(2) and execveat(2) */
export const executionDetails: Detailing = ({ call, view }) => {
  const old = credentialsIn(view.readStatus(call.tid) ?? '');
  const all = statusMask(view.readFile(AT_FDCWD, '/proc/thread-self/status') ?? '', 'CapBnd') ?? ALL_CAPABILITIES;
  const { tid } = call;
  return (exit, [program]) => {
    const now = exit === 0 && old !== undefined ? credentialsIn(view.readStatus(tid) ?? '') : undefined;
    const attribute = program?.file?.capability;
    if (now === undefined || old === undefined || !hasRaised(now, old, attribute !== undefined, all)) return [];
    const file = fileCapabilities(attribute);
    const sets = capabilityText('fp', file.permitted) + capabilityText('fi', file.inheritable);
    const body = `fver=${file.revision.toString(16)}${sets} fe=${file.effective}${setsText('old_', old)}${setsText('', now)}`;
    return [{ type: AUDIT.BPRM_FCAPS, body: `${body} frootid=${file.rootid}` }];
  };
};
