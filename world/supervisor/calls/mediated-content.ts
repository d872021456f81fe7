/**
 * What reading and writing open files asks the modules: rw_verify_area() of fs/read_write.c and iterate_dir() of
 * fs/readdir.c, Linux 6.12, then, of sockets, what mediated-messages.ts asks.
 *
 * Model: selinux_file_permission() asks again only when a label or the policy changed since the file was opened, or when
 * it was not asked then. Here it is asked at each of these calls: where nothing changed the answer is that of open(2).
 */

import { O_PATH, opensForReading, opensForWriting } from '../../../linux/fcntl.ts';
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import { SOCKFS_MAGIC } from '../../../linux/magic.ts';
import { lookAt, refuse } from '../access/calls.ts';
import { infoOf } from '../access/descriptors.ts';
import { lookChecks } from '../access/process-files.ts';
import { socketOf } from '../access/socket-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { firstPart, pieceAt, receiving, sending } from './mediated-messages.ts';
import { always } from './supervised-call.ts';

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
  const usable = mask === MAY_READ ? opensForReading(flags) : opensForWriting(flags);
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
    return sending(
      context,
      socket,
      data === 'parts' ? firstPart(context, call.low(1), call.high(1)) : pieceAt(context, 1),
    );
  };
  const looks = mask === MAY_READ ? lookChecks(context, file, 'read') : [];
  const opened = { file, flags, descriptor: { descriptor, identity } };
  refuse(context, [{ hook: 'filePermission', about: { ...opened, mask } }, ...looks, ...passed()]);
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
