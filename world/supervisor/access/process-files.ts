/**
 * Files of /proc that are a look into another process: fs/proc/base.c, fs/proc/task_mmu.c, Linux 6.12. The kernel asks as
 * for ptrace(2) when some are opened, and when others are read.
 */
import { PTRACE_MODE_ATTACH, PTRACE_MODE_NOAUDIT, PTRACE_MODE_READ } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { WorkerContext } from '../context.ts';
import { ptraceChecks } from './ptrace-checks.ts';

type When = 'open' | 'read' | 'readlink';

interface Look {
  readonly mode: number;
  /** What a refusal means. */
  readonly refusal: 'EACCES' | 'EPERM' | 'ignored';
  readonly memory?: boolean;
}

const READ: Look = { mode: PTRACE_MODE_READ, refusal: 'EACCES' };
/** mm_access(): a process that has ended has no memory, and nobody is asked. */
const MEMORY: Look = { ...READ, memory: true };
/** lock_trace() */
const TRACED: Look = { mode: PTRACE_MODE_ATTACH, refusal: 'EPERM' };
/** What the file shows depends on it; it can be read in any case. */
const SHOWING: Look = { mode: PTRACE_MODE_READ, refusal: 'ignored' };
const HIDING: Look = { ...SHOWING, mode: PTRACE_MODE_READ | PTRACE_MODE_NOAUDIT };

const LOOKS: Readonly<Record<When, Readonly<Record<string, Look>>>> = {
  open: {
    environ: MEMORY,
    auxv: MEMORY,
    maps: MEMORY,
    smaps: MEMORY,
    smaps_rollup: MEMORY,
    numa_maps: MEMORY,
    pagemap: MEMORY,
    mem: { ...MEMORY, mode: PTRACE_MODE_ATTACH },
  },
  readlink: { cwd: READ, exe: READ, root: READ, fd: READ, map_files: READ, ns: READ },
  read: { stat: HIDING, wchan: SHOWING, io: READ, syscall: TRACED, stack: TRACED, personality: TRACED },
};

/** Name of an entry in the directory of a process or thread. */
const ENTRY = /^\/\d+\/(?:task\/\d+\/)?([^/]+)/;

/** @param file as a path or descriptor of the caller leads to it. */
export function lookChecks({ call, mediator, view }: WorkerContext, file: FileFacts, when: When): AccessCheck[] {
  const { filesystem, path, process } = file.inode;
  if (mediator?.families.has('tasks') !== true || filesystem.type !== 'proc' || process === undefined) return [];
  const look = LOOKS[when][ENTRY.exec(path)?.[1] ?? ''];
  if (look === undefined) return [];
  return ptraceChecks(view, call.tid, process, look.mode, 'effective', look.memory).map((check, index) => ({
    ...check,
    refusal: look.refusal,
    ...(index > 0 && { follows: true as const }),
  }));
}
