/** The nodes of audit in the securityfs of a stack. */
import type { Tid } from '../../../../linux/ids.ts';
import { auditArch } from '../../../../linux/syscall-numbers.ts';
import type { Caller } from '../../../../vfs/tree/caller.ts';
import type { DirectoryEntry } from '../../../../vfs/tree/node.ts';
import type { ProcessFacts } from '../../facts.ts';
import type { StackParts } from '../../stack-parts.ts';
import type { Task, TaskTable } from '../../task.ts';
import type { Audit } from '../audit.ts';
import { recordNames } from '../record-line.ts';
import type { AuditRequests } from '../requests.ts';
import { type AuditSenders, plainSenders } from '../senders.ts';
import { auditDirectory } from './index.ts';

interface StackOfNodes {
  readonly audit: Audit;
  readonly auditRequests: AuditRequests;
  readonly facts: ProcessFacts;
  readonly tasks: TaskTable;
  readonly replaying: boolean;
  taskOf(caller: Caller): Task;
}

/** None where the kernel has no container ids: it would not have these, either. */
export function auditEntries(stack: StackOfNodes, parts: StackParts): DirectoryEntry[] {
  const { audit, auditRequests } = stack;
  if (!audit.status.hasContainers) return [];
  const taskOf = (caller: Caller): Task => stack.taskOf(caller);
  const senders = (): AuditSenders =>
    (stack.replaying ? undefined : parts.auditSenders) ?? plainSenders({ audit, facts: stack.facts, taskOf });
  const entry = auditDirectory({
    audit,
    requests: auditRequests,
    names: recordNames(parts.compiledIn),
    numbers: parts.securityfsNumbers,
    changes: parts.securityfsChanges,
    time: parts.config.bootTime ?? 0n,
    taskOf,
    sender: (caller) => senders().of(caller),
    isAtHome: (caller) => senders().isAtHome(caller),
    lookUp: (caller) => {
      const known = senders();
      return known.lookUp && ((paths, done) => known.lookUp?.(caller, paths, done));
    },
    machine: parts.auditSenders?.machine ?? auditArch('x64'),
    tasks: () => stack.tasks.all(),
    networkNamespace: (tid: Tid) => stack.facts.networkNamespace?.(tid),
  });
  return [entry];
}
