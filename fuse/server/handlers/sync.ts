/** FSYNC and FSYNCDIR: nothing is written; whether they succeed depends on the filesystem type. */
import { E } from '../../../linux/errno.ts';
import { hasFsync } from '../../../vfs/tree/filesystem.ts';
import type { RequestHandler } from '../session.ts';

export const fsync: RequestHandler = (session) => (hasFsync(session.filesystem, 'file') ? 0 : E.EINVAL);

export const fsyncdir: RequestHandler = (session) => (hasFsync(session.filesystem, 'directory') ? 0 : E.EINVAL);
