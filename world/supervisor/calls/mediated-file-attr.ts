/**
 * file_getattr(2) and file_setattr(2): fs/file_attr.c, Linux 6.17, which asks who owns the file before the modules.
 */
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from '../../../linux/fcntl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { isReadOnly, onPath, ownerOrCapable } from '../access/calls.ts';
import { onStart, startItself } from '../access/empty-paths.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

/** FILE_ATTR_SIZE_VER0, and a page. */
const [LEAST_SIZE, MOST_SIZE] = [24, 4096];

/** (directory, path, struct file_attr *, size, flags) */
const about =
  (checks: (context: WorkerContext, file: FileFacts, fd: number) => readonly AccessCheck[]): Handler =>
  (context) => {
    const { call } = context;
    const [size, flags] = [call.low(3), call.low(4)];
    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0 || call.high(3) !== 0) return; // EINVAL, E2BIG
    if (size < LEAST_SIZE || size > MOST_SIZE) return;
    const asks = (file: FileFacts, fd: number): readonly AccessCheck[] => checks(context, file, fd);
    const start = startItself(context, 1, flags, true);
    if (start !== undefined) onStart(context, start, asks);
    else onPath(context, { dirfd: call.fd(0), path: 1, follow: (flags & AT_SYMLINK_NOFOLLOW) === 0 }, asks);
  };

const file_getattr = about((_context, file) => [{ hook: 'inodeFileAttr', about: { file, changes: false } }]);
const file_setattr = about((context, file, fd) => {
  const owner = isReadOnly(context, fd) ? undefined : ownerOrCapable(context, file);
  return owner === undefined ? [] : [...owner, { hook: 'inodeFileAttr', about: { file, changes: true } }];
});

export const calls = always('mediate-files', { file_getattr, file_setattr });
