/**
 * sendfile(2) and splice(2) from our files. Pseudo-files of a kernel refuse them, and programs then fall back to read(2);
 * FUSE would transfer st_size bytes, which is 0.
 */

import { ERRNO } from '../../../linux/errno.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';
import { isOurs } from './zero-write.ts';

const { EINVAL } = ERRNO;

function refuse(context: WorkerContext, from: number): void {
  if (isOurs(context, context.call.fd(from))) context.call.fail(EINVAL);
}

/** sendfile(to, from, offset, count) */
const sendfile: Handler = (context) => refuse(context, 1);
/** splice(from, offset, to, offset, count, flags) */
const splice: Handler = (context) => refuse(context, 0);

export const calls = always('sendfile', { sendfile, splice });
