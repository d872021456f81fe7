/**
 * What reading and writing open files asks the modules: rw_verify_area() of fs/read_write.c and iterate_dir() of
 * fs/readdir.c, Linux 6.12, then, of sockets, what mediated-messages.ts asks.
 *
 * Model: selinux_file_permission() asks again only when a label or the policy changed since the file was opened, or when
 * it was not asked then. Here it is asked at each of these calls: where nothing changed the answer is that of open(2).
 */

import { latin1 } from '../../../host/memory/remote-memory.ts';
import { CAP } from '../../../linux/capability.ts';
import { isReadable, isWritable, O_PATH } from '../../../linux/fcntl.ts';
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import { SOCKFS_MAGIC } from '../../../linux/magic.ts';
import { OOM_SCORE_ADJ_MAX } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { capabilityCheck, lookAt, refuse } from '../access/calls.ts';
import { withCopied } from '../access/copied-descriptors.ts';
import { infoOf } from '../access/descriptors.ts';
import { lookChecks } from '../access/process-files.ts';
import { socketOf } from '../access/socket-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { firstPart, pieceAt, receiving, sending, toOther } from './mediated-messages.ts';
import { always } from './supervised-call.ts';

const OOM_SCORE = /^\/\d+\/(?:task\/\d+\/)?oom_score_adj$/;
/** So much of what is written counts (PROC_NUMBUF). */
const SCORE_SIZE = 12;
/** kstrtoint() in any base: `0x` is hexadecimal, another leading zero octal. */
const NUMBER = /^[+-]?(?:0x(?<hexadecimal>[0-9a-f]+)|0(?<octal>[0-7]+)|(?<decimal>0|[1-9]\d*))$/i;

/** @param data of directories their entries; `parts` (struct iovec) or in one piece. */
function uses(
  context: WorkerContext,
  mask: typeof MAY_READ | typeof MAY_WRITE,
  data: 'entries' | 'parts' | 'piece',
): void {
  const { call, view } = context;
  const descriptor = call.fd(0);
  const info = infoOf(view, call.tid, descriptor);
  if (info === undefined) return; // EBADF
  const { flags, identity } = info;
  const usable = mask === MAY_READ ? isReadable(flags) : isWritable(flags);
  if ((flags & O_PATH) !== 0 || !usable) return; // EBADF
  const fd = view.openDescriptor(call.tid, descriptor);
  if (fd < 0) return;
  const file = lookAt(context, descriptor, fd);
  const isSocket = view.filesystemMagic(fd, call.tid) === SOCKFS_MAGIC;
  view.close(fd);
  if (file === undefined || (data === 'entries') !== (file.inode.class === 'dir')) return; // EISDIR, ENOTDIR
  const socket = isSocket ? socketOf(context, descriptor) : undefined;
  const passed = () => {
    if (socket === undefined) return [];
    if (mask === MAY_READ) return [receiving(socket)];
    const first = data === 'parts' ? firstPart(context, call.low(1), call.high(1)) : pieceAt(context, 1);
    return [...sending(context, socket, first), ...toOther(context, socket)];
  };
  const looks = mask === MAY_READ ? lookChecks(context, file, 'read') : [];
  const opened = { file, flags, descriptor: withCopied(context, { descriptor, identity }) };
  const scores = mask === MAY_WRITE && data === 'piece' ? scoreChecks(context, file) : [];
  refuse(context, [{ hook: 'filePermission', about: { ...opened, mask } }, ...looks, ...scores, ...passed()]);
}

/** __set_oom_adj(): a privileged writer's score becomes the least one. Whether it was below that, procfs does not say. */
export function scoreChecks(context: WorkerContext, { inode }: FileFacts): AccessCheck[] {
  const { call, mediator, memory } = context;
  if (inode.filesystem.type !== 'proc' || !OOM_SCORE.test(inode.path)) return [];
  if (mediator?.families.has('capabilities') !== true) return [];
  const { low, high, length } = pieceAt(context, 1);
  const count = memory.read(call.tid, low, high, Math.min(length, SCORE_SIZE));
  const text = latin1(memory.bytes, Math.max(count, 0)).trim();
  if (magnitudeOf(text) > OOM_SCORE_ADJ_MAX) return []; // EINVAL
  return capabilityCheck(context, CAP.SYS_RESOURCE, 'ignored').map((check) =>
    check.hook === 'capable' ? { ...check, about: { ...check.about, silent: true } } : check,
  );
}

/** @returns `Infinity`: no number. */
function magnitudeOf(text: string): number {
  const { hexadecimal, octal, decimal } = NUMBER.exec(text)?.groups ?? {};
  if (hexadecimal !== undefined) return Number.parseInt(hexadecimal, 16);
  if (octal !== undefined) return Number.parseInt(octal, 8);
  return decimal === undefined ? Infinity : Number(decimal);
}

const read: Handler = (context) => uses(context, MAY_READ, 'piece');
const readv: Handler = (context) => uses(context, MAY_READ, 'parts');
const getdents: Handler = (context) => uses(context, MAY_READ, 'entries');
const write: Handler = (context) => uses(context, MAY_WRITE, 'piece');
const writev: Handler = (context) => uses(context, MAY_WRITE, 'parts');

export const calls = always('mediate-content', {
  read,
  pread64: read,
  readv,
  preadv: readv,
  preadv2: readv,
  getdents,
  getdents64: getdents,
  write,
  pwrite64: write,
  writev,
  pwritev: writev,
  pwritev2: writev,
});
