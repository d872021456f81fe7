/**
 * execve(2) and execveat(2), before they happen: the process tracker learns of them, and the modules of the program, which they may refuse.
 *
 * The label that counts is that of the file named, be it a script. What the host's kernel refuses by itself is left to it.
 */
import { AT_EMPTY_PATH, AT_FDCWD, O_NOFOLLOW } from '../caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { processStatus } from '../process-status.ts';
import type { ExecQuestion } from '../questions.ts';

const AT_SYMLINK_NOFOLLOW = 0x100;
const ANY_EXECUTE = 0o111;

export const execve: Handler = (context) => run(context, AT_FDCWD, 0, 0);
export const execveat: Handler = (context) => run(context, context.call.int(0), 1, context.call.low(4));

function run(context: WorkerContext, dirfd: number, path: number, flags: number): void {
  const { call } = context;
  context.newLabels.settle(call.tid);
  const question = context.checksExec ? program(context, dirfd, path, flags) : undefined;
  if (question === undefined) {
    if (context.announces) context.ask({ kind: 'process-call', call: 'execve', tid: call.tid });
    return;
  }
  const answer = context.ask(question);
  if (answer !== undefined && answer.errno !== 0) call.fail(answer.errno);
}

function program(context: WorkerContext, dirfd: number, argument: number, flags: number): ExecQuestion | undefined {
  const { call, files, memory, view } = context;
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
  try {
    const file = files.look(fd, call.tid);
    if (file === undefined || file.inode.class !== 'file' || (file.mode & ANY_EXECUTE) === 0) return undefined;
    const { inode, path, device, nosuid } = file;
    const status = processStatus(view, call.tid);
    return {
      kind: 'exec',
      tid: call.tid,
      path,
      xattrs: files.attributes(fd),
      inode,
      device,
      nosuid,
      noNewPrivs: status?.noNewPrivs ?? false,
      tracer: status?.tracer ?? 0,
    };
  } finally {
    view.close(fd);
  }
}
