/** Who uses the nodes of audit. */
import { CAP } from '../../../linux/capability.ts';
import { type Caller, capable } from '../../../vfs/tree/caller.ts';
import type { ProcessFacts } from '../facts.ts';
import type { Task } from '../task.ts';
import type { Audit } from './audit.ts';
import type { NodeSender } from './nodes/access.ts';
import type { LookUp } from './paths.ts';

export interface AuditSenders {
  /** AUDIT_ARCH_* of the machine; absent = that of x86-64. */
  readonly machine?: number;
  /** `undefined` when it is gone. */
  of(caller: Caller): NodeSender | undefined;
  /** Is it in the user namespace whose capabilities count: the initial one; for a container's audit, that of its first process? */
  isAtHome(caller: Caller): boolean;
  /** Finds out what paths in rules lead to for this caller, who waits. Absent = as the sender says. */
  lookUp?(caller: Caller, paths: readonly string[], done: (looks: readonly LookUp[]) => void): void;
}

interface SendersHost {
  readonly audit: Audit;
  readonly facts: ProcessFacts;
  taskOf(caller: Caller): Task;
}

/** Where nothing is known but the facts: all paths that rules name exist. */
export function plainSenders({ audit, facts, taskOf }: SendersHost): AuditSenders {
  const isAtHome = ({ userNamespace }: Caller): boolean => userNamespace === undefined;
  const of = (caller: Caller): NodeSender => {
    const task = taskOf(caller);
    const { loginuid, sessionid, container } = audit.stateOf(task);
    const { uids, gids, comm, parent = 0 } = facts.thread(caller.tid) ?? {};
    return {
      task,
      subject: {
        task,
        pid: caller.tgid,
        ppid: parent,
        uids: uids ?? Array.from({ length: 4 }, () => caller.uid),
        gids: gids ?? Array.from({ length: 4 }, () => caller.gid),
        tty: '(none)',
        comm: comm ?? caller.comm,
        title: '',
        loginuid,
        sessionid,
        ...(container && { container }),
      },
      initialUserNamespace: isAtHome(caller),
      initialPidNamespace: true,
      ownPid: caller.tgid,
      control: capable(caller, CAP.AUDIT_CONTROL),
      write: capable(caller, CAP.AUDIT_WRITE),
      read: capable(caller, CAP.AUDIT_READ),
      paths: { parent: () => undefined, exists: () => undefined },
    };
  };
  return { of, isAtHome };
}
