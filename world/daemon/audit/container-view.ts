/**
 * Translates process and user ids to those of a container's namespaces, by /proc.
 *
 * Model: ids in records are those of the receiver's namespaces: of the container's audit daemon, else of its first
 * process, else of any remaining one. A daemon outside of the container, which has opened its files, does not count: what is
 * outside is nothing that those inside may know.
 */
import { fileText } from '../../../host/files/file-text.ts';
import { processLink } from '../../../host/process/process-files.ts';
import { statusNumbers } from '../../../host/procfs/status.ts';
import { type Tid, tgidOf, tidOf } from '../../../linux/ids.ts';
import type { AuditContainer } from '../../../lsm/framework/audit/container.ts';
import type { ContainerView } from '../../../lsm/framework/audit/translate.ts';

/** What an id that a user namespace lacks is called, /proc/sys/kernel/overflowuid. */
const OVERFLOW = 65534;

interface Namespaces {
  readonly user: string | undefined;
  readonly pid: string | undefined;
  /** Depth of its pid namespace below ours. */
  readonly depth: number;
  /** A process in the user namespace. */
  readonly witness: Tid;
}

/** Threads in a container. */
export interface Members {
  has(tid: Tid): boolean;
  all(): Iterable<Tid>;
}

export function containerView(container: AuditContainer, members: Members): ContainerView {
  const inside = namespacesOf(container, members);
  return {
    pid: (pid) => (inside === undefined ? pid : numberInside(tidOf(pid), inside)),
    uid: (uid) => (inside === undefined ? uid : idInside(uid, inside, 'uid')),
    gid: (gid) => (inside === undefined ? gid : idInside(gid, inside, 'gid')),
  };
}

function namespacesOf({ instance, first }: AuditContainer, members: Members): Namespaces | undefined {
  const { daemonProcess } = instance.delivery;
  if (daemonProcess !== undefined && members.has(daemonProcess)) {
    const pid = namespaceOf(daemonProcess, 'pid');
    if (pid !== undefined) return namespaces(daemonProcess, pid, 0);
  }
  for (const tid of [...(first ? [first.tid] : []), ...members.all()]) {
    const pid = namespaceOf(tid, 'pid');
    // A caller of unshare(2) stays in its pid namespace; its children are in the new one.
    const children = namespaceOf(tid, 'pid_for_children') ?? pid;
    if (children !== undefined) return namespaces(tid, children, children === pid ? 0 : 1);
  }
  return undefined;
}

function namespaces(witness: Tid, pid: string, below: number): Namespaces {
  return { witness, pid, user: namespaceOf(witness, 'user'), depth: numbers(witness).length + below };
}

/** @returns what tells the namespace from others; `undefined` when the process is gone or cannot be looked at. */
export function namespaceOf(tid: Tid, kind: 'pid' | 'pid_for_children' | 'user' | 'net'): string | undefined {
  return processLink(tid, `ns/${kind}`);
}

/** 0 = not visible there. */
function numberInside(pid: Tid, inside: Namespaces): number {
  const all = numbers(pid);
  if (namespaceOf(pid, 'pid') === inside.pid) return all.at(-1) ?? 0;
  // NSpid has a number for each namespace from ours inwards.
  return all.length > inside.depth ? (all[inside.depth - 1] ?? 0) : 0;
}

function numbers(pid: Tid): number[] {
  return statusNumbers(fileText(`/proc/${pid}/status`) ?? '', 'NSpid');
}

/** Rows of uid_map: first id inside, first id outside (in our namespace), count. */
function idInside(id: number, { user, witness }: Namespaces, kind: 'uid' | 'gid'): number {
  if (user === namespaceOf(tgidOf(process.pid), 'user')) return id;
  for (const row of (fileText(`/proc/${witness}/${kind}_map`) ?? '').trim().split('\n')) {
    const [inside = 0, outside = 0, count = 0] = row.trim().split(/\s+/).map(Number);
    if (id >= outside && id < outside + count) return inside + (id - outside);
  }
  return OVERFLOW;
}
