/** FSYNC and FSYNCDIR: nothing is written; whether they succeed depends on the filesystem type. */
import { E } from '../../../linux/errno.ts';
import { hasFsync } from '../../../vfs/tree/filesystem.ts';
import type { Handler } from '../session.ts';

export const fsync: Handler = (session) => (hasFsync(session.filesystem, 'file') ? 0 : E.EINVAL);

export const fsyncdir: Handler = (session) => (hasFsync(session.filesystem, 'directory') ? 0 : E.EINVAL);
