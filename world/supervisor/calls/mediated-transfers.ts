/**
 * What moves content between open files, and fallocate(2), ask the modules: rw_verify_area() of fs/read_write.c, Linux
 * 6.12. A kernel asks only after a label or the policy has changed; here each of these calls is asked about, but not
 * read(2) and write(2), which would cost too much.
 */
import { AT_FDCWD, O_APPEND, opensForReading, opensForWriting } from '../../../linux/fcntl.ts';
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { descriptorFlags, onOpenFile } from '../access/calls.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

/** off_t */
const OFFSET_SIZE = 8;

function uses(context: WorkerContext, descriptor: CallerFd, mask: number): void {
  if (context.call.answered) return;
  onOpenFile(context, descriptor, (opened) => [{ hook: 'filePermission', about: { ...opened, mask } }]);
}

/** Is the descriptor open for that? If not, the kernel says EBADF before it asks. */
function isOpenFor(context: WorkerContext, descriptor: CallerFd, mask: number): boolean {
  const flags = descriptorFlags(context, descriptor);
  return flags >= 0 && (mask === MAY_READ ? opensForReading(flags) : opensForWriting(flags));
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

export const calls = always('mediate-files', { fallocate, sendfile, copy_file_range });
