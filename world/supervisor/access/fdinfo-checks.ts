/** What fdinfo of a process, and the files in it, ask before their permission bits count: proc_fdinfo_permission(), Linux 6.12. */
import type { Tid } from '../../../linux/ids.ts';
import { PTRACE_MODE_READ } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { ptraceChecks } from './ptrace-checks.ts';

const FDINFO = /^\/\d+\/(?:task\/\d+\/)?fdinfo(?:\/|$)/;

export function fdinfoChecks(view: CallerView, tid: Tid, { inode }: FileFacts): AccessCheck[] {
  const { filesystem, path, process } = inode;
  if (filesystem.type !== 'proc' || process === undefined || !FDINFO.test(path)) return [];
  const checks = ptraceChecks(view, tid, process, PTRACE_MODE_READ, 'effective');
  return checks.map((check) => ({ ...check, refusal: 'EACCES' }));
}
