/**
 * Errors shaped like those of node:fs: what the facade throws when an operation answers with an errno.
 */
import type { Errno } from '../../linux/errno.ts';

/** @public */
export class FileSystemError extends Error {
  readonly code: string;
  /** Negative, as in node. */
  readonly errno: number;
  readonly syscall: string;
  readonly path?: string;
  readonly dest?: string;

  constructor(errno: Errno, syscall: string, path?: string, dest?: string) {
    const where = path === undefined ? '' : ` '${path}'${dest === undefined ? '' : ` -> '${dest}'`}`;
    super(`${errno.code}: ${errno.message.toLowerCase()}, ${syscall}${where}`);
    this.code = errno.code;
    this.errno = -errno.number;
    this.syscall = syscall;
    if (path !== undefined) this.path = path;
    if (dest !== undefined) this.dest = dest;
  }
}
