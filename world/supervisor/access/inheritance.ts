/**
 * What a program inherits that it may not have: flush_unauthorized_files() of security/selinux/hooks.c and
 * aa_inherit_files() of security/apparmor/file.c, Linux 6.12.
 *
 * Model: before execve(2) is let go on the modules are told what is open and not closed by it. When the program runs they
 * decide, and what they refuse is replaced by the null device at its first notified call, if it is still the same file.
 * A program that makes other calls before, which a dynamically linked one does not, has it until then.
 * What is to be closed, with nothing in its place, is made close-on-exec before, by putting the same open file over it. If the
 * program cannot be executed, the next notified call of the process takes that back. Where other threads could
 * exchange descriptors meanwhile, or locks of fcntl(2) would be lost though nothing is executed, it is replaced like the rest.
 */
import { NR } from '../../../host/libc.ts';
import { openNullDevice } from '../../../host/mounts/null-device.ts';
import { innermostNumber, statusField, statusMask } from '../../../host/procfs/status.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { O_CLOEXEC } from '../../../linux/fcntl.ts';
import { callerFd, type Tgid } from '../../../linux/ids.ts';
import { SIGKILL, SIGSEGV } from '../../../linux/signal.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import type { OpenDescriptor, Refused } from '../../../lsm/framework/files/open-descriptor.ts';
import { copyDescriptor } from '../caller/caller-descriptor.ts';
import type { WorkerContext } from '../context.ts';
import { lookAt } from './calls.ts';
import { deciding } from './deciding.ts';
import { descriptorsOf, infoOf } from './descriptors.ts';

/**
 * @param changes the program may have another label.
 * @param settled to be called once it is known that the program that runs may have all that it has.
 * @returns whether that is to be found out.
 */
export function inheritDescriptors(
  context: WorkerContext,
  tgid: Tgid | undefined,
  changes: boolean,
  settled: () => void,
): boolean {
  const { call, newPrograms } = context;
  const mediator = deciding(context);
  if (mediator === undefined || tgid === undefined) return false;
  const asked = changes && mediator.families.has('files');
  const expected = asked || mediator.families.has('memory');
  if (expected) newPrograms.expectRefusals(tgid, call.tid, settled);
  const open = asked ? inherited(context) : [];
  const closed = open.length > 0 ? context.ask({ kind: 'inherit', tid: call.tid, open })?.closed : undefined;
  if (closed !== undefined && !mediator.logOnly && isAlone(context) && !hasLocks(context))
    newPrograms.closes(
      tgid,
      closed.filter((descriptor) => setClosing(context, descriptor, true)),
    );
  return expected;
}

/** Has the caller's process no other threads? */
export function isAlone({ call, view }: WorkerContext): boolean {
  return statusField(view.readStatus(call.tid) ?? '', 'Threads') === '1';
}

/** Putting a file over itself ends the locks that the process has of it, by whatever descriptor (locks_remove_posix()). */
function hasLocks(context: WorkerContext): boolean {
  return descriptorsOf(context).some(({ locked }) => locked);
}

/** Makes a descriptor of the caller close-on-exec, or ends that. @returns false where it is another file now, or cannot be copied. */
function setClosing(
  { call, view }: WorkerContext,
  { descriptor, identity }: OpenDescriptor,
  closing: boolean,
): boolean {
  const number = callerFd(descriptor);
  const copy = copyDescriptor(view, call.tid, number);
  if (copy < 0) return false;
  const same = infoOf(view, call.tid, number)?.identity === identity;
  const done = same && call.replace(descriptor, copy, closing) === 0;
  view.close(copy);
  return done;
}

function inherited(context: WorkerContext): OpenFile[] {
  const { call, view } = context;
  return descriptorsOf(context).flatMap(({ flags, locked: _locked, ...descriptor }) => {
    if ((flags & O_CLOEXEC) !== 0) return [];
    const number = callerFd(descriptor.descriptor);
    const fd = view.openDescriptor(call.tid, number);
    if (fd < 0) return [];
    const file = lookAt(context, number, fd);
    view.close(fd);
    return file === undefined ? [] : [{ file, flags, descriptor }];
  });
}

/** At the first call of a program. Where there is no null device it keeps what was refused, which is counted. */
export function takeRefused(context: WorkerContext, tgid: Tgid, open = openNullDevice): void {
  const { ask, call, mediator, newPrograms, view } = context;
  const answer = ask({ kind: 'refused-descriptors', tgid });
  const closing = newPrograms.takeClosing(tgid);
  // A call of the leader, while another thread executes: the next one may be the program's.
  if (answer?.pending === true) {
    for (const descriptor of closing) if (!setClosing(context, descriptor, false)) mediator?.unseen();
    return;
  }
  newPrograms.runs(tgid);
  const refused = answer?.refused;
  newPrograms.settles(tgid, refused !== undefined && isNothing(refused));
  if (refused === undefined || mediator?.logOnly !== false) return;
  if (refused.program) {
    end(context, tgid);
    return;
  }
  if (refused.descriptors.length === 0) return;
  const device = open();
  if (device < 0) {
    mediator.unseen();
    return;
  }
  try {
    for (const { descriptor, identity } of refused.descriptors) {
      if (infoOf(view, call.tid, callerFd(descriptor))?.identity !== identity) continue; // closed, and another one may be there
      if (call.replace(descriptor, device) < 0) mediator.unseen();
    }
  } finally {
    view.close(device);
  }
}

const isNothing = ({ descriptors, program }: Refused): boolean => descriptors.length === 0 && !program;

/**
 * A program that may not be mapped: force_fatal_sig() of kernel/signal.c. A signal of ours can be handled, blocked, kept
 * back by a tracer, and does not reach the first process of a pid namespace: those get the one that always does.
 */
function end({ call, mediator, view }: WorkerContext, tgid: Tgid): void {
  const pidfd = rawSyscall(NR.pidfd_open, tgid, 0);
  const status = view.readStatus(tgid) ?? '';
  const signal = isFatal(status) ? SIGSEGV : SIGKILL;
  // As long as the call waits the number is that of its caller.
  if (call.waiting && rawSyscall(NR.pidfd_send_signal, pidfd, signal, 0, 0) < 0) mediator?.unseen();
  if (pidfd >= 0) view.close(pidfd);
  call.fail(ERRNO.EINTR);
}

/** Does SIGSEGV end the process with this status? */
function isFatal(status: string): boolean {
  const sets = ['SigBlk', 'SigIgn', 'SigCgt'].map((name) => statusMask(status, name) ?? -1n);
  const kept = sets.some((set) => ((set >> BigInt(SIGSEGV - 1)) & 1n) === 1n);
  return !kept && statusField(status, 'TracerPid') === '0' && innermostNumber(status, 'NSpid') !== 1;
}
