/** May a world have as many processes and threads as it needs? */
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { fileText } from '../../host/files/file-text.ts';
import { getLimit } from '../../host/process/process.ts';
import { statusNumbers } from '../../host/procfs/status.ts';
import { PROC_USER_INIT_INO, RLIMIT_NPROC } from '../../linux/process.ts';
import { hasSysAdmin, ownStatus } from './process-status.ts';
import type { Problem } from './user-namespace-problem.ts';

/** Of a launcher and a daemon: 24 to 36 were counted. */
const NEEDED = 40;
/** Threads are not counted where the limit is higher. */
const COUNTED = 4096n;

export function taskProblem(): Problem | undefined {
  return ofUser() ?? ofControlGroups();
}

/** RLIMIT_NPROC counts threads of a real uid. The kernel asks it of all but uid 0 and those with capabilities that are the host's. */
function ofUser(): Problem | undefined {
  const soft = getLimit(0, RLIMIT_NPROC)?.soft;
  if (soft === undefined || soft >= COUNTED) return undefined;
  const status = ownStatus();
  const isOnHost = readlinkSync('/proc/self/ns/user') === `user:[${PROC_USER_INIT_INO}]`;
  const [uid] = statusNumbers(status, 'Uid');
  if (isOnHost && (uid === 0 || hasSysAdmin(status))) return undefined;
  const running = threadsOf(uid);
  if (running + NEEDED <= Number(soft)) return undefined;
  return {
    cause: `at most ${soft} processes and threads of this user may run, ${running} do, and a world needs ${NEEDED}`,
    fix: 'Raise the limit (ulimit -u), or end others of them.',
  };
}

function threadsOf(uid: number | undefined): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => fileText(`/proc/${pid}/status`) ?? '')
    .filter((status) => statusNumbers(status, 'Uid')[0] === uid)
    .reduce((sum, status) => sum + (statusNumbers(status, 'Threads')[0] ?? 0), 0);
}

/** cgroups(7): the controller `pids`, in the hierarchy of version 2 or in its own. */
function ofControlGroups(): Problem | undefined {
  const lines = (fileText('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  for (const [, controllers, ...rest] of lines) {
    if (controllers !== '' && controllers !== 'pids') continue;
    const top = path.join('/sys/fs/cgroup', controllers);
    for (let group = rest.join(':'); ; group = path.dirname(group)) {
      const directory = path.join(top, group);
      const limit = Number.parseInt(fileText(path.join(directory, 'pids.max')) ?? '', 10);
      const running = Number.parseInt(fileText(path.join(directory, 'pids.current')) ?? '', 10);
      if (running + NEEDED > limit) {
        return {
          cause: `at most ${limit} processes and threads may run in ${directory}, ${running} do, and a world needs ${NEEDED}`,
          fix: 'Raise it: that of a container by `--pids-limit`, of a unit of systemd by `TasksMax=`.',
        };
      }
      if (group === '/' || group === '.' || group === '') break;
    }
  }
  return undefined;
}
