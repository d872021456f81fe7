/**
 * execve(2) and execveat(2), before they happen: announces them to the process tracker, and asks the modules, which may refuse the program.
 *
 * The modules decide by the label of the named file, also when it is a script. Errors of the host's kernel are left to it.
 */
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_NOFOLLOW,
  O_NONBLOCK,
  RESOLVE_CACHED,
  RESOLVE_IN_ROOT,
} from '../../../linux/fcntl.ts';
import { FMODE_EXEC, MAY_EXEC } from '../../../linux/fs.ts';
import { type CallerFd, type Tid, tidOf } from '../../../linux/ids.ts';
import { S_IFMT, S_IFREG } from '../../../linux/stat.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { hasKnownFilesystem } from '../../../lsm/framework/files/inode.ts';
import { deciding } from '../access/deciding.ts';
import { inheritDescriptors, isAlone } from '../access/inheritance.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { factsOf, type InspectedFile } from '../caller/file-inspector.ts';
import { type FileStamp, stampOf } from '../caller/file-stamp.ts';
import { isServed } from '../caller/hazards.ts';
import type { ProcessStatus } from '../caller/process-status.ts';
import { worldMount } from '../caller/world-mount.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { KnownStatus } from '../protocol/backend.ts';
import type { AnswerTo, Question } from '../protocol/questions/index.ts';
import { mappedParts } from '../uses/elf.ts';
import type { Execution, NamedProgram } from '../uses/exec-answers.ts';
import type { ExecutedProgram } from '../uses/exec-uses.ts';
import { isBeingWritten } from '../uses/lease.ts';
import { execDetails } from './exec-details.ts';
import { loadedBy, loaderOf } from './interpreters.ts';
import { announcesNamed, namedProgram, programKey } from './named-program.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

const ANY_EXECUTE = 0o111;
/** d_path() appends this to the path of an unlinked file. */
const DELETED = ' (deleted)';
/** Magic links of procfs, which lead out of the mounts below the caller's root. */
const STANDS_FOR_DESCRIPTOR = /^\/(?:proc\/[^/]+\/(?:task\/\d+\/)?(?:fd\/|exe$|root|cwd)|dev\/fd\/)/;
/** Path of memfd_create(2) files: each is the root of its dentry tree in an internal mount. */
const MEMFD = '/memfd:';

/** Which arguments of the call name the program. */
interface ProgramArguments {
  readonly dirfd: CallerFd;
  /** Index of the argument. */
  readonly path: number;
  /** AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW. */
  readonly flags: number;
}

const execve: Handler = (context) => run(context, AT_FDCWD, 0, 0);
const execveat: Handler = (context) => run(context, context.call.fd(0), 1, context.call.low(4));

function run(context: WorkerContext, dirfd: CallerFd, path: number, flags: number): void {
  const { call } = context;
  const status = context.view.status(call.tid);
  context.tasks.executes(call.tid, status?.tgid);
  if (context.announces) context.newPrograms.add(status?.tgid ?? call.tid);
  const key = dirfd === AT_FDCWD && flags === 0 ? programKey(context, path) : undefined;
  if (key !== undefined && announcesNamed(context, key, status)) return;
  const args: ProgramArguments = { dirfd, path, flags };
  const found = context.checksExec ? findProgram(context, args, key !== undefined) : undefined;
  if (found === undefined) {
    if (context.announces) context.ask({ kind: 'process-call', call: 'execve', tid: call.tid });
    return;
  }
  let isPassedOn = false;
  try {
    const question = questionAbout(context, status, args, found);
    const named = key === undefined ? undefined : namedProgram(key, found.stamp, found, question);
    const execution = executionOf(context, question, status, named);
    const isKnown = execution !== undefined && context.execAnswers.announces(execution);
    if (!isKnown) refuseBusy(context, found);
    if (call.answered) return;
    const answer = isKnown ? { errno: 0 } : context.ask(question);
    if (answer !== undefined && 'later' in answer && answer.later) {
      call.leave();
      return;
    }
    if (answer?.errno === 0 && !isKnown) allow(context, status?.tgid, answer, execution);
    if (answer !== undefined && answer.errno !== 0) call.fail(answer.errno);
    else if (hasKnownFilesystem(found.file.inode) && context.fileUses !== undefined) {
      context.fileUses.executes(found);
      isPassedOn = true;
    }
  } finally {
    if (!isPassedOn) context.view.close(found.fd);
  }
}

/** The program runs next. Once it does, with nothing that it may not have, its answer can be used again. */
function allow(
  context: WorkerContext,
  tgid: ProcessStatus['tgid'] | undefined,
  { changes, repeatable, secure }: AnswerTo<'exec'>,
  execution: Execution | undefined,
): void {
  const settled = (): void => {
    if (execution !== undefined && repeatable !== undefined) context.execAnswers.remember(execution, repeatable);
  };
  if (!inheritDescriptors(context, tgid, changes === true, settled)) settled();
  const mediator = deciding(context);
  if (secure === true && mediator?.logOnly === false) context.securePrograms.expect(context.call.tid, isAlone(context));
}

/**
 * Mediated: a file that is open for writing is not executed (deny_write_access()). The kernel checks that after the modules have allowed
 * to open the file, and before it asks them more. The supervisor answers ETXTBSY: the writer could close the file meanwhile.
 */
function refuseBusy(context: WorkerContext, { fd, file }: ExecutedProgram): void {
  const { call, files, view } = context;
  const mediator = deciding(context);
  if (mediator?.families.has('files') !== true || !hasKnownFilesystem(file.inode)) return;
  if (isServed(file.inode.filesystem.type) || files.isOurs(fd)) return;
  if (view.permits(call.tid, fd, MAY_EXEC) < 0) return; // EACCES
  const open = view.openAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`, O_NONBLOCK);
  if (open < 0) return;
  const busy = isBeingWritten(open, (act) => view.asUser(file.inode.owner ?? file.inode.uid, act));
  view.close(open);
  if (!busy) return;
  const seen = factsOf(file);
  const opening: AccessCheck[] = [
    { hook: 'inodePermission', about: { file: seen, mask: MAY_EXEC } },
    { hook: 'fileOpen', about: { file: seen, flags: FMODE_EXEC } },
  ];
  call.fail(mediator.decide(call.tid, opening) || ERRNO.ETXTBSY);
}

/** A program that may be executed as far as its type and mode say. @returns with a descriptor, to be closed. */
function findProgram(
  { call, files, memory, view }: WorkerContext,
  { dirfd, path: argument, flags }: ProgramArguments,
  stamped: boolean,
): (ExecutedProgram & { readonly stamp: FileStamp | undefined }) | undefined {
  const name = memory.readString(call.tid, call.low(argument), call.high(argument));
  if (typeof name === 'number') return undefined;
  const byDescriptor = name === '' && (flags & AT_EMPTY_PATH) !== 0;
  const noFollow = (flags & AT_SYMLINK_NOFOLLOW) === 0 ? 0 : O_NOFOLLOW;
  const fd = byDescriptor
    ? view.openDescriptor(call.tid, dirfd)
    : name === ''
      ? -1
      : view.resolveForCaller(call.tid, dirfd, name, noFollow);
  if (fd < 0) return undefined;
  let isFound = false;
  try {
    const stamp = stamped ? stampOf(view, fd) : undefined;
    const file = files.look(fd, call.tid, { isWanted: () => true }) ?? files.lookUnlisted(fd, call.tid);
    if (file === undefined || (file.mode & S_IFMT) !== S_IFREG || (file.mode & ANY_EXECUTE) === 0) return undefined;
    isFound = true;
    return { name, fd, file, stamp };
  } finally {
    if (!isFound) view.close(fd);
  }
}

/** Where calls must be told to the process tracker the main thread is asked each time. */
function executionOf(
  { announces, execAnswers }: WorkerContext,
  question: Question<'exec'> & KnownStatus,
  status: ProcessStatus | undefined,
  named: NamedProgram | undefined,
): Execution | undefined {
  return announces ? undefined : execAnswers.execution(question, status, named);
}

function questionAbout(
  context: WorkerContext,
  status: ProcessStatus | undefined,
  { dirfd, path: argument }: ProgramArguments,
  { name, fd, file }: ExecutedProgram,
): Question<'exec'> & KnownStatus {
  const request = context.leftCalls?.request;
  const isMapped = context.mediator?.families.has('memory') === true;
  const isRead = isMapped || context.labelsFiles || context.wantsExecDetails;
  const { interpreters, head } = isRead ? loadedBy(context, fd) : { interpreters: [], head: '' };
  const loader = isMapped ? loaderOf(context, head) : undefined;
  return {
    kind: 'exec',
    tid: context.call.tid,
    id: context.call.id,
    ...(request && { request }),
    ...context.view.known(context.call.tid),
    file: factsOf(file),
    ...place(context, file, isDisconnected(context, name, file)),
    filename: name === '' ? `/dev/fd/${dirfd}` : name,
    nosuid: file.nosuid,
    ...(context.wantsExecDetails && execDetails(context, dirfd, name, file.path, argument + 1)),
    interpreters,
    ...(isMapped && { mapped: mappedParts(head) }),
    ...(loader && { loader }),
    noNewPrivs: status?.noNewPrivs ?? false,
    tracer: status?.tracer ?? tidOf(0),
  };
}

/**
 * A file can be outside of the caller's mounts when it is reached by a descriptor, by a magic link, or from a working
 * directory: its mount was lazily detached, or belongs to another mount namespace.
 */
function isDisconnected({ call, view }: WorkerContext, name: string, { path, mountId }: InspectedFile): boolean {
  const byDescriptor = name === '' || STANDS_FOR_DESCRIPTOR.test(name);
  if (!byDescriptor && name.startsWith('/')) return false;
  if (worldMount(call.tid, mountId) !== undefined) return false;
  // An absolute symbolic link was resolved in our own mounts.
  if (!byDescriptor && worldMount('thread-self', mountId) !== undefined) return false;
  // mountinfo does not list mounts outside of a changed root either.
  return path.startsWith(MEMFD) || view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/root`) === '/';
}

function place(
  { call, view }: WorkerContext,
  { path, links }: Pick<InspectedFile, 'path' | 'links'>,
  disconnected: boolean,
) {
  if (disconnected && path.startsWith(MEMFD)) return { path: '/', deleted: false, disconnected };
  // A file name can end like this. The dentry of an open file is in the kernel's caches.
  const deleted = path.endsWith(DELETED) && (links === 0 || !isNamed(view, call.tid, path));
  return { path: deleted ? path.slice(0, -DELETED.length) : path, deleted, disconnected };
}

function isNamed(view: CallerView, tid: Tid, path: string): boolean {
  const root = view.openStart(tid, AT_FDCWD, true);
  const fd = view.resolve(tid, root, path, O_NOFOLLOW, RESOLVE_IN_ROOT | RESOLVE_CACHED);
  for (const opened of [root, fd]) if (opened >= 0) view.close(opened);
  return fd >= 0;
}

export const calls: readonly SupervisedCall[] = [
  ...always('exec-checks', { execve, execveat }),
  ...always('process-calls', { execve, execveat }),
];
