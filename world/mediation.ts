/**
 * Families of system calls that modules may decide about. Each call of a chosen family is notified.
 */
import type { AccessHook } from '../lsm/framework/access/access.ts';

export const FAMILIES = [
  /** Opening, creating, removing, renaming, linking, attributes, access(2), and the directories and links on the way. */
  'files',
  /** stat(2) and its relatives, readlink(2). */
  'stat',
  /** Signals, ptrace, process groups and sessions, scheduling, limits and capabilities of tasks. */
  'tasks',
  /** Making processes and threads; of clone3(2), whose flags the filter cannot test, new namespaces, too. */
  'forks',
  /** Making, binding, connecting and using sockets; not what is sent. */
  'sockets',
  /** What sockets send and receive. */
  'messages',
  /** Reading and writing open files: read(2), write(2) and their relatives, of sockets, too; credentials registered with an io_uring. */
  'content',
  /** Mapping files and executable memory: mmap(2), mprotect(2). */
  'memory',
  /** ioctl(2). */
  'ioctl',
  /** System V shared memory, message queues and semaphores, POSIX message queues. */
  'ipc',
  /** Keys and keyrings. */
  'keys',
  /** Mounting, unmounting, moving mounts, changing the root. */
  'mounts',
  /** Calls that need a capability, commands of ioctl(2) among them, and new user namespaces. */
  'capabilities',
] as const;

export type Family = (typeof FAMILIES)[number];

/** `default`: all but those with a question for each call of the most frequent kinds. */
export const DEFAULT_FAMILIES: readonly Family[] = FAMILIES.filter(
  (family) => family !== 'stat' && family !== 'forks' && family !== 'messages' && family !== 'content',
);

/** What is asked about the calls of each family: one that no module has any of is not notified. */
const ASKED: Readonly<Record<Family, readonly AccessHook[]>> = {
  files: ['inodePermission', 'fileOpen'],
  stat: ['inodeGetattr'],
  tasks: ['taskKill', 'ptraceAccess', 'capable'],
  forks: ['taskAlloc', 'usernsCreate', 'capable'],
  sockets: ['socketCreate', 'unixStreamConnect'],
  messages: ['socketSendmsg', 'unixMaySend', 'fileReceive'],
  content: ['filePermission', 'socketSendmsg'],
  memory: ['mmapFile'],
  ioctl: ['fileIoctl'],
  ipc: ['ipcPermission', 'fileOpen'],
  keys: ['keyPermission'],
  mounts: ['sbMount', 'capable'],
  capabilities: ['capable', 'usernsCreate'],
};

/** Those of the families about which somebody decides. @param has does a module of the stack have the hook? */
export function decidedFamilies(families: readonly Family[], has: (hook: AccessHook) => boolean): readonly Family[] {
  return families.filter((family) => ASKED[family].some(has));
}

export interface Mediation {
  readonly families: readonly Family[];
  /** Refusals are recorded, and the call continues. */
  readonly logOnly: boolean;
}
