/**
 * What flock(2), and fcntl(2) with its locks, leases and watches, ask the modules: fs/locks.c and fs/fcntl.c, Linux 6.12. The
 * kernel's own reasons to refuse come first, and are left to it; but fcntl(2) asks before it looks at its argument.
 */

import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { CAP } from '../../../linux/capability.ts';
import {
  DN_ACCESS,
  DN_MULTISHOT,
  F_GETFL,
  F_GETLK,
  F_GETOWN,
  F_GETOWNER_UIDS,
  F_GETSIG,
  F_NOTIFY,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_RDLCK,
  F_SETFL,
  F_SETLEASE,
  F_SETLK,
  F_SETLKW,
  F_SETOWN,
  F_SETSIG,
  F_UNLCK,
  F_WRLCK,
  isReadable,
  isWritable,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  O_ACCMODE,
  O_APPEND,
} from '../../../linux/fcntl.ts';
import { IN_ACCESS } from '../../../linux/fs.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import { capabilityCheck, descriptorFlags, onDescriptor, onOpenFile } from '../access/calls.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const LOCKS: ReadonlySet<number> = new Set([LOCK_SH, LOCK_EX, LOCK_UN]);
const LOCKING: ReadonlySet<number> = new Set([F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW]);
/** struct flock { short l_type; short l_whence; off_t l_start; off_t l_len; pid_t l_pid; } */
const FLOCK_SIZE = 32;

/** (descriptor, operation). The modules are asked about unlocking, too. */
const flock: Handler = (context) => {
  const descriptor = context.call.fd(0);
  const lock = context.call.low(1) & ~LOCK_NB;
  if (!LOCKS.has(lock)) return;
  // A file that was opened with access mode 3 is neither read nor written.
  if (lock !== LOCK_UN && (descriptorFlags(context, descriptor) & O_ACCMODE) === O_ACCMODE) return;
  const exclusive = lock === LOCK_EX;
  onOpenFile(context, descriptor, (opened) => [{ hook: 'fileLock', about: { ...opened, exclusive } }]);
};

/** (descriptor, command, argument) */
const fcntl: Handler = (context) => {
  const { call } = context;
  const [command, argument] = [call.int(1), call.low(2)];
  if (command === F_NOTIFY) {
    watch(context, argument & ~DN_MULTISHOT);
    return;
  }
  const flags = descriptorFlags(context, call.fd(0));
  // Of other flags, as O_NONBLOCK, which are set all the time, no module is asked, but where each use is.
  const unappends = (flags & O_APPEND) !== 0 && (argument & O_APPEND) === 0;
  if (command === F_SETFL && !unappends && context.mediator?.families.has('content') !== true) return;
  onOpenFile(context, call.fd(0), (opened) => [
    { hook: 'fileFcntl', about: { ...opened, command, argument } },
    ...(LOCKING.has(command) ? locked(context, opened) : []),
    ...(command === F_SETLEASE ? leased(context, opened) : []),
  ]);
};

/** fcntl_dirnotify(). Without events it ends what was asked for. */
function watch(context: WorkerContext, events: number): void {
  if (events === 0) return;
  const mask = (events & DN_ACCESS) === 0 ? 0 : IN_ACCESS;
  onDescriptor(context, context.call.fd(0), (file) =>
    file.inode.class === 'dir' ? [{ hook: 'pathNotify', about: { file, mask } }] : [],
  );
}

/** do_lock_file_wait(), where fcntl_setlk() comes to it. */
function locked({ call, memory }: WorkerContext, opened: OpenFile): AccessCheck[] {
  if (memory.read(call.tid, call.low(2), call.high(2), FLOCK_SIZE) < FLOCK_SIZE) return [];
  const given = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, FLOCK_SIZE);
  const type = given.getInt16(0, true);
  const [start, length] = [given.getBigInt64(8, true), given.getBigInt64(16, true)];
  if (given.getInt16(2, true) !== 0 || start < 0n || start + length < 0n) return []; // counted from elsewhere, or EINVAL
  const open = type === F_UNLCK || (type === F_RDLCK ? isReadable(opened.flags) : isWritable(opened.flags));
  if (!open || type < F_RDLCK || type > F_UNLCK) return []; // EBADF, EINVAL
  return [{ hook: 'fileLock', about: { ...opened, exclusive: type === F_WRLCK } }];
}

/** generic_setlease() */
function leased(context: WorkerContext, opened: OpenFile): AccessCheck[] {
  const { file } = opened;
  const owns = context.view.credentials(context.call.tid)?.fsuid === file.inode.uid;
  const allowed = owns ? [] : capabilityCheck(context, CAP.LEASE, 'EACCES');
  if ((!owns && allowed.length === 0) || file.inode.class !== 'file') return [];
  const exclusive = context.call.int(2) === F_WRLCK;
  return [...allowed, { hook: 'fileLock', about: { ...opened, exclusive } }];
}

const COMMANDS = [
  ...[F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG, F_GETOWNER_UIDS],
  ...[F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE, F_NOTIFY],
];
const command = (is: number): readonly ArgumentTest[] => [{ argument: 1, is }];

export const calls: readonly SupervisedCall[] = [
  ...always('mediate-files', { flock }),
  ...COMMANDS.map(
    (number): SupervisedCall => ({ name: 'fcntl', when: 'mediate-files', rule: command(number), handle: fcntl }),
  ),
  // Which each fdopen(3) makes.
  ...[F_GETFL, F_SETFL].map(
    (number): SupervisedCall => ({ name: 'fcntl', when: 'mediate-content', rule: command(number), handle: fcntl }),
  ),
];
