/**
 * Programs that were executed before, by the name that the caller gives (uses/exec-answers.ts): for names, callers and files whose facts
 * follow from the stamp of the file, its path and the flags of its mount.
 */
import { AT_FDCWD, RESOLVE_IN_ROOT } from '../../../linux/fcntl.ts';
import { ST_NOSUID } from '../../../linux/statfs.ts';
import { KNOWN_BY_PATH } from '../../../lsm/framework/files/inode.ts';
import { identityIn } from '../access/known-paths.ts';
import { type FileStamp, isSettled, stampOf } from '../caller/file-stamp.ts';
import type { ProcessStatus } from '../caller/process-status.ts';
import type { WorkerContext } from '../context.ts';
import type { Question } from '../protocol/questions/index.ts';
import type { NamedProgram } from '../uses/exec-answers.ts';
import type { ExecutedProgram } from '../uses/exec-uses.ts';

/** Where a mapping that was read first can be written to without another time of change, or whose files may be of such a one. */
const UNTIMED: ReadonlySet<string> = new Set(['overlay', 'ramfs', 'tmpfs']);
/** Links of the caller, which mean another file to us, and to what it has open. */
const OF_PROCESSES = /^\/(?:proc|dev\/(?:fd|stdin|stdout|stderr))(?:\/|$)/;

/**
 * The name and what else tells callers apart by it; `undefined` = the program must be looked at as a whole.
 * @param argument which one the name is.
 */
export function programKey(context: WorkerContext, argument: number): string | undefined {
  const { announces, call, checksExec, fileUses, files, memory, view, wantsExecDetails } = context;
  if (announces || !checksExec || wantsExecDetails || fileUses !== undefined || files.keepsLabels) return undefined;
  const name = memory.readString(call.tid, call.low(argument), call.high(argument));
  if (typeof name !== 'string' || !name.startsWith('/') || OF_PROCESSES.test(name)) return undefined;
  const credentials = view.credentialsText(call.tid);
  const root = view.starts.stampOf(call.tid, AT_FDCWD, true);
  if (credentials === undefined || root === undefined) return undefined;
  return `${credentials}\0${root.device} ${root.mount} ${root.ino}\0${name}`;
}

/** Is it a program that was allowed before, and announced now? Then the modules need not be asked about the call. */
export function announcesNamed(context: WorkerContext, key: string, status: ProcessStatus | undefined): boolean {
  const { call, execAnswers, fastPath, files, view } = context;
  if (status === undefined || status.noNewPrivs || status.tracer > 0) return false;
  const found = programFound(context, key.slice(key.lastIndexOf('\0') + 1));
  if (found === undefined) return false;
  const { fd, stamp } = found;
  const announced = execAnswers.announcesNamed({ key, stamp }, status.tgid, ({ path, nosuid }) => {
    if (!view.mayAsk(fd, call.tid, stamp.device) || files.pathOf(fd) !== path) return false;
    return ((view.filesystem(fd).flags & ST_NOSUID) !== 0) === nosuid;
  });
  if (announced === undefined) return false;
  fastPath?.learned.runs(identityIn(stamp), announced.program, announced.generation, call.tid);
  return true;
}

/** As mediation has found it, or in the kernel's caches; with the rights of the caller, or with ours: the kernel checks those. */
function programFound({ call, view }: WorkerContext, name: string) {
  const found = view.starts.found.of(call.tid, AT_FDCWD, name);
  if (found !== undefined) return found;
  const start = view.starts.of(call.tid, AT_FDCWD, true);
  const fd = start < 0 ? start : view.openCached(call.tid, start, name, 0, RESOLVE_IN_ROOT);
  const stamp = fd < 0 ? undefined : stampOf(view, fd);
  if (stamp === undefined) {
    if (fd >= 0) view.close(fd);
    return undefined;
  }
  view.starts.found.keep({ tid: call.tid, dirfd: AT_FDCWD, path: name, fd, stamp });
  return { fd, stamp };
}

/** @param stamp made before the file was looked at. @returns `undefined`: its facts may be others another time. */
export function namedProgram(
  key: string,
  stamp: FileStamp | undefined,
  { file }: Pick<ExecutedProgram, 'file'>,
  { deleted, disconnected, interpreters, path }: Question<'exec'>,
): NamedProgram | undefined {
  if (stamp?.isMountUnique !== true || !isSettled(stamp) || Number(stamp.ino) !== file.inode.ino) return undefined;
  if (deleted || disconnected || interpreters.length > 0) return undefined;
  const { type } = file.inode.filesystem;
  if (path !== file.path || path.endsWith(' (deleted)') || KNOWN_BY_PATH.has(type) || UNTIMED.has(type))
    return undefined;
  return { key, stamp, path, nosuid: file.nosuid };
}
