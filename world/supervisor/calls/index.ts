/**
 * All supervised system calls. The filter of a world (filter.ts) and the table of a worker's handlers are made from this list.
 */

import { ABSENT, syscallNumbers } from '../../../linux/syscall-numbers.ts';
import type { Family } from '../../mediation.ts';
import { deciding } from '../access/deciding.ts';
import type { Handler } from '../context.ts';
import { mediationFamily } from '../features.ts';
import { calls as attrStat } from './attr-stat.ts';
import { calls as auditOptions } from './audit-options.ts';
import { calls as auditReceive } from './audit-receive.ts';
import { calls as auditSignals } from './audit-signals.ts';
import { calls as auditSocket } from './audit-socket.ts';
import { calls as audited } from './audited.ts';
import { calls as create } from './create.ts';
import { calls as execve } from './execve.ts';
import { calls as fileUses } from './file-uses.ts';
import { calls as fsContext } from './fsopen.ts';
import { calls as keys } from './keys.ts';
import { withLackedNames } from './lacked-calls.ts';
import { calls as lsmCalls } from './lsm-calls.ts';
import { calls as mediatedAttributes } from './mediated-attributes.ts';
import { calls as mediatedCapabilities } from './mediated-capabilities.ts';
import { calls as mediatedContent } from './mediated-content.ts';
import { calls as mediatedFileAttr } from './mediated-file-attr.ts';
import { calls as mediatedForks } from './mediated-forks.ts';
import { calls as mediatedIoctl } from './mediated-ioctl.ts';
import { calls as mediatedIpc } from './mediated-ipc.ts';
import { calls as mediatedKernelObjects } from './mediated-kernel-objects.ts';
import { calls as mediatedKeys } from './mediated-keys.ts';
import { calls as mediatedLocks } from './mediated-locks.ts';
import { calls as mediatedLooks } from './mediated-looks.ts';
import { calls as mediatedMemory } from './mediated-memory.ts';
import { calls as mediatedMessages } from './mediated-messages.ts';
import { calls as mediatedMounts } from './mediated-mounts.ts';
import { calls as mediatedNames } from './mediated-names.ts';
import { calls as mediatedOpen } from './mediated-open.ts';
import { calls as mediatedPerf } from './mediated-perf.ts';
import { calls as mediatedPrctl } from './mediated-prctl.ts';
import { calls as mediatedPrivileges } from './mediated-privileges.ts';
import { calls as mediatedPtrace } from './mediated-ptrace.ts';
import { calls as mediatedQueues } from './mediated-queues.ts';
import { calls as mediatedQuota } from './mediated-quota.ts';
import { calls as mediatedScheduling } from './mediated-scheduling.ts';
import { calls as mediatedSignals } from './mediated-signals.ts';
import { calls as mediatedSockets } from './mediated-sockets.ts';
import { calls as mediatedTasks } from './mediated-tasks.ts';
import { calls as mediatedTimers } from './mediated-timers.ts';
import { calls as mediatedTransfers } from './mediated-transfers.ts';
import { calls as mediatedUring } from './mediated-uring.ts';
import { calls as mediatedXattr } from './mediated-xattr.ts';
import { calls as metadata } from './metadata.ts';
import { calls as mount } from './mount.ts';
import { calls as open } from './open.ts';
import { calls as processCalls } from './process-calls.ts';
import { calls as pseudoFiles } from './pseudo-files.ts';
import { calls as ptrace } from './ptrace.ts';
import { calls as statfs } from './statfs.ts';
import type { SupervisedCall } from './supervised-call.ts';
import { calls as syslog } from './syslog.ts';
import { calls as umount } from './umount.ts';
import { calls as xattr } from './xattr.ts';
import { calls as zeroWrite } from './zero-write.ts';

export const CALLS: readonly SupervisedCall[] = [
  ...attrStat,
  ...auditOptions,
  ...auditReceive,
  ...auditSignals,
  ...auditSocket,
  ...audited,
  ...create,
  ...execve,
  ...fileUses,
  ...fsContext,
  ...keys,
  ...lsmCalls,
  ...mediatedAttributes,
  ...mediatedCapabilities,
  ...mediatedContent,
  ...mediatedFileAttr,
  ...mediatedForks,
  ...mediatedIoctl,
  ...mediatedIpc,
  ...mediatedKernelObjects,
  ...mediatedKeys,
  ...mediatedLocks,
  ...mediatedLooks,
  ...mediatedMemory,
  ...mediatedMessages,
  ...mediatedMounts,
  ...mediatedNames,
  ...mediatedOpen,
  ...mediatedPerf,
  ...mediatedPrctl,
  ...mediatedPrivileges,
  ...mediatedPtrace,
  ...mediatedQueues,
  ...mediatedQuota,
  ...mediatedScheduling,
  ...mediatedSignals,
  ...mediatedSockets,
  ...mediatedTasks,
  ...mediatedTimers,
  ...mediatedTransfers,
  ...mediatedUring,
  ...mediatedXattr,
  ...metadata,
  ...mount,
  ...open,
  ...processCalls,
  ...pseudoFiles,
  ...ptrace,
  ...statfs,
  ...syslog,
  ...umount,
  ...xattr,
  ...zeroWrite,
];

/**
 * What modules decide about (access/mediator.ts) comes before everything else, names that the host lacks after it.
 * @returns indexed by system call number.
 */
export function handlerTable(arch: string, mediated: readonly Family[]): readonly (Handler | undefined)[] {
  const numbers = syscallNumbers(arch);
  const table: (Handler | undefined)[] = [];
  const first: (Pick<SupervisedCall, 'handle' | 'labels'> | undefined)[] = [];
  for (const { name, when, handle, labels } of CALLS) {
    const number = numbers[name];
    const family = mediationFamily(when);
    if (number === ABSENT || handle === undefined) continue;
    if (family === undefined) table[number] = handle;
    else if (mediated.includes(family)) first[number] = { handle, ...(labels && { labels }) };
  }
  first.forEach((decided, number) => {
    const handle = table[number];
    table[number] = (context) => {
      if (decided?.labels === true || deciding(context) !== undefined) decided?.handle?.(context);
      if (!context.call.answered) handle?.(context);
    };
  });
  withLackedNames(table, numbers);
  return table;
}
