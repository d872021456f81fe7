/**
 * What moves content between open files, and fallocate(2), ask the modules: rw_verify_area() of fs/read_write.c, Linux
 * 6.12. A kernel asks only after a label or the policy has changed; here each of these calls is asked about, but not
 * read(2) and write(2), which would cost too much.
 */
import { AT_FDCWD, isReadable, isWritable, O_APPEND } from '../../../linux/fcntl.ts';
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { descriptorFlags, grantedFile, onOpenFile } from '../access/calls.ts';
import { flagsOfUse } from '../access/deciding-flags.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

/** SPLICE_F_MOVE, SPLICE_F_NONBLOCK, SPLICE_F_MORE, SPLICE_F_GIFT */
const SPLICE_F_ALL = 0xf;
/** off_t */
const OFFSET_SIZE = 8;

function uses(context: WorkerContext, descriptor: CallerFd, mask: number): void {
  const { call, fastPath, mediator } = context;
  if (call.answered || mediator?.isExempt(call.tid) === true) return;
  const flags = flagsOfUse(descriptorFlags(context, descriptor), mask);
  const granted = grantedFile(context, descriptor, (file) => [
    { hook: 'filePermission', about: { file, flags, mask } },
  ]);
  if (granted !== undefined) {
    fastPath?.learned.grantedUse(granted, mask, flags);
    return;
  }
  onOpenFile(context, descriptor, (opened) => [{ hook: 'filePermission', about: { ...opened, mask } }]);
}

/** Is the descriptor open for that? If not, the kernel says EBADF before it asks. */
function isOpenFor(context: WorkerContext, descriptor: CallerFd, mask: number): boolean {
  const flags = descriptorFlags(context, descriptor);
  return flags >= 0 && (mask === MAY_READ ? isReadable(flags) : isWritable(flags));
}

/** (descriptor, mode, offset, length) */
const fallocate: Handler = (context) => {
  const { call } = context;
  const isNegative = (argument: number): boolean => call.high(argument) >>> 31 === 1;
  const empty = call.low(3) === 0 && call.high(3) === 0;
  if (isNegative(2) || isNegative(3) || empty) return; // EINVAL
  if (isOpenFor(context, call.fd(0), MAY_WRITE)) uses(context, call.fd(0), MAY_WRITE);
};
/** (to, from, offset, count) */
const sendfile: Handler = (context) => {
  const { call } = context;
  if (!isOpenFor(context, call.fd(1), MAY_READ)) return;
  uses(context, call.fd(1), MAY_READ);
  if (isOpenFor(context, call.fd(0), MAY_WRITE)) uses(context, call.fd(0), MAY_WRITE);
};

/** Where a copy begins: at an offset, or where the file stands. @param offset number of its argument. */
function positionOf({ call, memory, view }: WorkerContext, descriptor: CallerFd, offset: number): number | undefined {
  if (call.isNull(offset)) {
    const info = view.readFile(AT_FDCWD, `/proc/${call.tid}/fdinfo/${descriptor}`);
    const text = /^pos:\s*(\d+)$/m.exec(info ?? '')?.[1];
    return text === undefined ? undefined : Number(text);
  }
  if (memory.read(call.tid, call.low(offset), call.high(offset), OFFSET_SIZE) < OFFSET_SIZE) return undefined;
  return Number(new DataView(memory.bytes.buffer, memory.bytes.byteOffset, OFFSET_SIZE).getBigInt64(0, true));
}

/** (from, offset, to, offset, count, flags): generic_copy_file_checks() comes first. */
const copy_file_range: Handler = (context) => {
  const { call, view } = context;
  const [source, target] = [call.fd(0), call.fd(2)];
  const [from, to] = [source, target].map((descriptor) => view.identityOf(call.tid, descriptor));
  if (from === undefined || to === undefined || from.major !== to.major || from.minor !== to.minor) return; // EXDEV
  if (!isOpenFor(context, source, MAY_READ) || !isOpenFor(context, target, MAY_WRITE)) return;
  if (from.directory || to.directory || (descriptorFlags(context, target) & O_APPEND) !== 0) return; // EISDIR, EBADF
  if (from.ino === to.ino) {
    const [begin, end] = [positionOf(context, source, 1), positionOf(context, target, 3)];
    const count = call.low(4) + call.high(4) * 2 ** 32;
    if (begin === undefined || end === undefined || Math.abs(begin - end) < count) return; // EINVAL
  }
  uses(context, source, MAY_READ);
  uses(context, target, MAY_WRITE);
};

function isPipe({ call, mediator, view }: WorkerContext, descriptor: CallerFd): boolean {
  const file = view.openDescriptor(call.tid, descriptor);
  if (file < 0) return false;
  const seen = mediator?.look(file, call.tid);
  view.close(file);
  return seen?.inode.class === 'fifo_file';
}

/** do_splice(): (from, offset, to, offset, count, flags). One end is a pipe, the other one is asked about. */
const splice: Handler = (context) => {
  const { call } = context;
  const [source, target] = [call.fd(0), call.fd(2)];
  if ((call.low(4) === 0 && call.high(4) === 0) || (call.low(5) & ~SPLICE_F_ALL) !== 0) return; // nothing, EINVAL
  if (!isOpenFor(context, source, MAY_READ) || !isOpenFor(context, target, MAY_WRITE)) return;
  const [fromPipe, toPipe] = [isPipe(context, source), isPipe(context, target)];
  if (fromPipe === toPipe) return; // between pipes nothing is asked, between files it is EINVAL
  if (!call.isNull(fromPipe ? 1 : 3)) return; // ESPIPE
  if (toPipe) uses(context, source, MAY_READ);
  else if ((descriptorFlags(context, target) & O_APPEND) === 0) uses(context, target, MAY_WRITE); // else EINVAL
};

export const calls = always('mediate-files', { fallocate, sendfile, copy_file_range, splice });
