/**
 * sendfile(2) from our files. The kernel's own pseudo-files refuse it, and programs then read; FUSE would send as much as the size says, which
 * is nothing.
 */
import type { Handler } from '../context.ts';
import { isOurs } from './zero-write.ts';

const EINVAL = 22;

/** sendfile(to, from, offset, count) */
export const sendfile: Handler = (context) => {
  const { call } = context;
  if (isOurs(context, call.int(1))) call.fail(EINVAL);
};
