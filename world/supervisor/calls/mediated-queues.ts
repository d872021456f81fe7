/**
 * What mq_open(2) and mq_unlink(2) ask the modules: ipc/mqueue.c, Linux 6.12. A queue is a file of the mqueue filesystem,
 * which no path leads to here. Sending, receiving, notification and attributes of an open queue are asked about by no kernel.
 */
import { CAP } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { O_ACCMODE, O_CREAT, O_EXCL, O_NOFOLLOW, O_PATH, O_RDONLY, O_RDWR, O_WRONLY } from '../../../linux/fcntl.ts';
import { MAY_EXEC, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import { S_IFREG } from '../../../linux/stat.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { capabilityCheck, isStuck, refuse } from '../access/calls.ts';
import { permissionChecks } from '../access/inode-permission.ts';
import type { Mediator } from '../access/mediator.ts';
import { openQueueFilesystem, QUEUE_FILESYSTEM } from '../access/queue-filesystem.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

const { EACCES, ENOENT } = ERRNO;
/** struct mq_attr */
const ATTRIBUTES = 64;
/** oflag2acc[]; access mode 3 is EINVAL. */
const MASKS: Readonly<Record<number, number>> = {
  [O_RDONLY]: MAY_READ,
  [O_WRONLY]: MAY_WRITE,
  [O_RDWR]: MAY_READ | MAY_WRITE,
};

/** Its label is not asked for by security_inode_init_security(): neither fscreate nor its name counts. */
const MADE = { class: 'file', name: '', byKernel: true } as const;

/** What the name leads to. */
interface Found {
  readonly directory: FileFacts;
  readonly root: number;
  readonly name: string;
  /** A descriptor (O_PATH), or a negative errno. */
  readonly file: number;
  readonly mediator: Mediator;
}

/** (name, flags, mode, struct mq_attr) */
const mq_open: Handler = (context) => {
  const { call, memory } = context;
  const given = call.isNull(3) || memory.read(call.tid, call.low(3), call.high(3), ATTRIBUTES) === ATTRIBUTES;
  if (given) onQueue(context, (found) => openChecks(context, found, call.int(1)), call.int(1)); // else EFAULT
};

/** (name) */
const mq_unlink: Handler = (context) => onQueue(context, (found) => unlinkChecks(context, found));

/** @param flags with which it is opened, and perhaps made. */
function onQueue(context: WorkerContext, checks: (found: Found) => readonly AccessCheck[], flags = 0): void {
  const { call, memory, mediator, newLabels, view } = context;
  const name = memory.readString(call.tid, call.low(0), call.high(0));
  if (mediator === undefined || typeof name !== 'string' || !isName(name) || mediator.isExempt(call.tid)) return;
  let root = -EACCES;
  mediator.ipc.visit(call.tid, () => {
    root = openQueueFilesystem(view);
  });
  if (root < 0) {
    mediator.unseen();
    return;
  }
  try {
    refuse(context, lookUp(context, mediator, root, name, checks));
    const directory = call.answered || (flags & O_CREAT) === 0 ? undefined : view.duplicate(root);
    const seen = directory && mediator.lookDetached(root, call.tid, QUEUE_FILESYSTEM);
    if (directory !== undefined && directory >= 0) {
      const find = (): number => view.openAt2(directory, name, O_NOFOLLOW, 0);
      newLabels.expectIn(directory, call.tid, { ...MADE, find, ...(seen && { seen }) });
    }
  } finally {
    view.close(root);
  }
}

/** What lookup_one_len() takes; anything else is EACCES or ENOENT. */
const isName = (text: string): boolean => !text.includes('/') && !['', '.', '..'].includes(text);

function lookUp(
  context: WorkerContext,
  mediator: Mediator,
  root: number,
  name: string,
  checks: (found: Found) => readonly AccessCheck[],
): readonly AccessCheck[] {
  const { call, view } = context;
  const directory = mediator.lookDetached(root, call.tid, QUEUE_FILESYSTEM);
  if (directory === undefined || view.permits(call.tid, root, MAY_EXEC) < 0) return [];
  const file = view.openAt2(root, name, O_NOFOLLOW, 0);
  try {
    const found = { directory, root, name, file, mediator };
    return [...permissionChecks(context, directory, root, MAY_EXEC), ...checks(found)];
  } finally {
    if (file >= 0) view.close(file);
  }
}

/** prepare_open(), dentry_open() */
function openChecks(context: WorkerContext, found: Found, flags: number): readonly AccessCheck[] {
  const { file, mediator } = found;
  const { call, view } = context;
  if (file === -ENOENT) return (flags & O_CREAT) === 0 ? [] : newChecks(context, found, flags);
  const mask = MASKS[flags & O_ACCMODE];
  const exclusive = (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL);
  if (file < 0 || exclusive || mask === undefined || view.permits(call.tid, file, mask) < 0) return [];
  const seen = mediator.lookDetached(file, call.tid, QUEUE_FILESYSTEM);
  if (seen === undefined) return [];
  return [...permissionChecks(context, seen, file, mask), ...opened(flags, { file: seen, flags })];
}

/** mqueue_create_attr(): the limits of a new queue depend on a capability, which is asked for in any case. */
function newChecks(context: WorkerContext, { directory, root, name }: Found, flags: number): readonly AccessCheck[] {
  const { call, view } = context;
  const mask = MAY_WRITE | MAY_EXEC;
  if (view.permits(call.tid, root, mask) < 0) return [];
  const made = { class: 'file', name } as const;
  const file = { path: `/${name}`, mode: S_IFREG, uid: view.credentials(call.tid)?.fsuid ?? 0 };
  return [
    ...permissionChecks(context, directory, root, mask),
    { hook: 'inodeCreate', about: { directory, made } },
    ...capabilityCheck(context, CAP.SYS_RESOURCE, 'ignored'),
    ...opened(flags, { file, flags, directory, made: MADE }),
  ];
}

type Opened = Extract<AccessCheck, { hook: 'fileOpen' }>['about'];

const opened = (flags: number, about: Opened): readonly AccessCheck[] =>
  (flags & O_PATH) === 0 ? [{ hook: 'fileOpen', about }] : [];

/** vfs_unlink() */
function unlinkChecks(context: WorkerContext, { directory, root, file, mediator }: Found): readonly AccessCheck[] {
  const { call, view } = context;
  const mask = MAY_WRITE | MAY_EXEC;
  if (file < 0 || view.permits(call.tid, root, mask) < 0) return [];
  const seen = mediator.lookDetached(file, call.tid, QUEUE_FILESYSTEM);
  if (seen === undefined) return [];
  const removed: AccessCheck = { hook: 'inodeUnlink', about: { directory, file: seen } };
  return [...permissionChecks(context, directory, root, mask), ...(isStuck(context, directory, seen) ? [] : [removed])];
}

export const calls = always('mediate-ipc', { mq_open, mq_unlink });
